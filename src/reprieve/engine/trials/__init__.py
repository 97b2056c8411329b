"""Trials as data: designs, their outcomes, virtual trials, courses and comparisons."""
