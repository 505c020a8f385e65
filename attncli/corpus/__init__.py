"""Attention over whole corpora: shards of text become part files, part files become tables."""
