"""The tokens that end what a model says: those of generation_config.json, else of config.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attncli.files.json_files import read_object

KEY, GENERATION = "eos_token_id", "generation_config.json"
LARGEST = 2**31  # no token has a larger number


def end_tokens(folder: Path, config: Mapping[str, Any]) -> tuple[int, ...]:
    """The ids of the tokens that end a text; none where neither file has any.

    Raises:
        ResourceError: generation_config.json is damaged.
    """
    path = folder / GENERATION
    found = read_object(path).get(KEY) if path.exists() else None
    return ids_of(found if found is not None else config.get(KEY))


def ids_of(value: Any) -> tuple[int, ...]:
    """The ids that a value names, a number or several."""
    several = value if isinstance(value, list) else [value]
    return tuple(each for each in several if type(each) is int and 0 <= each < LARGEST)
