"""The science: numbers in, numbers out. No clock, no files, no randomness of its own."""
