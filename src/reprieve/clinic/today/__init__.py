"""The day: who comes and what is missing, the close of it, and the clinic in numbers."""
