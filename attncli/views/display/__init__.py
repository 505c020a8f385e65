"""The views of a value in Python: its line, its screen, its page in a notebook, its figure, its table and its file."""
