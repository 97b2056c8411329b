"""Days to months: the population model of depression under treatment."""
