"""Parameters over word vectors, and where they come from: a file, a seed, or training."""
