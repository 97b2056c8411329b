"""The clinic: a Django project that runs a treatment day, from the front door to the record."""
