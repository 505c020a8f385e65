"""What can be set, by name, checked once for every door; without NumPy, so that help and completion stay fast."""
