"""The formats of others: what a file is, how it is unpacked, and one reader each."""
