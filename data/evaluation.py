"""The measures of attn-en: gensim's own test sets, and the examples that explain attention."""

from collections.abc import Iterator

import numpy as np
from gensim.models import KeyedVectors
from gensim.test.utils import datapath

SENTENCE = "Bark is very cute and he is a dog".lower().split()
NEARER = [("king", "queen", "zebra"), ("king", "royalty", "zebra")]
NEARER += [("zebra", "horse", "emotion"), ("zebra", "stripes", "emotion")]


def figures(vectors: KeyedVectors) -> Iterator[str]:
    """One line for each measure of `vectors`: correlations, analogies, the examples and two rows of attention."""
    for file in ("wordsim353.tsv", "simlex999.txt"):
        _, rank, missing = vectors.evaluate_word_pairs(datapath(file))
        yield f"{file}: Spearman's rho {rank.statistic:.4f}, {missing:.1f} % of the pairs left out"
    score, _ = vectors.evaluate_word_analogies(datapath("questions-words.txt"))
    yield f"questions-words.txt: {score:.4f} of the analogies right"
    for word, near, far in NEARER:
        cosines = vectors.similarity(word, near), vectors.similarity(word, far)
        yield f"{word}: cosine {cosines[0]:.3f} with {near}, {cosines[1]:.3f} with {far}"
    for word in ("bark", "he"):
        yield f"attention of {word}: " + ", ".join(attention(vectors, word))


def attention(vectors: KeyedVectors, word: str) -> list[str]:
    """The row of `word` in softmax(x xᵀ / √d) over `SENTENCE`, the largest weights first: "dog 0.094" and so on."""
    x = np.array([vectors[other] for other in SENTENCE], dtype=np.float64)  # [n, d]
    scores = x @ x[SENTENCE.index(word)] / np.sqrt(x.shape[1])  # [n]
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    return [f"{SENTENCE[place]} {weights[place]:.3f}" for place in np.argsort(-weights, kind="stable")]
