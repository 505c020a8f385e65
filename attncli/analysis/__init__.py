"""Analysis of weights: measures, patterns, kinds of heads, combinations, merging into words. Imports NumPy only."""
