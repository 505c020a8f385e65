"""The tokenizer of SentencePiece's file by the file's own settings, for folders that no class is named for.

As transformers 5 makes its TokenizersBackend of a tokenizer.model: normalizer, prefix and merges are those of
SentencePiece itself.
"""

import re
from collections.abc import Mapping
from typing import Any

from attncli.tokenizer.encoding import Made
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.tokenizer.made import Part, made_with
from attncli.tokenizer.merges import merges_by_score
from attncli.tokenizer.pieces import SPACE, added_of, table_of
from attncli.tokenizer.sentencepiece_model import BYTE_PAIRS, NORMAL, USER_DEFINED, PieceModel
from attncli.tokenizer.settings import AS_IT_IS, AddedToken, Settings

LONGEST = 2000  # characters of the expression that finds pieces in a text


def own_steps(found: PieceModel, settings: Settings, named: Mapping[int, AddedToken]) -> Made:
    """The file of the pieces; named: other texts of some of them, by number.

    Raises:
        FaultyTokenizerError: there are too many pieces of the user's.
    """
    texts = _texts(found, named) if found.kind == BYTE_PAIRS else [piece.text for piece in found.pieces]
    whole = [text for text, piece in zip(texts, found.pieces, strict=True) if piece.kind == USER_DEFINED and text]
    added = added_of(found._replace(pieces=[each for each in found.pieces if each.kind != USER_DEFINED]), texts)
    always = bool(settings.get("legacy", True))
    choice = "|".join(map(re.escape, sorted(whole, key=len, reverse=True)))
    if len(choice) > LONGEST:
        raise FaultyTokenizerError(f"its user's pieces have {len(choice):,} characters; up to {LONGEST:,} are read")
    steps = {"normalizer": _normalizer(found, always), "pre_tokenizer": _cut(found, always, choice)}
    parts = {"model": _model(found, texts, bool(whole)), **added, **steps}
    return made_with(parts, AS_IT_IS, _raw(settings, found), (choice,))


def _raw(settings: Settings, found: PieceModel) -> Settings:
    """The settings with added tokens that are looked for in the text as it is, so that each part has its prefix."""
    listed = settings.get("added_tokens_decoder")
    if not found.prefixes or not isinstance(listed, dict):
        return settings
    changed = {
        number: {**each, "normalized": False} if isinstance(each, dict) else each for number, each in listed.items()
    }
    return {**settings, "added_tokens_decoder": changed}


def _texts(found: PieceModel, named: Mapping[int, AddedToken]) -> list[str]:
    """The texts of the pieces, or the names that the settings give them, unless another piece has that text."""
    kept = {piece.text for number, piece in enumerate(found.pieces) if number not in named}
    names = {number: token.content for number, token in named.items() if token.content not in kept}
    return [names.get(number, piece.text) for number, piece in enumerate(found.pieces)]


def _model(found: PieceModel, texts: list[str], whole: bool) -> Part:
    fallback = {"byte_fallback": found.falls_back}
    if found.kind != BYTE_PAIRS:
        rows = [(piece.text, piece.score) for piece in found.pieces]
        return {"type": "Unigram", "unk_id": found.unknown, "vocab": rows, **fallback}
    normal = [(text, piece) for text, piece in zip(texts, found.pieces, strict=True) if piece.kind == NORMAL]
    merges = merges_by_score([text for text, _ in normal], [piece.score for _, piece in normal]) if normal else []
    vocabulary = {text: number for number, text in enumerate(texts)}
    how = {"unk_token": found.unknown_text, "fuse_unk": True, "ignore_merges": whole}
    return {"type": "BPE", "vocab": vocabulary, "merges": merges, **how, **fallback}


def _normalizer(found: PieceModel, always: bool) -> Part:
    steps: list[Any] = [table_of(found)] if found.charsmap else []
    if found.joins_spaces:
        steps += [_replaced(" {2,}", " "), _replaced(r"\A | \z", "")]
    if found.shows_spaces:
        steps.append({"type": "Replace", "pattern": {"String": " "}, "content": SPACE})
    if found.prefixes and always:
        steps.append(_replaced(rf"\A{SPACE}", SPACE * 2))
    return {"type": "Sequence", "normalizers": steps}


def _replaced(regex: str, content: str) -> Part:
    return {"type": "Replace", "pattern": {"Regex": regex}, "content": content}


def _cut(found: PieceModel, always: bool, choice: str) -> Part | None:
    scheme = "always" if always else "first"
    cuts: list[Part] = []
    if found.prefixes:
        cuts.append({"type": "Metaspace", "replacement": SPACE, "prepend_scheme": scheme, "split": False})
    if choice:
        cuts.append({"type": "Split", "pattern": {"Regex": choice}, "behavior": "Isolated", "invert": False})
    return {"type": "Sequence", "pretokenizers": cuts} if cuts else None
