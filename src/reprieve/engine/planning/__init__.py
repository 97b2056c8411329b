"""When to treat again, with what, and what one more score would teach."""
