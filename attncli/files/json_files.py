"""JSON files of a model's folder, read without trusting them."""

import json
import os
from pathlib import Path
from typing import Any

from attncli.errors import ResourceError, quoted
from attncli.files.fetching import fetch_again

MAX_JSON = 2**22  # bytes, which may be thirty times as many as Python's objects; an index of 40,000 arrays has them


def existing_file(path: Path) -> Path:
    """The path, checked to be a file that can be opened without waiting.

    Raises:
        ResourceError: it does not exist, is a folder, a pipe or a device, or cannot be read; or a Git LFS pointer or a
            web page was fetched in its place.
    """
    if not os.path.isfile(path):
        raise ResourceError(f"{str(path)!r} {_why_no_file(path)}", fetch_again(path))
    try:
        with path.open("rb") as file:
            start = file.read(100)
    except OSError as error:
        raise ResourceError(f"cannot read {str(path)!r}: {error.strerror}", fetch_again(path)) from None
    if b"\0" not in start and start.lstrip().startswith((b"version https://git-lfs", b"<")):
        raise unreadable(path, f"{str(path)!r} begins with <, as no file of a model does")
    return path


def _why_no_file(path: Path) -> str:
    """Why there is no file that can be opened."""
    try:
        os.stat(path)
    except FileNotFoundError:
        if not os.path.islink(path):
            return "does not exist"
        return f"is a link to {os.readlink(path)!r}, which does not exist: it was not downloaded, or only in part"
    except (OSError, ValueError) as error:
        return f"cannot be reached: {getattr(error, 'strerror', error)}"
    return "is no regular file"


def unreadable(path: Path, message: str) -> ResourceError:
    """The error for a file of another kind than its name: the kind if it is known, else the message."""
    from attncli.files.kinds import kind_of_file  # a table of patterns, which only an error needs

    kind = kind_of_file(path)
    if kind is None or kind.key in ("json", "safetensors", "script"):
        return ResourceError(message, fetch_again(path))
    says_more = kind.key in ("html", "utf-16", "utf-32")  # than to fetch it once more
    return ResourceError(f"{str(path)!r} is {kind.name}", kind.hint(str(path)) if says_more else fetch_again(path))


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in the file.

    Raises:
        ResourceError: no regular file, larger than MAX_JSON, no JSON object in UTF-8, or a key that has two values.
    """
    found = read_json(path)
    if not isinstance(found, dict):
        raise ResourceError(f"{str(path)!r}: expected a JSON object, got a {type(found).__name__}", fetch_again(path))
    return found


def read_json(path: Path) -> Any:
    """The JSON value in the file; ResourceError as `read_object`."""
    try:
        with existing_file(path).open("rb") as file:
            data = file.read(MAX_JSON + 1)
        if len(data) > MAX_JSON:
            raise ValueError(f"it has more than {MAX_JSON:,} bytes")
        return parse(data.decode("utf-8-sig"))
    except OSError as error:
        raise ResourceError(f"cannot read {str(path)!r}: {error.strerror}", fetch_again(path)) from None
    except (ValueError, RecursionError) as error:
        raise unreadable(path, f"cannot read {str(path)!r} as JSON: {error}") from None


def parse(text: str) -> Any:
    """The JSON value; ValueError or RecursionError for other text, and for an object with two values under one key.

    Readers of JSON differ in which of the two they take.
    """
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        for key, value in pairs:
            if value != found[key]:
                raise ValueError(f"the key {quoted(key)} is there twice with different values")
    return found
