"""The tokenizer of a model's folder: what its files say, checked; run by the library, or in a process with limits."""
