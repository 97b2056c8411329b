"""People, their roles, and the second factor."""
