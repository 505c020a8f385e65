"""The tokens of Marian's models (Junczys-Dowmunt et al. 2018): SentencePiece's pieces with the numbers of vocab.json.

The files of the source and of the target cut texts; one vocabulary numbers the pieces of both, or one each.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from attncli.errors import quoted
from attncli.files.json_files import read_object
from attncli.tokenizer import sentencepiece_model as kinds
from attncli.tokenizer.encoding import Encoded, Encoder, open_made
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.tokenizer.older import FLAGS, SPACE, content_of, table_of
from attncli.tokenizer.sentencepiece_model import read_pieces
from attncli.tokenizer.settings import AS_IT_IS, Settings

TARGET = "target.spm"
UNKNOWN, END, PADDING = "<unk>", "</s>", "<pad>"


class MarianPieces(NamedTuple):
    """From a text to its tokens: `pieces` cuts it, the vocabulary numbers them, `end` stands behind the text."""

    pieces: Encoder
    vocabulary: Mapping[str, int]
    end: str

    def tokens(self, text: str) -> Encoded:
        """The tokens of a text, and of the language that it begins with, such as >>fr<<."""
        code = text[: text.find("<<") + 2] if text.startswith(">>") and "<<" in text else ""
        found = self.pieces.encode(text[len(code) :])
        before, n = [code] if code else [], len(code)
        pieces = [*before, *found.pieces, self.end]
        unknown = self.vocabulary[UNKNOWN]
        return Encoded(
            [self.vocabulary.get(piece, unknown) for piece in pieces],
            pieces,
            [*(0 for _ in before), *found.special, 1],
            [*((0, n) for _ in before), *((start + n, end + n) for start, end in found.spans), (0, 0)],
            [*(0 for _ in before), *(word if word is None else word + len(before) for word in found.words), None],
        )


def marian_encoder(path: Path, settings: Settings, config: Mapping[str, Any], most: int) -> Encoder:
    """The tokenizer of source.spm or target.spm, and of the vocab.json beside it.

    Raises:
        FaultyTokenizerError: files that are damaged, or a vocabulary without the tokens that every text may need.
        ResourceError: a file that is missing, or no JSON object.
    """
    own = path.name == TARGET and bool(settings.get("separate_vocabs"))
    vocabulary = read_object(path.parent / ("target_vocab.json" if own else "vocab.json"))
    end = str(settings["eos_token"]) if isinstance(settings.get("eos_token"), str) else END
    wrong = [text for text in (UNKNOWN, end) if text not in vocabulary]
    if wrong or not all(type(number) is int and 0 <= number < 2**31 for number in vocabulary.values()):
        raise FaultyTokenizerError(f"vocab.json: expected numbers of tokens, and one of {quoted((wrong or [END])[0])}")
    plain = {**config, "tokenizer_class": AS_IT_IS, "default_class": AS_IT_IS}
    cutter = open_made(_made(path, end, most), path.parent, plain)
    return Encoder(MarianPieces(cutter, vocabulary, end).tokens, (), cutter.truncation_side)


def _made(path: Path, end: str, most: int) -> bytes:
    """The bytes of a tokenizer.json with the pieces; those that no text has are spelled as none."""
    found, hidden = read_pieces(content_of(path, most)), (kinds.UNKNOWN, kinds.CONTROL)
    if found.kind != kinds.UNIGRAM:
        raise FaultyTokenizerError(f"{path.name}: expected unigrams, got a model of kind {found.kind}")
    rows = [(f"\uffff{each.text}\uffff" if each.kind in hidden else each.text, each.score) for each in found.pieces]
    unknown = next((number for number, each in enumerate(found.pieces) if each.kind == kinds.UNKNOWN), 0)
    whole = [each.text for each in found.pieces if each.kind == kinds.USER_DEFINED and each.text]
    added = [*((text, True) for text in (UNKNOWN, end, PADDING)), *((text, False) for text in whole)]
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
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": rows},
    }
    return json.dumps(made, ensure_ascii=False).encode(errors="replace")
