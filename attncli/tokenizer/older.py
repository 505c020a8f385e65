"""The files of tokenizers from before tokenizer.json, made one: words, pairs, or SentencePiece's pieces.

As transformers 5 does it, which keeps of them the vocabulary, and builds the steps around it by the tokenizer's class.
"""

import base64
import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attncli.errors import quoted
from attncli.files.json_files import existing_file, read_object
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.tokenizer.language_codes import MBART, MBART50
from attncli.tokenizer.merges import merges_by_place
from attncli.tokenizer.sentencepiece_model import BYTE_PAIRS, CONTROL, UNKNOWN, USER_DEFINED, PieceModel, read_pieces
from attncli.tokenizer.settings import Settings, text_of

Part = dict[str, Any]
#: Tokenizer classes → the tokens that begin and end a text where the settings name none.
ENDS = {
    "GemmaTokenizer": {"bos": "<bos>", "eos": "<eos>"},
    "GPT2Tokenizer": {"bos": "<|endoftext|>", "eos": "<|endoftext|>"},
}
OTHER_ENDS = {"bos": "<s>", "eos": "</s>"}
#: SentencePiece's files, by the names that classes of transformers give them.
PIECE_FILES = ("sentencepiece.bpe.model", "spiece.model", "tokenizer.model", "spm.model")
SPACE = "▁"
FLAGS = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}


def older_file(folder: Path) -> Path | None:
    """The first of the files that a tokenizer can be made of; None where the folder has none."""
    pairs = ["vocab.json"] if (folder / "merges.txt").exists() else []
    names = ("vocab.txt", *pairs, *PIECE_FILES, *(["source.spm"] if (folder / "vocab.json").exists() else []))
    return next((folder / name for name in names if (folder / name).exists()), None)


def made_of(path: Path, name: str, settings: Settings, most: int) -> bytes:
    """The bytes of a tokenizer.json with what a file has.

    name: the tokenizer's class; settings: of tokenizer_config.json; most: the bytes that the files may have.

    Raises:
        FaultyTokenizerError: the file is no vocabulary.
        ResourceError: it is no regular file, or no JSON object.
    """
    makers: Mapping[str, Callable[[Path, int], Part]] = {".txt": _words, ".json": _pairs}
    made = makers[path.suffix](path, most) if path.suffix in makers else _pieces(path, name, most)
    made |= _around(name, settings, made["model"]["vocab"])
    return json.dumps({"version": "1.0", "added_tokens": [], **made}, ensure_ascii=False).encode(errors="replace")


def content_of(path: Path, most: int) -> bytes:
    """The bytes of a file; FaultyTokenizerError where it has more than `most`."""
    if not os.path.isfile(path):
        existing_file(path)  # says why
    with path.open("rb") as file:
        data = file.read(most + 1)
    if data.startswith((b"version https://git-lfs", b"<!", b"<html")):
        existing_file(path)
    if len(data) > most:
        raise FaultyTokenizerError(f"{path.name} has more than {most:,} bytes, which is too much for its model")
    return data


def _lines(path: Path, most: int) -> list[str]:
    lines = content_of(path, most).decode(errors="replace").replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def _words(path: Path, most: int) -> Part:
    """WordPiece's vocabulary, a piece a line (Wu et al. 2016)."""
    vocabulary = {piece: number for number, piece in enumerate(_lines(path, most))}
    if not vocabulary:
        raise FaultyTokenizerError(f"{path.name} is empty")
    model = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "vocab": vocabulary}
    return {"model": {**model, "max_input_chars_per_word": 100}}


def _pairs(path: Path, most: int) -> Part:
    """Pairs of bytes: a vocabulary in JSON, and merges, one a line."""
    vocabulary = read_object(path)
    if not all(type(number) is int and 0 <= number < 2**31 for number in vocabulary.values()):
        raise FaultyTokenizerError("vocab.json: expected an object of numbers")
    lines = (line for line in _lines(path.parent / "merges.txt", most) if line and not line.startswith("#version"))
    merges = [line.split(" ") for line in lines]
    if wrong := next((merge for merge in merges if len(merge) != 2), None):
        raise FaultyTokenizerError(f"merges.txt: expected two pieces a line, got {quoted(' '.join(wrong))}")
    cut = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {"model": {"type": "BPE", "vocab": vocabulary, "merges": merges}, "pre_tokenizer": cut}


def _pieces(path: Path, name: str, most: int) -> Part:
    """SentencePiece's model: merges in the order of the pieces, or unigrams in the order that the class has them."""
    found = read_pieces(content_of(path, most))
    texts = [piece.text for piece in found.pieces]
    if found.kind == BYTE_PAIRS:
        ordered = list(dict.fromkeys([*FIRST, *texts])) if name == "NllbTokenizer" else texts
        vocabulary = {text: number for number, text in enumerate(ordered)}
        how = {"fuse_unk": True, "byte_fallback": True}
        model = {"type": "BPE", "vocab": vocabulary, "merges": merges_by_place(texts), **how}
        return {"model": model, **_added(found, ordered), "normalizer": table_of(found)}
    listed = [(piece.text, piece.score) for piece in found.pieces]
    before, skipped, after = ORDERS.get(name, ([], 0, []))
    rows = [*((text, _score(text)) for text in before), *listed[skipped:], *((text, 0.0) for text in after)]
    unknown = next((number for number, (text, _) in enumerate(rows) if text == "<unk>"), 0)
    model = {"type": "Unigram", "unk_id": unknown, "vocab": rows}
    return {"model": model, **_added(found, [text for text, _ in rows]), **_steps(found)}


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
    """The table of characters as a normalizer; None where the file has none."""
    table = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(found.charsmap).decode()}
    return table if found.charsmap else None


def _around(name: str, settings: Settings, vocabulary: Any) -> Part:
    """The tokens put in front of every text and behind it: those that the settings ask for; in T5 its end."""
    known = [row[0] for row in vocabulary] if isinstance(vocabulary, list) else list(vocabulary)
    texts = {
        role: text_of(settings.get(f"{role}_token"), default) for role, default in ENDS.get(name, OTHER_ENDS).items()
    }
    wanted = {"bos": settings.get("add_bos_token"), "eos": settings.get("add_eos_token") or name == "T5Tokenizer"}
    numbers = {texts[role]: known.index(texts[role]) for role in wanted if wanted[role] and texts[role] in known}
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


def _added(found: PieceModel, texts: list[str]) -> Part:
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
