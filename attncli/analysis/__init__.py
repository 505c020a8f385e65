"""What weights say: measures, patterns, kinds of heads, combining, merging into words. Knows nothing but NumPy."""
