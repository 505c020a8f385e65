"""`attn vectors`: the sets that are kept, one small file a command."""
