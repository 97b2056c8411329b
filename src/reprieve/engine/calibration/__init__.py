"""Fit the model to what was published, and hold it to what was kept back."""
