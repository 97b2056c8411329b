"""Many people at once: whole chains in blocks, on one core, all or a cluster."""
