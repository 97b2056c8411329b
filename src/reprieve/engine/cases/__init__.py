"""A patient's record: read, checked, written, hidden after a day."""
