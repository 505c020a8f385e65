"""The JSON Schemas of the records, with values and defaults from the settings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib.resources import files
from typing import Any, get_args

from attncli.settings.alignment import AlignmentSettings
from attncli.settings.explanation import METHODS, Settings
from attncli.settings.given import GivenSettings
from attncli.settings.model import DRAWS, PATTERN_NAMES, TEXTS, ModelSettings, PredictionOptions
from attncli.settings.option import OneOf, Option, Whole
from attncli.settings.similarity import SimilaritySettings
from attncli.settings.treebank import TreebankSettings

#: The lists of names for the enumerations of the stored schemas that name them: `"enum": ["$METHODS"]`.
NAMES = {"$METHODS": METHODS, "$PATTERNS": PATTERN_NAMES}

#: Settings that records have all of.
OWN: Mapping[str, type] = {
    "alignment": AlignmentSettings,
    "similarity": SimilaritySettings,
    "treebank": TreebankSettings,
}


def schema_of(name: str) -> dict[str, Any]:
    """The schema of the output of `attn NAME --json`."""
    text = files("attncli").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text, object_hook=_filled)
    return schema


def _filled(part: dict[str, Any]) -> dict[str, Any]:
    """An object of a schema: `{"$settings": …}`, `{"$record": …}` replaced by another schema, names filled in."""
    if part.get("$settings") == "vectors":
        return json_schema(Settings, TEXTS) | {"additionalProperties": True}
    if part.get("$settings") == "model":
        return json_schema(ModelSettings, (*TEXTS, *DRAWS)) | {"additionalProperties": False}
    if part.get("$settings") == "given":
        return json_schema(GivenSettings) | {"additionalProperties": False}
    if part.get("$settings") == "prediction":
        return json_schema(PredictionOptions, TEXTS) | {"additionalProperties": False}
    if "$record" in part:
        return schema_of(part["$record"]) | {"$id": f"urn:attn:{part['$record']}"}  # so that its references are its own
    if part.get("$settings") in OWN:
        return json_schema(OWN[part["$settings"]]) | {"additionalProperties": False}
    if isinstance(part.get("enum"), list):
        part["enum"] = [name for each in part["enum"] for name in NAMES.get(each, (each,))]
    return part


JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def json_schema(settings: type, besides: Sequence[str] = ()) -> dict[str, Any]:
    """The JSON Schema of settings in a record, those in `besides` not being in it."""
    properties = {each.name: _json(each) for each in fields(settings) if each.name not in besides}
    return {"type": "object", "properties": properties, "required": [*properties]}


def _json(each: Any) -> Mapping[str, Any]:
    known: Option = each.metadata["option"]
    if known.json is not None:
        return known.json
    if isinstance(known.check, OneOf):
        return {"enum": [*known.check.values, *[None] * (type(None) in get_args(each.type))]}
    types = [JSON_TYPES[kind] for kind in get_args(each.type) or (each.type,)]
    least = {"minimum": known.check.least} if isinstance(known.check, Whole) else {}
    return {"type": types[0] if len(types) == 1 else types} | least
