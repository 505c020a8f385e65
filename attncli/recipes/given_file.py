"""Weights in a file with their tokens: arrays of an `.npz`, a record of `attn explain --json`, or a list of numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from attncli.arrays import Array
from attncli.errors import ResourceError, Setting, UsageError, quoted
from attncli.files.weights_file import NEEDED, SIDES, TEXTS, read_weights_file
from attncli.recipes.given import Given, given_of
from attncli.recipes.given_pieces import KNOWN, with_seams
from attncli.recipes.given_tokens import joined
from attncli.recipes.given_weights import weights_of
from attncli.text.tokens import SURROGATES, Sentence, Token


def read_given(
    path: str | Path,
    tokens: Sequence[str] | None = None,
    other_tokens: Sequence[str] | None = None,
    words: tuple[str, ...] = (),
) -> Given:
    """The weights in a file, with its tokens or the given ones; words: the command line that reads it again.

    Raises:
        ResourceError: no such file, or no weights in it.
        UsageError: tokens that do not fit.
    """
    found = _as_arrays(path, read_weights_file(path))
    try:
        weights = weights_of(found.pop("weights"))
    except UsageError as error:
        reason = error.message.removeprefix("weights: ")
        raise ResourceError(f"{str(path)!r}: {reason}", error.hint or NEEDED) from None
    named = tokens is not None or other_tokens is not None
    given = given_of(weights, tokens, other_tokens) if named else _with_own(path, weights, found)
    numbers = (_numbers(found.get(name), count) for name, count in zip(("layer", "head"), weights.shape, strict=False))
    layers, heads = (each or there for each, there in zip(numbers, (given.layers, given.heads), strict=True))
    return replace(given, layers=layers, heads=heads, name=Path(path).name, words=words or ("show", str(path)))


def _as_arrays(path: str | Path, value: Any) -> dict[str, Any]:
    """The weights of a file, with the tokens and the numbers that it has, by the names of an `.npz`."""
    if isinstance(value, list):
        return {"weights": value}
    if not isinstance(value, dict):
        raise ResourceError(f"{str(path)!r}: expected weights, got {quoted(value)}", NEEDED)
    if "weights" not in value and value.get("schema", "attn.explain") != "attn.explain":
        raise ResourceError(f"{str(path)!r}: expected attn.explain, got {quoted(value['schema'])}", NEEDED)
    if value.get("weights") is None:
        alone = [key for key in value if key not in TEXTS]
        if len(alone) != 1 or isinstance(value[alone[0]], str):
            got = ", ".join(quoted(key) for key in alone[:12])
            raise ResourceError(f"{str(path)!r}: expected weights, got the keys {got or 'of tokens alone'}", NEEDED)
        return value | {"weights": value[alone[0]]}
    return dict(value) | _of_settings(value.get("settings"))


def _of_settings(settings: Any) -> dict[str, Any]:
    return {name: settings.get(name) for name in ("layer", "head")} if isinstance(settings, dict) else {}


def _numbers(found: Any, count: int) -> tuple[int, ...] | None:
    """The numbers of the layers or heads in ascending order, where there are as many as of the weights."""
    try:
        numbers = tuple(int(each) for each in found)
    except (TypeError, ValueError, OverflowError):
        return None
    fits = len(numbers) == count and sorted({*numbers}) == [*numbers] and numbers[0] >= 0 and numbers[-1] < 10**6
    return numbers if fits else None


def _with_own(path: str | Path, weights: Array, found: Mapping[str, Any]) -> Given:
    """The weights with the tokens that the file has, or with places."""
    given = given_of(weights, None, None)
    queries, keys = _sides(found)
    if queries is keys is None:
        return given
    queries = queries or given.sentence
    for side, n in ((queries, weights.shape[2]), (keys or queries, weights.shape[3])):
        if len(side.tokens) != n:
            reason = f"{str(path)!r}: expected {n} tokens for weights {list(weights.shape)}, got {len(side.tokens)}"
            raise ResourceError(reason, ("name others: ", Setting("tokens", "FILE")))
    return replace(given, sentence=queries, memory=keys)


def _sides(found: Mapping[str, Any]) -> tuple[Sentence | None, Sentence | None]:
    """The tokens in the file as one or two sentences; None where there are none."""
    if isinstance(found.get("sentence"), str):
        return _side(found), _side(found.get("memory"))
    queries, keys = (next((found[name] for name in names if name in found), None) for names in SIDES)
    listed = _texts(queries), _texts(keys)
    return _side(queries), None if listed[0] == listed[1] is not None else _side(keys)


def _side(found: Any) -> Sentence | None:
    """The sentence of texts in an array or a list, or of a record; None where it is another."""
    texts = _texts(found)
    if texts is not None:
        return joined(texts)
    return _sentence(found) if isinstance(found, dict) else None


def _texts(found: Any) -> list[str] | None:
    """Texts of an array or a list, None where it is another."""
    listed = found.tolist() if hasattr(found, "tolist") else found
    fits = isinstance(listed, list) and listed and all(isinstance(each, str) for each in listed)
    return listed if fits else None


def _sentence(record: Mapping[str, Any]) -> Sentence | None:
    """The sentence of a record with its tokens; those at no places of it have blanks between them."""
    tokens, text = record.get("tokens"), record.get("sentence")
    if not isinstance(tokens, list) or not tokens:
        return None
    if texts := _texts(tokens):
        return joined(texts)
    found = [_token(index, each) for index, each in enumerate(tokens)]
    made = [each for each in found if each is not None]
    if len(made) < len(found):
        return None
    if not isinstance(text, str) or not _are_places(made, len(text)):
        return joined(token.text for token in made)
    return with_seams(SURROGATES.sub("\ufffd", text), made)


def _token(index: int, record: Any) -> Token | None:
    """A token of a record; None where that is no token."""
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        return None
    text, start, end = SURROGATES.sub("\ufffd", record["text"]), record.get("start"), record.get("end")
    places = (start, end) if type(start) is int and type(end) is int else (-1, -1)
    special, word = record.get("special") is True, record.get("word")
    word = SURROGATES.sub("\ufffd", word) if isinstance(word, str) else text
    pieces = (word,) if "pieces" in record else ()
    return Token(index, text, word, *places, KNOWN, special, pieces, generated=record.get("generated") is True)


def _are_places(tokens: Sequence[Token], length: int) -> bool:
    """Whether each token has a place in a text of so many characters."""
    return all(0 <= token.start <= token.end <= length for token in tokens)
