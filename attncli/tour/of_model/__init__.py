"""The screens of `attn tour --model`, a module each: heads found on the reader's sentence by what they do."""
