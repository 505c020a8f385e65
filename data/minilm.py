"""A forward pass of the sentence transformer all-MiniLM-L6-v2, written with NumPy.

The model is a BERT encoder of 6 layers, width 384 and 12 heads (sentence-transformers, Apache-2.0). Texts of one
length share a batch, so there is no padding and no mask. Batches run in parallel threads, whose number and order do
not change the numbers; a batch itself should run in one BLAS thread.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import Tokenizer

WIDTH = 384
HEADS = 12
LAYERS = 6
EPSILON = np.float32(1e-12)  # of the layer norms, from the model's config.json
LONGEST = 128  # tokens, [CLS] and [SEP] among them: what the model was trained with
TOKENS_PER_BATCH = 1024


class MiniLM:
    """The encoder and its tokenizer, from a folder with `model.safetensors` and `tokenizer.json`."""

    def __init__(self, folder: Path) -> None:
        self.weights: dict[str, np.ndarray] = load_file(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LONGEST)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Two means of the last layer for each text, not normalised: [2, n, 384] float32.

        First over all tokens, as the model itself pools; then without [CLS] and [SEP], over the text's own tokens.
        """
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        rows_of = list(batches([len(tokens) for tokens in ids]))
        pooled = np.empty((2, len(texts), WIDTH), dtype=np.float32)  # [2, n, 384]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            means = pool.map(lambda rows: self.pool(np.array([ids[row] for row in rows])), rows_of)
            for rows, mean in zip(rows_of, means, strict=True):
                pooled[:, rows] = mean
        return pooled

    def pool(self, tokens: np.ndarray) -> np.ndarray:
        """The two means of `encode` for a batch of token ids [m, length]: [2, m, 384]."""
        hidden = self.last_layer(tokens)  # [m, length, 384]
        return np.stack([hidden.mean(axis=1), hidden[:, 1:-1].mean(axis=1)])

    def last_layer(self, tokens: np.ndarray) -> np.ndarray:
        """The hidden states of the last layer for token ids [m, length]: [m, length, 384]."""
        hidden = self.embed(tokens)  # [m, length, 384]
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}."
            attended = self.linear(self.attend(hidden, name + "attention.self."), name + "attention.output.dense")
            hidden = self.norm(hidden + attended, name + "attention.output.LayerNorm")
            inner = gelu(self.linear(hidden, name + "intermediate.dense"))  # [m, length, 1536]
            hidden = self.norm(hidden + self.linear(inner, name + "output.dense"), name + "output.LayerNorm")
        return hidden

    def embed(self, tokens: np.ndarray) -> np.ndarray:
        """Word, place and type embeddings added and normed: [m, length] -> [m, length, 384]."""
        words = self.weights["embeddings.word_embeddings.weight"][tokens]  # [m, length, 384]
        places = self.weights["embeddings.position_embeddings.weight"][: tokens.shape[1]]  # [length, 384]
        kind = self.weights["embeddings.token_type_embeddings.weight"][0]  # [384]
        return self.norm(words + places + kind, "embeddings.LayerNorm")

    def attend(self, hidden: np.ndarray, name: str) -> np.ndarray:
        """Scaled dot-product attention in 12 heads of width 32: [m, length, 384], shape kept."""
        query, key, value = (self.heads(hidden, name + part) for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(WIDTH // HEADS))  # [m, 12, length, length]
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))  # [m, 12, length, length]
        weights /= weights.sum(axis=-1, keepdims=True)
        return np.asarray((weights @ value).transpose(0, 2, 1, 3).reshape(hidden.shape))

    def heads(self, hidden: np.ndarray, name: str) -> np.ndarray:
        """A linear map, its output cut into heads: [m, length, 384] -> [m, 12, length, 32]."""
        m, length, _ = hidden.shape
        return self.linear(hidden, name).reshape(m, length, HEADS, -1).transpose(0, 2, 1, 3)

    def linear(self, hidden: np.ndarray, name: str) -> np.ndarray:
        """Map x to x Wᵀ + b with the weights of that name: [m, length, in] -> [m, length, out]."""
        weight = self.weights[name + ".weight"]  # [out, in]
        flat = hidden.reshape(-1, weight.shape[1]) @ weight.T + self.weights[name + ".bias"]  # [m * length, out]
        return np.asarray(flat.reshape(*hidden.shape[:2], -1))

    def norm(self, hidden: np.ndarray, name: str) -> np.ndarray:
        """Layer norm over the last axis with the gain and bias of that name; shape kept."""
        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + EPSILON)  # [..., 1]
        return np.asarray(centred / spread * self.weights[name + ".weight"] + self.weights[name + ".bias"])


def gelu(x: np.ndarray) -> np.ndarray:
    """The Gaussian error linear unit in its exact form, x Φ(x); shape and float32 kept."""
    return np.asarray(x * (np.float32(0.5) * (1 + erf(x * np.float32(np.sqrt(0.5))))))


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Row numbers in batches of one text length and at most `TOKENS_PER_BATCH` tokens, in an order of their own."""
    rows_of: dict[int, list[int]] = {}
    for row, length in enumerate(lengths):
        rows_of.setdefault(length, []).append(row)
    for length, rows in sorted(rows_of.items()):
        size = max(1, TOKENS_PER_BATCH // length)
        yield from (rows[start : start + size] for start in range(0, len(rows), size))
