"""The full-screen explorer: a state, what it asks for, how it is drawn, and the thin Textual app around them."""
