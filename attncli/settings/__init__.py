"""Options by name, with their checks, defaults and help; without NumPy, so that help and completion stay fast."""
