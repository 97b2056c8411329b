"""Minutes to hours: dissociation, sedation, vital signs, adverse events, exposure."""
