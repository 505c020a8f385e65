"""JSON files of a model's folder, read without trusting them."""

import json
from pathlib import Path
from typing import Any

from attncli.errors import ResourceError, quoted

MAX_JSON = 2**22  # bytes, which may be thirty times as many as Python's objects; an index of 40,000 arrays has them


def existing_file(path: Path) -> Path:
    """The path, once it is known to be a file that can be opened without waiting for anyone.

    Raises:
        ResourceError: there is none, or it is a folder, a pipe or a device.
    """
    if not path.is_file():
        what = "is no regular file" if path.exists() else "does not exist"
        raise ResourceError(f"{str(path)!r} {what}", "hf download gets all files of a model, or gets them again")
    return path


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in the file.

    Raises:
        ResourceError: no regular file, larger than MAX_JSON, no JSON object in UTF-8, or a key that has two values.
    """
    try:
        with existing_file(path).open("rb") as file:
            data = file.read(MAX_JSON + 1)
        if len(data) > MAX_JSON:
            raise ValueError(f"it has more than {MAX_JSON:,} bytes")
        found = parse(data.decode("utf-8-sig"))
    except OSError as error:
        raise ResourceError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ResourceError(f"cannot read {str(path)!r} as JSON: {error}") from None
    if not isinstance(found, dict):
        raise ResourceError(f"{str(path)!r} holds a {type(found).__name__}; needed is a JSON object")
    return found


def parse(text: str) -> Any:
    """The JSON value; ValueError or RecursionError for what is none, and for an object with two values under one key.

    Readers of JSON differ in which of the two they take.
    """
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        for key, value in pairs:
            if value != found[key]:
                raise ValueError(f"the key {quoted(key)} stands there twice, with two values")
    return found
