"""Views for the terminal: pure functions from a value and a `Screen` to lines of text."""
