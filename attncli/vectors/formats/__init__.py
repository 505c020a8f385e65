"""File formats of word vectors: recognition, unpacking, and one reader each."""
