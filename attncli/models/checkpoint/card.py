"""The files beside a model that tell about it: the licence on its card, its special tokens. Faults are no errors."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attncli.errors import ResourceError
from attncli.files.json_files import read_json

CARD = "README.md"
MAX_CARD = 2**16  # bytes; the fields of a card stand at its beginning, between two lines ---
MOST = 100  # characters of a licence or a token
MAX_TOKENS = 1000
FIELD = re.compile(r"^(license|license_name):[ \t]*(?:\n[ \t]*-[ \t]*)?(\S[^\n]*)$", re.M)
GGUF_TOKEN = re.compile(r"tokenizer\.ggml\.\w+_token_id")
MAP, SETTINGS, TOKENIZER = "special_tokens_map.json", "tokenizer_config.json", "tokenizer.json"


def licence_of(folder: Path) -> str | None:
    """The licence that the card of a model or the metadata of a GGUF file name; None where they name none."""
    if folder.is_file():
        found = _metadata(folder).get("general.license")
        return found[:MOST] if isinstance(found, str) else None
    paths = (folder / CARD, folder.parent / CARD) if re.match(r"0_\w", folder.name) else (folder / CARD,)
    fields = next((found for path in paths if (found := dict(_fields(path)))), {})
    licence = fields.get("license")
    return fields.get("license_name", licence) if licence == "other" else licence


def special_tokens(folder: Path) -> list[str]:
    """The special tokens that the tokenizer's files or the metadata of a GGUF file name, each once."""
    if folder.is_file():
        return list(dict.fromkeys(_numbered(_metadata(folder))))
    found = [*_named(_object(folder / MAP))] or [*_named(_object(folder / SETTINGS))]
    return list(dict.fromkeys(found or _added(_object(folder / TOKENIZER))))[:MAX_TOKENS]


def _fields(path: Path) -> Iterator[tuple[str, str]]:
    """The fields of licences on a card."""
    if not path.is_file():  # a pipe is not waited for
        return
    try:
        with open(path, "rb") as file:
            text = file.read(MAX_CARD).decode("utf-8", "replace")
    except OSError:
        return
    head = re.match(r"---\n(.*?)\n---", text.replace("\r\n", "\n"), re.S)
    for key, value in FIELD.findall(head[1]) if head else ():
        if bare := value.strip().strip("\"'[]")[:MOST]:
            yield key, bare


def _metadata(file: Path) -> dict[str, Any]:
    """The metadata of a GGUF file; none where it cannot be read."""
    from attncli.files.gguf_file import GgufFile  # few models are GGUF

    try:
        return dict(GgufFile(file).metadata)
    except ResourceError:
        return {}


def _numbered(metadata: dict[str, Any]) -> Iterator[str]:
    """The tokens whose ids stand under keys such as tokenizer.ggml.bos_token_id."""
    tokens = metadata.get("tokenizer.ggml.tokens")
    known = tokens if isinstance(tokens, list) else []
    for key, number in metadata.items():
        if GGUF_TOKEN.fullmatch(key) and isinstance(number, int) and 0 <= number < len(known):
            yield str(known[number])[:MOST]


def _object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; an empty one where there is none."""
    try:
        found = read_json(path)
    except ResourceError:
        return {}
    return found if isinstance(found, dict) else {}


def _named(settings: dict[str, Any]) -> Iterator[str]:
    """The tokens under keys such as cls_token."""
    more = settings.get("additional_special_tokens")
    single = (value for key, value in settings.items() if key.endswith("_token"))
    for each in (*single, *(more if isinstance(more, list) else ())):
        content = each.get("content") if isinstance(each, dict) else each
        if isinstance(content, str) and 0 < len(content) <= MOST:
            yield content


def _added(tokenizer: dict[str, Any]) -> Iterator[str]:
    """The special ones among the added tokens of a tokenizer.json."""
    added = tokenizer.get("added_tokens")
    marked = (each for each in (added if isinstance(added, list) else ()) if isinstance(each, dict))
    for each in marked:
        content = each.get("content")
        if each.get("special") is True and isinstance(content, str) and len(content) <= MOST:
            yield content
