"""The tokenizer of a model's folder: its files, checked, and its run, here or in a process with limits."""
