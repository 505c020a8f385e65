"""What folders of Hugging Face's kind are made of, read without trusting it: JSON, safetensors, tokenizers."""
