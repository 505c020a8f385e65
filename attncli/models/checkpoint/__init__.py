"""The files of a checkpoint: configuration, arrays and tokens."""
