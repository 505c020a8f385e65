"""A tokenizer.json made of other files: its parts as bytes, with the tokens around texts that the settings ask for."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from attncli.tokenizer.encoding import Made
from attncli.tokenizer.settings import Settings, text_of

Part = dict[str, Any]
#: Tokenizer classes → the tokens that begin and end a text where the settings name none.
ENDS = {
    "GemmaTokenizer": {"bos": "<bos>", "eos": "<eos>"},
    "GPT2Tokenizer": {"bos": "<|endoftext|>", "eos": "<|endoftext|>"},
    "": {"bos": "", "eos": ""},
}
OTHER_ENDS = {"bos": "<s>", "eos": "</s>"}


def made_with(parts: Part, name: str, settings: Settings, regexes: tuple[str, ...] = ()) -> Made:
    """The file of its parts; name: the tokenizer's class, "" where the settings alone say what ends a text.

    regexes: those among the parts that are no known ones.
    """
    whole = {"version": "1.0", "added_tokens": [], **parts, **_around(name, settings, _numbers(parts))}
    return Made(json.dumps(whole, ensure_ascii=False).encode(errors="replace"), settings, regexes)


def _numbers(parts: Part) -> dict[str, int]:
    """The number of each token."""
    listed = parts["model"]["vocab"]
    known = listed if isinstance(listed, dict) else {row[0]: number for number, row in reversed([*enumerate(listed)])}
    return {**known, **{token["content"]: token["id"] for token in parts.get("added_tokens", [])}}


def _around(name: str, settings: Settings, known: Mapping[str, int]) -> Part:
    """The tokens put in front of every text and behind it: those that the settings ask for; in T5 its end."""
    texts = {
        role: text_of(settings.get(f"{role}_token"), default) for role, default in ENDS.get(name, OTHER_ENDS).items()
    }
    wanted = {"bos": settings.get("add_bos_token"), "eos": settings.get("add_eos_token") or name == "T5Tokenizer"}
    numbers = {texts[role]: known[texts[role]] for role in wanted if wanted[role] and texts[role] in known}
    if not numbers:
        return {}
    tokens = {text: {"id": text, "ids": [number], "tokens": [text]} for text, number in numbers.items()}
    around = partial(_around_text, texts, [role for role in wanted if texts[role] in numbers])
    parts = {"single": around("A", 0), "pair": around("A", 0) + around("B", 1), "special_tokens": tokens}
    return {"post_processor": {"type": "TemplateProcessing", **parts}}


def _around_text(texts: Mapping[str, str], roles: list[str], name: str, segment: int) -> list[Part]:
    """The part of a template that is about one text, with the tokens of these roles around it."""
    put = {role: [{"SpecialToken": {"id": texts[role], "type_id": segment}}] for role in roles}
    return [*put.get("bos", []), {"Sequence": {"id": name, "type_id": segment}}, *put.get("eos", [])]
