"""From a dose to concentrations, and to the receptor they block."""
