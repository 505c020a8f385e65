"""Sampling of the next token: by its probability at a temperature, from the most probable ones alone."""

from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array


@dataclass(frozen=True)
class Sampler:
    """A token drawn at random, by softmax(scores / temperature).

    top_p: the smallest number of tokens whose probabilities sum to it are drawn from (nucleus sampling: Holtzman et al.
    2020, section 3.1); 1: all. random: gives the numbers; the same seed says the same text.
    """

    temperature: float
    top_p: float
    random: np.random.Generator

    def __call__(self, logits: Array) -> int:
        """The id of a token, from the scores `[vocabulary]`, −inf for those that are never said."""
        order = np.argsort(-logits, kind="stable")  # the most probable first
        scaled = (logits[order].astype(np.float64) - float(logits[order[0]])) / self.temperature
        with np.errstate(under="ignore"):
            shares = np.exp(scaled)  # [vocabulary]
        upto = np.cumsum(shares / shares.sum())  # [vocabulary]
        kept = 1 + int(np.searchsorted(upto, self.top_p)) if self.top_p < 1 else len(upto)
        within = np.cumsum(shares[:kept])
        drawn = int(np.searchsorted(within, self.random.random() * within[-1], side="right"))
        return int(order[min(drawn, kept - 1)])
