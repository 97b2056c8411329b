"""One session of one person: what it may do to them, learned from earlier ones."""
