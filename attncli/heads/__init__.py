"""Parameters of heads over word vectors, from a file, a seed, or training."""
