"""From receptor to mood, step by step, for people who want to see it."""
