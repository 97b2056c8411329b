"""Consents: a text in its version, signed by patient and witness, and withdrawn at any time."""
