"""Attention over whole corpora: from shards of text to part files, and from part files to tables."""
