"""The treatment session: an append-only stream of events."""
