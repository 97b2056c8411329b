"""The release number, in one place; a test holds it to the newest CHANGELOG entry."""

__version__ = "0.3.0"
