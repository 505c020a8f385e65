"""Files of attention weights and of tokens: `.npz`, `.npy`, JSON and text, known by their content, read with bounds."""

import os
from collections.abc import Sequence
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from attncli.errors import AttnError, ResourceError, quoted
from attncli.files.json_files import parse
from attncli.files.npz import MAGIC, PLAIN_BYTES, WIDENED, read_array, read_npz
from attncli.files.utf8 import text_of, without_mark

OF = "attention weights"
NEEDED = "attn explain -o x.npz and x.json write such files, and numpy.savez('x.npz', weights=array)"
NUMBERS = ("layer", "head")  # of an .npz beside its weights
#: The names that queries may have there, and keys: those of attn explain, of show in Python, and of attn align.
SIDES = ("queries", "tokens", "source"), ("keys", "other_tokens", "target")
TEXTS = tuple(name for side in SIDES for name in side)
MOST_JSON, MOST_TOKENS = 2**26, 2**22  # bytes
MOST_ARRAY = 2**30  # bytes of an .npz or .npy
MOST_ROWS, MOST_OBJECTS = 500_000, 100_000  # of a file of JSON; each takes much more memory than in the file
A_LIST = "a JSON list of texts, or text with a token a line"
LISTED = 12  # names in an error


def read_weights_file(path: str | Path) -> Any:
    """The named arrays of an `.npz`, the array of an `.npy` as `weights`, or the value of a file of JSON.

    Raises:
        ResourceError: no such file, one that is too large, or of another content.
    """
    beginning = _beginning(path)
    if beginning.startswith(b"PK"):
        _check_size(path, MOST_ARRAY)
        found = read_npz(path, lambda there: _chosen(path, there), texts=TEXTS, of=OF, needed=NEEDED)
        if not found:
            raise ResourceError(f"{str(path)!r} is an archive without arrays", NEEDED)
        return found
    return _read_npy(path) if beginning.startswith(MAGIC) else read_json_of(path)


def read_json_of(path: str | Path) -> Any:
    """The value of a file of JSON; ResourceError as above."""
    text = _text(path, MOST_JSON, NEEDED)
    if text.count("[") > MOST_ROWS or text.count("{") > MOST_OBJECTS:
        reason = f"{str(path)!r} has more than {MOST_ROWS:,} lists or {MOST_OBJECTS:,} objects"
        raise ResourceError(reason, "write arrays: numpy.savez('x.npz', weights=array)")
    try:
        return parse(text)
    except (ValueError, RecursionError) as error:
        raise _no_json(path, error) from None


def _no_json(path: str | Path, error: ValueError | RecursionError) -> ResourceError:
    """The error of a file that is not one value of JSON."""
    from attncli.files.kinds import kind_of_file  # a table of patterns, which only an error needs

    kind = kind_of_file(path)
    if kind is not None and kind.key != "json":
        return ResourceError(f"{str(path)!r} is {kind.name}, not a file of {OF}", NEEDED)
    if isinstance(error, JSONDecodeError) and error.msg == "Extra data" and error.doc[error.pos] in "[{":
        reason = f"{str(path)!r}: expected one record of JSON, got more than one"
        return ResourceError(reason, "take one of the lines: sed -n 1p many.json > one.json")
    return ResourceError(f"{str(path)!r} is no .npz or .npy, and no JSON: {error}", NEEDED)


def read_tokens(path: str | Path) -> list[str]:
    """The tokens of a file: a JSON list of texts, or text with a token a line.

    Raises:
        ResourceError: no such file, one that is too large, no text in UTF-8, or a list of anything but texts.
    """
    text = _text(path, MOST_TOKENS, A_LIST)
    if text.lstrip().startswith("["):
        try:
            found = parse(text)
        except (ValueError, RecursionError) as error:
            if str(path).lower().endswith(".json"):  # a line may begin with [CLS]
                raise ResourceError(f"cannot read {str(path)!r} as JSON: {error}", A_LIST) from None
        else:
            if all(isinstance(each, str) for each in found):
                return [*found]
            other = next(each for each in found if not isinstance(each, str))
            raise ResourceError(f"{str(path)!r}: expected a list of texts, got {quoted(other)} in it", A_LIST)
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def _chosen(path: str | Path, there: Sequence[str]) -> Sequence[str]:
    """`weights` and the arrays that go with it, else the only array; ResourceError where there are several."""
    others = [name for name in dict.fromkeys(there) if name not in TEXTS]
    if "weights" in others:
        return ("weights", *NUMBERS, *TEXTS)
    if len(others) == 1:
        return (others[0], *TEXTS)
    if not others and not there:
        return ()
    named = ", ".join(quoted(name) for name in others[:LISTED]) + ", …" * (len(others) > LISTED)
    raise ResourceError(f"{str(path)!r}: expected an array named weights, or one alone, got {named or 'none'}", NEEDED)


def _read_npy(path: str | Path) -> dict[str, Any]:
    size = _check_size(path, MOST_ARRAY)
    try:
        with open(path, "rb") as file:
            return {"weights": read_array(file, "the array", size, WIDENED * max(PLAIN_BYTES, 4 * size))}
    except (OSError, ValueError) as error:
        raise ResourceError(f"cannot read {OF} from {str(path)!r}: {error}", NEEDED) from None


def _text(path: str | Path, most: int, needed: str) -> str:
    _check_size(path, most, needed)
    try:
        with open(path, "rb") as file:
            data = file.read(most)
        return text_of(without_mark(data))
    except OSError as error:
        raise _unreadable(path, error, needed) from None
    except AttnError as error:
        raise ResourceError(f"{str(path)!r}: {error.message}", error.hint) from None


def _beginning(path: str | Path, needed: str = NEEDED) -> bytes:
    """The first bytes of a regular file."""
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise ResourceError(f"{str(path)!r} is not a file", needed)
        with open(path, "rb") as file:
            return file.read(len(MAGIC))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, needed) from None


def _check_size(path: str | Path, most: int, needed: str = NEEDED) -> int:
    """The size of a regular file; ResourceError for more than `most` bytes."""
    _beginning(path, needed)
    size = os.path.getsize(path)
    if size > most:
        raise ResourceError(f"{str(path)!r} has {size:,} bytes, more than the {most:,} that are read", needed)
    return size


def _unreadable(path: str | Path, error: Exception, needed: str) -> ResourceError:
    return ResourceError(f"cannot read {str(path)!r}: {getattr(error, 'strerror', None) or error}", needed)
