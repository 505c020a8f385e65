"""Analysis of weights: measures, patterns, kinds of heads, combining, merging into words. Imports NumPy only."""
