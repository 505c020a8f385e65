"""A folder's tokenizer, opened by the library and held against what it answers."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from attncli.extras import package
from attncli.tokenizer.form import FaultyTokenizerError, check_form, is_known
from attncli.tokenizer.making import as_it_is, configured


class Encoded(NamedTuple):
    """The tokens of a text: ids, pieces, which ones were put around it, their places in it, and the word of each."""

    ids: list[int]
    pieces: list[str]
    special: list[int]
    spans: list[tuple[int, int]]
    words: list[int | None]


class Opened(NamedTuple):
    """A tokenizer of the library, whether every step of it is of a known form, and what must be said of it."""

    tokenizer: Any
    known: bool
    warnings: list[str]


def open_tokenizer(data: bytes, folder: Path, config: Mapping[str, Any], confined: bool = False) -> Opened:
    """The bytes of a tokenizer.json with what the folder says over it, without padding and truncation.

    confined: this process may be ended at any time; no class is applied then, whose steps would hide the file's own.

    Raises:
        FaultyTokenizerError: it is none, or no tokenizer needs what is in it.
        ResourceError: another file of the folder that is damaged, or the library is not installed.
    """
    library = package("tokenizers", "a model")
    with _faults(), _quiet():
        tokenizer = library.Tokenizer.from_buffer(data)
    check_form(tokenizer)
    known = not confined and is_known(tokenizer)
    with _faults(), _quiet():
        made, warnings = (configured if known else as_it_is)(library, tokenizer, data, folder, dict(config))
    made.no_padding()
    made.no_truncation()
    return Opened(made, known, warnings)


def encode(tokenizer: Any, text: str) -> Encoded:
    """The tokens of a text, checked.

    Raises:
        FaultyTokenizerError: the library fails on it, or its answer is no list of tokens with their places.
    """
    with _faults(), _quiet():
        found = tokenizer.encode(text)
    encoded = Encoded(found.ids, found.tokens, found.special_tokens_mask, found.offsets, found.word_ids)
    if len({len(each) for each in encoded}) > 1:
        raise FaultyTokenizerError(f"it gives {len(encoded.ids)} ids for {len(encoded.spans)} tokens")
    if not all(0 <= start <= end <= len(text) for start, end in encoded.spans):
        raise FaultyTokenizerError("it places tokens outside the text")
    return encoded


@contextmanager
def _faults() -> Iterator[None]:
    """What the library raises as a FaultyTokenizerError; its panics are no Exceptions."""
    try:
        yield
    except FaultyTokenizerError:
        raise
    except Exception as error:  # the library raises nothing narrower
        if type(error).__module__.startswith("attncli"):
            raise
        raise FaultyTokenizerError((str(error) or "it is damaged").splitlines()[0][:200]) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise FaultyTokenizerError("the tokenizer library breaks down over it") from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing on standard error, where a panic of the library would print how it came about."""
    if sys.stderr is not None:
        sys.stderr.flush()
    kept = -1
    with suppress(OSError):
        kept = os.dup(2)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)
    try:
        yield
    finally:
        if kept >= 0:
            os.dup2(kept, 2)
            os.close(kept)
