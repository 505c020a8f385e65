"""The files of tokenizers from before tokenizer.json, made one: words, pairs, SentencePiece's pieces, ranked bytes.

As transformers 5 does it, which keeps of them the vocabulary, and builds the steps around it by the tokenizer's class.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from attncli.errors import quoted
from attncli.files.json_files import existing_file, read_object
from attncli.tokenizer.encoding import Made
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.tokenizer.made import Part, made_with
from attncli.tokenizer.own_steps import own_steps
from attncli.tokenizer.pieces import pieces_of
from attncli.tokenizer.ranked import is_ranked, tekken, tiktoken
from attncli.tokenizer.sentencepiece_model import PieceModel, read_pieces
from attncli.tokenizer.settings import AS_IT_IS, Settings, added_tokens

#: SentencePiece's files, by the names that classes of transformers give them.
PIECE_FILES = ("sentencepiece.bpe.model", "spiece.model", "tokenizer.model", "spm.model")
RANKED_FILES = ("tekken.json", "tiktoken.model")


def older_file(folder: Path) -> Path | None:
    """The first of the files that a tokenizer can be made of; None where the folder has none."""
    pairs = ["vocab.json"] if (folder / "merges.txt").exists() else []
    names = (
        "vocab.txt",
        *pairs,
        *PIECE_FILES,
        *RANKED_FILES,
        *(["source.spm"] if (folder / "vocab.json").exists() else []),
    )
    return next((folder / name for name in names if (folder / name).exists()), None)


def made_of(path: Path, name: str, settings: Settings, most: int) -> Made:
    """A tokenizer.json with what a file has.

    name: the tokenizer's class; settings: of tokenizer_config.json; most: the bytes that the files may have.

    Raises:
        FaultyTokenizerError: the file is no vocabulary.
        ResourceError: it is no regular file, or no JSON object.
    """
    makers: Mapping[str, Callable[[Path, int], Part]] = {".txt": _words, "vocab.json": _pairs}
    if make := makers.get(path.suffix) or makers.get(path.name):
        return made_with(make(path, most), name, settings)
    data = content_of(path, most)
    return _ranked(path, data, settings) or _of_pieces(path, read_pieces(data), name, settings)


def _ranked(path: Path, data: bytes, settings: Settings) -> Made | None:
    """The file of byte pairs by rank; None where it is none."""
    if path.name == "tekken.json":
        return tekken(data, settings)
    if path.name == "tiktoken.model" or is_ranked(data):
        return tiktoken(data, settings, added_tokens(settings, path.parent, {}))
    return None


def _of_pieces(path: Path, found: PieceModel, name: str, settings: Settings) -> Made:
    if name == AS_IT_IS:
        return own_steps(found, settings, added_tokens(settings, path.parent, {}))
    return made_with(pieces_of(found, name), name, settings)


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
