"""One patient's posterior by a slow, independent way: python -m benchmarks.reference_posterior."""
