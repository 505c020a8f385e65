"""Recipes: text, a source and settings become a frozen value that keeps every intermediate."""
