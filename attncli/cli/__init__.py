"""The command line: one file a command, each of which reads its input, makes a record and writes it."""
