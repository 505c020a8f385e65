"""The recipe of `attn tour`: a sentence and vectors become eight frozen values, each what one screen shows."""
