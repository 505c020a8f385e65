"""Sentences that the usual embedded set has no word of, by the words of the one of many languages."""

from collections.abc import Sequence

from attncli.recipes.inputs import has_words
from attncli.settings.explanation import PROJECTIONS, Settings
from attncli.text.tokens import Sentence, read_sentence
from attncli.vectors import Vectors
from attncli.vectors.catalogue import EmbeddedSets


def read_by_world(
    read: Sequence[Sentence], settings: Settings, sets: EmbeddedSets
) -> tuple[Vectors, list[Sentence], tuple[str, ...]] | None:
    """The set of many languages, the sentences by its words, and a remark that says so; None where it does not serve.

    It serves where it has words of every sentence. Trained projections, and those of a file, are of another set.
    """
    if sets.world is None or settings.projections not in (None, *PROJECTIONS[1:]):
        return None
    found = [read_sentence(each.text, sets.world.find) for each in read]
    if not all(has_words(each) or _composed(each, sets.world, settings) for each in found):
        return None
    return sets.world, found, (_remark(read, sets.usual.name, sets.world.name),)


def _composed(sentence: Sentence, vectors: Vectors, settings: Settings) -> bool:
    """Whether a word of the sentence is composed; one in a to z alone may be a misspelt word of the usual set."""
    foreign = [each.text for each in sentence.unknown if not each.text.isascii()]
    return settings.unknown == "compose" and vectors.composes and bool(vectors.composed(foreign))


def _remark(read: Sequence[Sentence], usual: str, world: str) -> str:
    if len(read) == 1:
        return f"{usual} has no word of this sentence: its vectors are those of {world}"
    lacking = [name for name, each in zip(("the sentence", "the memory"), read, strict=True) if not has_words(each)]
    which = lacking[0] if len(lacking) == 1 else "either sentence"
    return f"{usual} has no word of {which}: the vectors of both are those of {world}"
