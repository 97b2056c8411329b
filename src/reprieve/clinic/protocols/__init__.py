"""A site's own versions of the protocol files."""
