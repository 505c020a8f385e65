"""The inputs of attention: sentences with their words, and the vectors of these, with positions if asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attncli.arrays import Array
from attncli.attention.positions import sinusoidal
from attncli.errors import AttnError, Setting, UsageError
from attncli.settings.explanation import Settings
from attncli.settings.option import check_text
from attncli.text.segments import forms
from attncli.text.tokens import SURROGATES, Sentence, read_sentence, with_composed, with_spellings
from attncli.vectors import Vectors, open_vectors
from attncli.vectors.catalogue import EmbeddedSets
from attncli.vectors.places import EMBEDDED, WORLD

MOST_CHARACTERS = 2**20  # of a text whose words all attend to each other: time grows with the square of its length
IN_SENTENCES = "attn corpus FILE --sentences takes a long text sentence by sentence"


@dataclass(frozen=True, eq=False)
class Inputs:
    """A sentence, maybe its memory, and the vectors of their words.

    x `[n_query, d_model]` are the vectors of the sentence; key_x `[n_key, d_model]` those of the keys and values.
    """

    vectors: Vectors
    sentence: Sentence
    memory: Sentence | None
    x: Array
    key_x: Array
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def as_vectors(vectors: Vectors | str | Path | None) -> Vectors:
    """An opened set as it is; a name, a path or None opened."""
    return vectors if isinstance(vectors, Vectors) else open_vectors(vectors)


def as_sets(vectors: Vectors | str | Path | None) -> Vectors | EmbeddedSets:
    """As `as_vectors`; None: the embedded sets, of which each text chooses its own."""
    return EmbeddedSets() if vectors is None else as_vectors(vectors)


def read_inputs(text: str, settings: Settings, vectors: Vectors | EmbeddedSets) -> Inputs:
    """Read the sentence, and the memory if there is one, and look up their words.

    vectors: an opened set, or the embedded ones: the first, or where it has no word of a sentence, the second.

    Raises:
        UsageError: an empty sentence.
        AttnError: no known word, or an unknown one under `--unknown error`.
    """
    texts = [check_length("sentence", text)]
    texts += [] if settings.memory is None else [check_length("memory", settings.memory)]
    vectors, read, remarks = read_texts(texts, settings, vectors)
    sentence, *others = (with_unknown(each, vectors, settings.unknown) for each in read)
    memory = others[0] if others else None
    x = with_positions(embed(sentence, vectors), settings.positions)  # [n_query, d_model]
    key_x = x if memory is None else with_positions(embed(memory, vectors), settings.positions)  # [n_key, d_model]
    return Inputs(vectors, sentence, memory, x, key_x, tuple(_warnings(x, key_x, settings)), remarks)


def read_texts(
    texts: Sequence[str],
    settings: Settings,
    vectors: Vectors | EmbeddedSets,
    names: tuple[str, str] = ("the sentence", "the memory"),
) -> tuple[Vectors, list[Sentence], tuple[str, ...]]:
    """The set, the sentences by its words, and remarks on its choice, which call two sentences by their names."""
    usual = vectors if isinstance(vectors, Vectors) else vectors.usual
    read = [read_sentence(text, usual.find) for text in texts]
    if isinstance(vectors, EmbeddedSets) and any(each.unknown or not each.tokens for each in read):
        from attncli.recipes.other_languages import read_by_either  # the other sentences need not wait for it

        return read_by_either(read, settings, vectors, names)
    return usual, read, ()


def has_words(sentence: Sentence) -> bool:
    """Whether the set of the tokens has a word of the sentence; numbers and signs are none beside unknown words."""
    words = any(char.isalpha() for token in sentence.tokens for char in token.text)
    return words or bool(sentence.tokens and not sentence.unknown)


def find_query(sentence: Sentence, word: str, setting: str = "word") -> int:
    """The token that a word names: an index, a word as typed or as found (its first place), or `=3` for the word 3.

    Raises:
        UsageError: no such place, or no such word among the tokens.
    """
    tokens = sentence.tokens
    if word.isascii() and word.isdigit():
        if len(word) < 10 and int(word) < len(tokens):
            return int(word)
        hint = ("for the word itself: ", Setting(setting, f"={word}"))
        raise UsageError(
            f"expected a place in this sentence, 0 to {len(tokens) - 1}", hint, setting=setting, value=word
        )
    wanted = word.removeprefix("=") if len(word) > 1 else word
    for same in (
        lambda token: token.text == wanted,
        lambda token: not {*forms(token.text), token.word}.isdisjoint(forms(wanted)),
    ):
        if found := next(filter(same, tokens), None):
            return found.index
    known = ", ".join(dict.fromkeys(token.text for token in tokens[:12])) + (", …" if len(tokens) > 12 else "")
    raise UsageError("expected a known word of this sentence", f"choose from: {known}", setting=setting, value=word)


def check_sentence(setting: str, value: object) -> str:
    """A text with something in it, as UTF-8 can hold it; a UsageError for anything else."""
    text = SURROGATES.sub("\ufffd", check_text(setting, value))
    if not text.strip():
        hint = 'for example "Bark is very cute and he is a dog"'
        raise UsageError("expected a sentence, got an empty text", hint, setting=setting, value=text)
    return text


def read_words(setting: str, given: str, vectors: Vectors, unknown: str) -> Sentence:
    """The known words of a text, composed ones among them, and those that are left out.

    setting: its name in errors; unknown: what is done with unknown words, as the option says.

    Raises:
        UsageError: an empty text.
        AttnError: no known word, an unknown one where that is an error, or a text that is too long.
    """
    return with_unknown(read_sentence(check_length(setting, given), vectors.find), vectors, unknown)


def check_length(setting: str, given: object) -> str:
    """As `check_sentence`; AttnError for a text that is too long."""
    text = check_sentence(setting, given)
    if len(text) > MOST_CHARACTERS:
        reason = f"expected at most {MOST_CHARACTERS:,} characters, got {len(text):,}"
        raise AttnError(reason, IN_SENTENCES, setting=setting)
    return text


def with_unknown(sentence: Sentence, vectors: Vectors, unknown: str) -> Sentence:
    """A sentence with its unknown words composed, or left out with the nearest known spellings.

    Raises:
        AttnError: no known word, or an unknown one where that is an error.
    """
    if sentence.unknown and unknown == "compose" and vectors.composes:
        sentence = with_composed(sentence, vectors.composed([each.text for each in sentence.unknown]).__contains__)
    sentence = with_spellings(sentence, vectors.spellings)
    if sentence.unknown and (unknown == "error" or not sentence.tokens):
        raise not_among(vectors, {each.text: each.suggestions for each in sentence.unknown})
    if not sentence.tokens:
        hint = "punctuation takes no part in attention: add some words"
        raise AttnError(f"there is no word in {sentence.text!r}", hint)
    return sentence


def not_among(vectors: Vectors, unknown: Mapping[str, Sequence[str]]) -> AttnError:
    """The error for words that the set does not have, each with its nearest known spellings."""
    words = list(unknown)
    shown = ", ".join(map(repr, words[:3])) + (f" and {len(words) - 3} more" if len(words) > 3 else "")
    near = list(dict.fromkeys(near for suggestions in unknown.values() for near in suggestions))[:3]
    other = ("try another set: ", Setting("vectors", WORLD if vectors.name == EMBEDDED else "FILE"))
    hint = f"nearest known: {', '.join(near)}" if near else other
    return AttnError(f"not among the {vectors.words:,} words of {vectors.name}: {shown}", hint)


def embed(sentence: Sentence, vectors: Vectors) -> Array:
    """The vectors of the tokens, read-only: `[n, d_model]`."""
    x = vectors.rows([token.row or 0 for token in sentence.tokens])  # [n, d_model]
    composed = [token for token in sentence.tokens if token.row is None]
    made = vectors.composed([token.word for token in composed]) if composed else {}
    for token in composed:
        x[token.index] = made[token.word]
    x.flags.writeable = False  # every layer's arrays may be views of it
    return x


def with_positions(x: Array, positions: str) -> Array:
    """The vectors `[..., n, d_model]` plus positions scaled to their mean length, if there are any."""
    if positions == "none":
        return x
    waves = sinusoidal(*x.shape[-2:]).astype(x.dtype)  # [n, d_model]
    moved: Array = x + waves * (_mean_length(x) / _mean_length(waves))
    return moved


def _mean_length(x: Array) -> Array:
    """`[..., 1, 1]`."""
    length: Array = np.linalg.norm(x, axis=-1, keepdims=True).mean(axis=-2, keepdims=True)
    return length


def _warnings(x: Array, key_x: Array, settings: Settings) -> Iterator[str]:
    zero = sum(int((~each.any(axis=-1)).sum()) for each in ([x] if key_x is x else [x, key_x]))
    if zero:
        yield f"words with a vector of zeros, which is equally similar to every word: {zero}"
    if settings.positions == "sinusoidal":
        yield "sinusoidal positions were added, scaled to the mean length of a sentence's vectors"
