"""Sentences that the usual embedded set lacks words of, by the words of the one of many languages."""

from collections.abc import Sequence
from dataclasses import replace

from attncli.errors import Setting
from attncli.recipes.inputs import has_words
from attncli.settings.explanation import PROJECTIONS, Settings
from attncli.settings.wording import Remark
from attncli.text.cutting import spellings_of
from attncli.text.tokens import Sentence, read_sentence
from attncli.vectors import Vectors
from attncli.vectors.catalogue import EmbeddedSets
from attncli.vectors.places import WORLD

Names = tuple[str, str]  # of two sentences
Read = tuple[Vectors, list[Sentence], tuple[str, ...]]  # the set, the sentences by its words, remarks
MOST_LOOKED_UP, MOST_NAMED = 100, 3  # unknown words


def read_by_either(read: list[Sentence], settings: Settings, sets: EmbeddedSets, names: Names) -> Read:
    """Sentences that the usual set lacks words of, as it reads them, by the set that serves."""
    other = None if all(map(has_words, read)) else read_by_world(read, settings, sets, names)
    if other is not None or sets.world is None:
        return other or (sets.usual, read, ())
    foreign = _foreign(read, sets.world)
    remarks = [_of_another_language(foreign, sets.usual.name, sets.world.name)] if foreign else []
    return sets.usual, [_marked(each, foreign) for each in read], tuple(remarks)


def read_by_world(
    read: Sequence[Sentence], settings: Settings, sets: EmbeddedSets, names: Names = ("the sentence", "the memory")
) -> Read | None:
    """The set of many languages, the sentences by its words, and a remark that says so; None where it does not serve.

    It serves where it has words of every sentence. Trained projections, and those of a file, are of another set.
    """
    if sets.world is None or settings.projections not in (None, *PROJECTIONS[1:]):
        return None
    found = [read_sentence(each.text, sets.world.find) for each in read]
    if not all(has_words(each) or _composed(each, sets.world, settings) for each in found):
        return None
    return sets.world, found, (_remark(read, sets.usual.name, sets.world.name, names),)


def _composed(sentence: Sentence, vectors: Vectors, settings: Settings) -> bool:
    """Whether a word of the sentence is composed; one in a to z alone may be a misspelt word of the usual set."""
    foreign = [each.text for each in sentence.unknown if not each.text.isascii()]
    return settings.unknown == "compose" and vectors.composes and bool(vectors.composed(foreign))


def _remark(read: Sequence[Sentence], usual: str, world: str, names: Names) -> str:
    if len(read) == 1:
        return f"{usual} has no word of this sentence: its vectors are those of {world}"
    lacking = [name for name, each in zip(names, read, strict=True) if not has_words(each)]
    which = lacking[0] if len(lacking) == 1 else "either sentence"
    return f"{usual} has no word of {which}: the vectors of both are those of {world}"


def _foreign(read: Sequence[Sentence], world: Vectors) -> list[str]:
    """The unknown words that the set of many languages has; misspelt English ones are not among them."""
    words = list(dict.fromkeys(each.text for sentence in read for each in sentence.unknown))[:MOST_LOOKED_UP]
    rows = world.find({spelling for word in words for spelling in spellings_of(word)})
    found = (read_sentence(word, lambda asked: {each: rows[each] for each in asked if each in rows}) for word in words)
    return [word for word, each in zip(words, found, strict=True) if each.tokens]


def _of_another_language(words: Sequence[str], usual: str, world: str) -> Remark:
    *others, last = [*words[:MOST_NAMED], *([f"{len(words) - MOST_NAMED} more"] if len(words) > MOST_NAMED else [])]
    named = f"{', '.join(others)} and {last} are" if others else f"{last} is"
    return Remark((f"{named} of another language than {usual}, and known to {world}: ", Setting("vectors", WORLD)))


def _marked(sentence: Sentence, foreign: Sequence[str]) -> Sentence:
    """The sentence with these unknown words marked, or all where half of them are such: it is of another language."""
    count = sum(each.text in foreign for each in sentence.unknown)
    whole = count and 2 * count >= len(sentence.unknown)
    unknown = (replace(each, foreign=bool(whole or each.text in foreign)) for each in sentence.unknown)
    return replace(sentence, unknown=tuple(unknown))
