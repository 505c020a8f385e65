"""The JSON Schemas of the records, their lists of names filled in from the settings."""

import json
from importlib.resources import files
from typing import Any

from attncli.settings.explanation import METHODS, MODES
from attncli.settings.model import COMBINE, PATTERNS

#: What stands for a list of names in the enumerations of the stored schemas: `"enum": ["$METHODS"]`.
NAMES = {"$METHODS": METHODS, "$MODES": MODES, "$COMBINE": COMBINE, "$PATTERNS": PATTERNS}


def schema_of(name: str) -> dict[str, Any]:
    """The schema of what `attn NAME --json` prints."""
    text = files("attncli").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text, object_hook=_filled)
    return schema


def _filled(part: dict[str, Any]) -> dict[str, Any]:
    """An object of a schema with the names in place of what stands for them."""
    if isinstance(part.get("enum"), list):
        part["enum"] = [name for each in part["enum"] for name in NAMES.get(each, (each,))]
    return part
