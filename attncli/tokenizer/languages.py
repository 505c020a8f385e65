"""The languages of a translating tokenizer: their codes, and the tokens that mark a text as of a language.

mBART (Liu et al. 2020) marks a text behind its end, mBART-50 (Tang et al. 2020), NLLB (NLLB Team 2022) and M2M-100
(Fan et al. 2020) in front of it; sources and targets alike.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from attncli.tokenizer.encoded import Mark, Marks
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.tokenizer.language_codes import MBART, MBART50, NLLB
from attncli.tokenizer.settings import Settings, text_of

CODE = re.compile(r"[a-z]{2,3}_[A-Za-z]{2,4}")  # en_XX, eng_Latn


class Rule(NamedTuple):
    """The codes that a class knows, the one of sources that name none, and whether it stands behind texts."""

    codes: tuple[str, ...]
    default: str
    behind: bool = False


RULES: Mapping[str, Rule] = {
    "MBartTokenizer": Rule(MBART, "en_XX", behind=True),
    "MBart50Tokenizer": Rule(MBART50, "en_XX"),
    "NllbTokenizer": Rule(NLLB, "eng_Latn"),
}


def marks_of(name: str, settings: Settings, tokenizer: Any, is_of_class: bool) -> Marks | None:
    """The marks of a class's tokenizer of the library; None of a class without, and of a vocabulary without codes.

    is_of_class: whether the tokenizer is built as the class does, which marks texts in any case.

    Raises:
        FaultyTokenizerError: it has no token for the end of a text.
    """
    if name not in RULES:
        return None
    rule = RULES[name]
    added = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    numbers = {code: tokenizer.token_to_id(code) for code in [*rule.codes, *filter(CODE.fullmatch, added)]}
    codes = {code: Mark(number, code) for code, number in numbers.items() if number is not None}
    if not codes and not is_of_class:
        return None
    unknown = _mark(tokenizer, text_of(settings.get("unk_token"), "<unk>"))
    source = text_of(settings.get("src_lang"), rule.default)
    target = text_of(settings.get("tgt_lang"), "")
    end = _mark(tokenizer, text_of(settings.get("eos_token"), "</s>"))
    behind = rule.behind or (name == "NllbTokenizer" and bool(settings.get("legacy_behaviour")))
    return Marks(codes, codes.get(source, unknown), codes.get(target, unknown) if target else None, end, behind)


def _mark(tokenizer: Any, text: str) -> Mark:
    number = tokenizer.token_to_id(text)
    if number is None:
        raise FaultyTokenizerError(f"it has no token {text[:60]!r}, which texts need")
    return Mark(number, text)
