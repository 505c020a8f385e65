"""Transformer checkpoints, read from disk and run in NumPy: every step of every head, without PyTorch."""
