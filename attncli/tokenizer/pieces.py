"""Tokenizers of SentencePiece's files (Kudo and Richardson 2018), as the classes of transformers 5 make them."""

import base64
from collections.abc import Mapping

from attncli.tokenizer.form import check_charsmap
from attncli.tokenizer.language_codes import MBART, MBART50
from attncli.tokenizer.made import Part
from attncli.tokenizer.merges import merges_by_place
from attncli.tokenizer.sentencepiece_model import (
    BYTE_PAIRS,
    CONTROL,
    UNKNOWN,
    USER_DEFINED,
    PieceModel,
)

SPACE = "▁"
FLAGS = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
OF_PAIRS = ("LlamaTokenizer", "GemmaTokenizer", "NllbTokenizer")  # classes that merge the pieces of any file


def pieces_of(found: PieceModel, name: str) -> Part:
    """SentencePiece's model: merges in the order of the pieces, or unigrams in the order that the class has them."""
    texts = [piece.text for piece in found.pieces]
    if found.kind == BYTE_PAIRS or name in OF_PAIRS:
        ordered = list(dict.fromkeys([*FIRST, *texts])) if name == "NllbTokenizer" else texts
        vocabulary = {text: number for number, text in enumerate(ordered)}
        how = {"fuse_unk": True, "byte_fallback": True}
        model = {"type": "BPE", "vocab": vocabulary, "merges": merges_by_place(texts), **how}
        return {"model": model, **added_of(found, ordered), "normalizer": table_of(found)}
    listed = [(piece.text, piece.score) for piece in found.pieces]
    before, skipped, after = ORDERS.get(name, ([], 0, []))
    rows = [*((text, _score(text)) for text in before), *listed[skipped:], *((text, 0.0) for text in after)]
    unknown = next((number for number, (text, _) in enumerate(rows) if text == "<unk>"), 0)
    model = {"type": "Unigram", "unk_id": unknown, "vocab": rows}
    return {"model": model, **added_of(found, [text for text, _ in rows]), **_steps(found)}


FIRST = ["<s>", "<pad>", "</s>", "<unk>"]
FILLERS = [f"<unk_{number}>" for number in range(2, 103)]  # Pegasus's
EXTRA = [f"<extra_id_{number}>" for number in range(99, -1, -1)]  # T5's blanks
#: Tokenizer classes → the pieces in front, how many of the file's they replace, and those behind.
ORDERS: Mapping[str, tuple[list[str], int, list[str]]] = {
    "XLMRobertaTokenizer": (FIRST, 3, ["<mask>"]),
    "MBartTokenizer": (FIRST, 3, [*MBART, "<mask>"]),
    "MBart50Tokenizer": (FIRST, 3, [*MBART50, "<mask>"]),
    "PegasusTokenizer": (["<pad>", "</s>", "<mask_1>", "<mask_2>", *FILLERS], 2, []),
    "CamembertTokenizer": (["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"], 1, ["<mask>"]),
    "T5Tokenizer": ([], 0, EXTRA),
}


def _score(text: str) -> float:
    return -100.0 if text in FILLERS else 0.0


def _steps(found: PieceModel) -> Part:
    """The table of characters, and the cut at spaces."""
    cuts = [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always"}]
    return {"pre_tokenizer": {"type": "Sequence", "pretokenizers": cuts}, "normalizer": table_of(found)}


def table_of(found: PieceModel) -> Part | None:
    """The table of characters as a normalizer; None where the file has none.

    Raises:
        FaultyTokenizerError: it is damaged.
    """
    if found.charsmap:
        check_charsmap(found.charsmap)
    table = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(found.charsmap).decode()}
    return table if found.charsmap else None


def added_of(found: PieceModel, texts: list[str]) -> Part:
    """The pieces that are found in a text before it is cut, with their numbers among the texts."""
    numbers = {text: number for number, text in enumerate(texts)}
    pieces = [piece for piece in found.pieces if piece.kind in (UNKNOWN, CONTROL, USER_DEFINED) and piece.text]
    tokens = [(numbers[each.text], each.text, each.kind != USER_DEFINED) for each in pieces if each.text in numbers]
    tokens += [(number, text, True) for text, number in numbers.items() if text in EXTRA]
    return {
        "added_tokens": [
            {"id": number, "content": text, **FLAGS, "special": special} for number, text, special in sorted(tokens)
        ]
    }
