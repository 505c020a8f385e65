"""Settings: every option once, with its check; without NumPy, so that help and completion stay fast."""
