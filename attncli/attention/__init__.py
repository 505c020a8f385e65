"""Attention itself: q, k, v -> scores, weights, context, and back again. Imports NumPy only."""
