"""The command line: one small file a command, which opens, explains and shows."""
