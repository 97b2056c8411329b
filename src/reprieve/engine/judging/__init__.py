"""Whether a forecast keeps its word: simulated people, real people, baselines."""
