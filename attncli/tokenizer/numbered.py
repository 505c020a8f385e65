"""SentencePiece's pieces with the numbers of a vocabulary in JSON, as Marian and M2M-100 have them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from attncli.errors import quoted
from attncli.files.json_files import read_object
from attncli.tokenizer import sentencepiece_model as kinds
from attncli.tokenizer.encoded import Encoded, Encoder
from attncli.tokenizer.encoding import Made, open_made
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.tokenizer.merges import merges_of
from attncli.tokenizer.older import content_of
from attncli.tokenizer.pieces import FLAGS, SPACE, table_of
from attncli.tokenizer.sentencepiece_model import PieceModel, read_pieces
from attncli.tokenizer.settings import AS_IT_IS, read_settings

UNKNOWN, END, PADDING, START = "<unk>", "</s>", "<pad>", "<s>"


class Numbered(NamedTuple):
    """From a text to its tokens, none around it: `pieces` cuts it, the vocabulary numbers them."""

    pieces: Encoder
    vocabulary: Mapping[str, int]

    def bare(self, text: str, pair: str | None = None) -> Encoded:
        """The tokens of a text, or of two."""
        found, unknown = self.pieces.encode(text, pair), self.vocabulary[UNKNOWN]
        ids = [self.vocabulary.get(piece, unknown) for piece in found.pieces]
        return found._replace(ids=ids, segments=[0] * len(ids))

    def spelled(self) -> Mapping[int, str]:
        """The piece of each number."""
        return {number: piece for piece, number in self.vocabulary.items()}


def read_vocabulary(path: Path, end: str) -> dict[str, int]:
    """The numbers of pieces; FaultyTokenizerError without those that every text may need."""
    vocabulary = read_object(path)
    wrong = [text for text in (UNKNOWN, end) if text not in vocabulary]
    if wrong or not all(type(number) is int and 0 <= number < 2**31 for number in vocabulary.values()):
        raise FaultyTokenizerError(f"{path.name}: expected numbers of tokens, and one of {quoted((wrong or [END])[0])}")
    return vocabulary


def cutter_of(path: Path, special: list[str], config: Mapping[str, Any], most: int) -> Encoder:
    """The encoder of a file of pieces, in which special tokens are found before a text is cut.

    Raises:
        FaultyTokenizerError: it is damaged, or has more than `most` bytes.
    """
    plain = {**config, "tokenizer_class": AS_IT_IS, "default_class": AS_IT_IS}
    made = Made(_made(read_pieces(content_of(path, most)), special), read_settings(path.parent))
    return open_made(made, path.parent, plain)


def _made(found: PieceModel, special: list[str]) -> bytes:
    """The bytes of a tokenizer.json with the pieces; those that no text has are spelled as none."""
    hidden = (kinds.UNKNOWN, kinds.CONTROL)
    rows = [(f"\uffff{each.text}\uffff" if each.kind in hidden else each.text, each.score) for each in found.pieces]
    whole = [each.text for each in found.pieces if each.kind == kinds.USER_DEFINED and each.text]
    added = [*((text, True) for text in special), *((text, False) for text in whole if text not in special)]
    places = {text: number for number, (text, _) in enumerate(rows)}
    numbers = {text: places.get(text, len(rows) + at) for at, (text, _) in enumerate(added)}
    tokens = [{"id": numbers[text], "content": text, **FLAGS, "special": special} for text, special in added]
    cuts = [
        {"type": "Split", "pattern": {"String": " "}, "behavior": "Removed", "invert": False},
        {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always"},
    ]
    made = {
        **{"version": "1.0", "added_tokens": tokens, "normalizer": table_of(found)},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": cuts},
        "model": _model(found, rows),
    }
    return json.dumps(made, ensure_ascii=False).encode(errors="replace")


def _model(found: PieceModel, rows: list[tuple[str, float]]) -> dict[str, Any]:
    unknown = next((number for number, each in enumerate(found.pieces) if each.kind == kinds.UNKNOWN), 0)
    if found.kind == kinds.UNIGRAM:
        return {"type": "Unigram", "unk_id": unknown, "vocab": rows}
    texts, scores = [text for text, _ in rows], [score for _, score in rows]
    vocabulary = {text: number for number, text in enumerate(texts)}
    how = {"unk_token": texts[unknown], "fuse_unk": True}
    return {"type": "BPE", "vocab": vocabulary, "merges": merges_of(texts, scores), **how}
