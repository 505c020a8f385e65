"""Attention itself: q, k, v -> scores, weights, context, and back again. Knows nothing but NumPy."""
