"""This patient: what to expect, with the doubt that is left."""
