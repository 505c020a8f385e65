"""Transformer checkpoints read as they lie on disk, and run in NumPy: every step of every head, no PyTorch."""
