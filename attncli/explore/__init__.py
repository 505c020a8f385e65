"""The full-screen explorer: its state, its requests, its panes, and a thin Textual app around them."""
