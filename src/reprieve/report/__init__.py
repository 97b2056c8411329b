"""Results as pages: what the engine found, with pictures, for reading and printing."""
