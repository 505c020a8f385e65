"""Where a picture goes: what was typed as a path, and what is wrong with it in words of the explorer."""

import os
from collections.abc import Sequence

from attncli.errors import AttnError, UsageError
from attncli.explore.keys import by_key
from attncli.explore.view import Said

ANOTHER = "type another name, or Esc"


def path_of(text: str, endings: Sequence[str]) -> str:
    """The path that a text stands for, `~` being the home folder.

    Raises:
        UsageError: a folder, a name in a folder that is not there, or one whose ending says nothing.
    """
    path = os.path.expanduser(text)
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        raise UsageError(f"{text!r} is a folder", f"name a file in it, such as attention.{endings[0]}")
    if not os.path.isdir(folder):
        raise UsageError(f"there is no folder {folder!r}", ANOTHER)
    if not path.lower().endswith(tuple(f".{each}" for each in endings)):
        known = ", ".join(f".{each}" for each in endings)
        raise UsageError(f"{text!r}: expected an ending among {known}", ANOTHER)
    return path


def free_name(ending: str) -> str:
    """A name for a file that is not there yet."""
    number = next(n for n in range(1, 10**6) if not os.path.exists(f"attention-{n:03}.{ending}"))
    return f"attention-{number:03}.{ending}"


def not_saved(error: AttnError | OSError, path: str) -> Said:
    """Why a file was not written, and what to do."""
    if isinstance(error, OSError):
        return Said(f"cannot write {path!r}: {error.strerror}; {ANOTHER}", "error")
    message, hint = error.said(by_key)
    return Said(f"{message}; {hint or ANOTHER}", "error")
