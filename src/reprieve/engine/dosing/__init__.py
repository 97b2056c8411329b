"""What is given: doses, the language of regimens, what was left out."""
