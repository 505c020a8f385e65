"""The sentence of a tour, the word that its screens follow, and the values that the screens keep with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, ClassVar, NamedTuple, TypeVar

from attncli.analysis.measures import entropy, ranking
from attncli.recipes.explaining import explain_with
from attncli.recipes.explanation import Explanation
from attncli.recipes.inputs import find_query
from attncli.recipes.sources import VectorSource
from attncli.settings.explanation import check_settings
from attncli.tour import OF_VECTORS, Lesson
from attncli.vectors import Vectors
from attncli.vectors.catalogue import EmbeddedSets

#: In the order of preference: a pronoun raises the question of its referent.
PRONOUNS = (
    *("he", "she", "it", "they", "him", "her", "them", "his", "its", "their"),
    *("who", "i", "you", "we", "me", "us"),
)
Value = TypeVar("Value")
Lessons = TypeVar("Lessons", bound="AnyTour")


@dataclass(frozen=True)
class Subject:
    """The place of the word among the tokens, and whether it is a pronoun."""

    index: int
    pronoun: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class AnyTour:
    """A sentence as it is explained; `values` are those of the screens that were asked for."""

    explanation: Explanation
    values: dict[str, Any] = field(default_factory=dict)
    lesson: ClassVar[Lesson]

    @property
    def text(self) -> str:
        """The sentence as it was typed."""
        return self.explanation.sentence.text


@dataclass(frozen=True, eq=False, kw_only=True)
class Tour(AnyTour):
    """A sentence as plain self-attention explains it.

    memory: the other sentence of cross-attention; None: the screen makes one.
    """

    explanation: Explanation[VectorSource]
    memory: str | None = None
    lesson = OF_VECTORS

    @cached_property
    def subject(self) -> Subject:
        """The first pronoun in the order of PRONOUNS; without any the word whose weights are the most even."""
        words = [token.text.lower() for token in self.explanation.sentence.tokens]
        for pronoun in PRONOUNS:
            if pronoun in words:
                return Subject(words.index(pronoun), pronoun=True)
        bits = entropy(self.explanation.weights[0, 0])  # [n]
        return Subject(int(ranking(bits)[0]), pronoun=False)

    @property
    def word_option(self) -> str:
        """The subject as `--word` takes it: the word, or its place where the word would be read as something else."""
        sentence, index = self.explanation.sentence, self.subject.index
        text = sentence.tokens[index].text
        return text if text.isalpha() and find_query(sentence, text) == index else str(index)

    @cached_property
    def projected(self) -> Explanation[VectorSource]:
        """The sentence as one head projects it."""
        return self.explained(mode="qkv")

    def explained(self, **settings: object) -> Explanation[VectorSource]:
        """The sentence under other settings."""
        return explain_with(self.text, check_settings(**settings), self.explanation.source.vectors)


def tour_of(text: str, vectors: Vectors | EmbeddedSets, memory: str | None = None) -> Tour:
    """The tour of a sentence; memory: that of the screen on cross-attention.

    Raises:
        UsageError: an empty sentence.
        AttnError: no word of it is known, or there are too many for the matrices.
    """
    return Tour(explanation=explain_with(text, check_settings(), vectors), memory=memory)


def once(make: Callable[[Lessons], Value]) -> Callable[[Lessons], Value]:
    """Make the value of a screen when it is first asked for, and keep it with the tour."""

    @wraps(make)
    def made(tour: Lessons) -> Value:
        if make.__name__ not in tour.values:
            tour.values[make.__name__] = make(tour)
        value: Value = tour.values[make.__name__]
        return value

    return made


class Command(NamedTuple):
    """The next command after a screen: its options, its sentence if it takes one, and that of `--memory`.

    of_tour: whether it takes the vector set or the model of the tour.
    """

    name: str
    options: tuple[str, ...] = ()
    sentence: str | None = None
    memory: str | None = None
    of_tour: bool = True
