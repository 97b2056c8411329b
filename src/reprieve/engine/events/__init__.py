"""Event tables of the field (NONMEM-style CSV), in and out."""
