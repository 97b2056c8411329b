"""Whether the clinic's machine is well: database, backups, disk, chain."""
