"""The word that a tour follows: a pronoun if the sentence has one, since those raise the question."""

from dataclasses import dataclass

from attncli.analysis.measures import entropy, ranking
from attncli.recipes.explanation import Explanation

#: In the order in which they are looked for: what stands for something that the sentence may name.
PRONOUNS = (
    *("he", "she", "it", "they", "him", "her", "them", "his", "its", "their"),
    *("who", "i", "you", "we", "me", "us"),
)


@dataclass(frozen=True)
class Subject:
    """The place of the word among the tokens, and whether it is a pronoun."""

    index: int
    pronoun: bool


def subject_of(explanation: Explanation) -> Subject:
    """The first pronoun in the order of PRONOUNS; without any the word whose weights are the most even."""
    words = [token.text.lower() for token in explanation.sentence.tokens]
    for pronoun in PRONOUNS:
        if pronoun in words:
            return Subject(words.index(pronoun), pronoun=True)
    bits = entropy(explanation.weights[0, 0])  # [n]
    return Subject(int(ranking(bits)[0]), pronoun=False)
