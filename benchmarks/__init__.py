"""How fast, beside what, and what bounds it: `python -m benchmarks`."""
