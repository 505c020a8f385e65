"""The screens of `attn tour`: one small file each, value to lines."""
