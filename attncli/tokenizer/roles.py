"""The tokens that have a role in a tokenizer's texts, and whether models are given segments."""

from collections.abc import Mapping
from typing import Any

from attncli.tokenizer.encoded import Mark, Roles
from attncli.tokenizer.kinds import KINDS
from attncli.tokenizer.settings import KIND_OF_CLASS, Settings, special_tokens


def roles_of(name: str, settings: Settings, tokenizer: Any, config: Mapping[str, Any]) -> Roles:
    """The tokens with a role, of the settings or of the class of that name; the first one may be that of config.json.

    An encoder–decoder's `bos_token_id` there is of its decoder.
    """
    kind = KINDS.get(KIND_OF_CLASS.get(name, ""))
    special = special_tokens(settings, kind.defaults if kind else {}, {})

    def named(*roles: str) -> Mark | None:
        texts = [special[role].content for role in roles if role in special]
        found = [Mark(id, text) for text in texts if (id := tokenizer.token_to_id(text)) is not None]
        return found[0] if found else None

    return Roles(named("bos_token", "cls_token") or _begin(tokenizer, config), named("sep_token"), named("mask_token"))


def _begin(tokenizer: Any, config: Mapping[str, Any]) -> Mark | None:
    number = None if config.get("is_encoder_decoder") else config.get("bos_token_id")
    if type(number) is not int or not 0 <= number < 2**31:
        return None
    text = tokenizer.id_to_token(number)
    return None if text is None else Mark(number, text)


def is_segmented(settings: Settings) -> bool:
    """Whether models are given the segments: unless the settings list their inputs without them."""
    inputs = settings.get("model_input_names")
    return not isinstance(inputs, list) or "token_type_ids" in inputs
