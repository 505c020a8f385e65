"""Views: pure functions from a value and a `Screen` to lines of text, or to JSON. They print nothing."""
