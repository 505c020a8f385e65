"""Files on disk, read without trust: what a file or folder is, arrays, JSON, text; written whole or not at all."""
