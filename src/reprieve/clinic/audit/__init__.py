"""Who did or read what, in a chain that shows a change."""
