"""Kill the clinic's server again and again; every acknowledged event must be there."""
