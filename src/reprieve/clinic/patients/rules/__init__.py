"""What follows from what is known of a patient: pure rules over loaded rows."""
