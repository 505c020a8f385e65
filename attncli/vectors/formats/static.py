"""Folders of static vectors as Model2Vec and sentence-transformers save them: a row a token of their tokenizer.

The vector of token i is embeddings[mapping[i]] · weights[i], where there is a mapping or weights, as
StaticModel._encode_helper of model2vec has it: its encode averages these, before any normalisation of the mean.
"""

import json
import os
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from attncli.errors import ResourceError
from attncli.files.folders import kind_of_folder
from attncli.files.json_files import existing_file
from attncli.files.safetensors_file import NUMBERS, SafetensorsFile
from attncli.vectors.formats.content import SUPPORTED, Content, refused
from attncli.vectors.formats.recognise import Recognised
from attncli.vectors.store.layout import MAX_TOKENIZER
from attncli.vectors.store.writing import StoreWriter

TENSORS = ("embeddings", "embedding.weight")  # as model2vec and as sentence-transformers call the matrix
#: Where the arrays of static vectors lie; their tokenizer.json is beside them.
PLACES = ("model.safetensors", os.path.join("0_StaticEmbedding", "model.safetensors"))
LICENCE = re.compile(r"^license:[ \t]*['\"]?([\w.+-]{1,60})", re.MULTILINE | re.ASCII)
ROWS = 4096  # at once
ROOM, A_TOKEN = 2**21, 256  # bytes of a tokenizer.json: beside the tokens, and for each of them
MARKS = ("▁", "Ġ")  # begin a piece that begins a word, in SentencePiece's vocabularies and in those of bytes
#: The character that GPT-2's vocabulary has for a byte → the byte: printable ones are themselves.
_PRINTABLE = [*range(33, 127), *range(161, 173), *range(174, 256)]
_OTHERS = [byte for byte in range(256) if byte not in _PRINTABLE]
BYTES = {chr(byte): byte for byte in _PRINTABLE} | {chr(256 + place): byte for place, byte in enumerate(_OTHERS)}


def in_folder(path: str) -> str:
    """The file of the static vectors in the folder.

    Raises:
        ResourceError: it has none; the message names its kind.
    """
    for place in PLACES:
        file = os.path.join(path, place)
        if os.path.lexists(file) and any(name in SafetensorsFile(Path(file)).arrays for name in TENSORS):
            return file
    if os.path.lexists(os.path.join(path, "config.json")) or os.path.lexists(os.path.join(path, "modules.json")):
        raise refused(path, "is the folder of a model, and no word vectors", f"--model {shlex.quote(path)}")
    raise _refusal(path)


def licence_of(file: str) -> str | None:
    """The licence that the README.md of a folder of vectors names in its first lines, as Hugging Face has them."""
    for folder in (Path(file).parent, Path(file).parent.parent):
        with suppress(OSError, ValueError):
            if os.path.isfile(folder / "README.md"):
                with (folder / "README.md").open("rb") as card:
                    head = card.read(2**14).decode("utf-8", "replace")
                found = LICENCE.search(head.split("---", 2)[1]) if head.startswith("---") else None
                return found[1] if found else None
    return None


def _refusal(path: str) -> ResourceError:
    found = kind_of_folder(path)
    if found is None:
        return refused(path, "is a folder, and not a store of word vectors")
    kind, file = found
    of_use = kind.key in ("spacy", "gensim", "fasttext")
    return refused(path, f"is a folder that holds {kind.name}", kind.hint(path, file) if of_use else SUPPORTED)


class Static:
    """The vectors of the tokens, as words: `▁dog` and `Ġdog` are `dog`, and a piece inside of words is `##dog`."""

    def __init__(self, found: Recognised, content: Content) -> None:
        """Read the header and hold the arrays against each other. ResourceError where they do not fit."""
        self._path = found.path
        self._file = SafetensorsFile(Path(found.path))
        self._matrix = next((name for name in TENSORS if name in self._file.arrays), "")
        if not self._matrix:
            raise refused(found.path, f"has no array {TENSORS[0]!r}, which holds static vectors")
        shape = self._file.arrays[self._matrix].shape
        if len(shape) != 2 or not all(shape):
            raise refused(found.path, f"has an array {self._matrix!r} of shape {list(shape)}; needed is [tokens, d]")
        self._rows, self.dimensions = shape
        self._mapping, self._weights = self._line("mapping"), self._line("weights")
        self._check(found.path)

    def fill(self, new: StoreWriter, report: Callable[[], None]) -> None:
        """Add the tokens by their ids. ResourceError where the tokenizer has another number of them."""
        words, tokenizer, unknown = read_tokens(Path(self._path).with_name("tokenizer.json"), self._tokens)
        if new.limit is None or new.limit >= self._tokens:  # else tokens would be missing
            new.add_pieces(tokenizer, unknown)
        for start in range(0, self._tokens, ROWS):
            ids = np.arange(start, min(start + ROWS, self._tokens))  # [m]
            new.add(words[start : start + ROWS], self._vectors(ids))
            report()

    @property
    def _tokens(self) -> int:
        return self._rows if self._mapping is None else len(self._mapping)

    def _vectors(self, ids: np.ndarray) -> np.ndarray:
        """The vectors `[m, d]` of the tokens `[m]`, float32."""
        rows = ids if self._mapping is None else self._mapping[ids]
        vectors = self._numbers(self._matrix, rows)  # [m, d]
        with np.errstate(over="ignore", invalid="ignore"):  # a number that is not finite is refused by the store
            return vectors if self._weights is None else vectors * self._weights[ids, None].astype(np.float32)

    def _line(self, name: str) -> np.ndarray | None:
        """The array `name` `[n]`, None if there is none."""
        if name not in self._file.arrays:
            return None
        if len(self._file.arrays[name].shape) != 1:
            raise refused(self._path, f"has an array {name!r} of shape {list(self._file.arrays[name].shape)}")
        return self._numbers(name)

    def _numbers(self, name: str, rows: np.ndarray | None = None) -> np.ndarray:
        """The array, or its rows: whole numbers as they are, others in float32."""
        dtype = self._file.arrays[name].dtype
        if dtype == "BF16":
            return self._file.widened(name, rows)
        numbers = self._file.raw(name, rows, NUMBERS)
        with np.errstate(over="ignore"):
            return numbers if name == "mapping" else numbers.astype(np.float32)

    def _check(self, path: str) -> None:
        if self._mapping is not None:
            whole = self._mapping.dtype.kind == "i" and len(self._mapping)
            if not whole or self._mapping.min() < 0 or self._mapping.max() >= self._rows:
                raise refused(path, f"has a mapping that is no list of rows among {self._rows:,}")
        if self._weights is not None and len(self._weights) != self._tokens:
            raise refused(path, f"has {len(self._weights):,} weights for {self._tokens:,} tokens")


class Tokens(NamedTuple):
    """The word of each token, by its id, all of them different; the tokenizer.json itself, and its unknown token."""

    words: list[str]
    tokenizer: bytes
    unknown: int | None


def read_tokens(path: Path, tokens: int) -> Tokens:
    """The tokens of a tokenizer.json, which is not run.

    Raises:
        ResourceError: no tokenizer.json, or one that has not `tokens` tokens.
    """
    most = min(MAX_TOKENIZER, ROOM + A_TOKEN * tokens)
    with existing_file(path).open("rb") as file:
        data = file.read(most + 1)
    try:
        if len(data) > most:
            raise ValueError(f"it has more than {most:,} bytes for {tokens:,} tokens")
        parsed = json.loads(data)
        pieces, unknown = _pieces(parsed, tokens), _unknown(parsed)
        steps = json.dumps([parsed.get(part) for part in ("pre_tokenizer", "decoder", "normalizer")])
        pieces = [_text_of(each) for each in pieces] if '"ByteLevel"' in steps else pieces
        marked = any(kind in steps for kind in ('"ByteLevel"', '"Metaspace"', "▁", "\\u2581"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, IndexError) as error:
        raise refused(str(path), f"is no tokenizer of these vectors: {str(error)[:200] or 'it is damaged'}") from None
    return Tokens(list(_words(pieces, marked or parsed["model"].get("type") == "Unigram")), data, unknown)


def _pieces(parsed: Any, tokens: int) -> list[str]:
    """The token of each id; an id that no token has is named by its number."""
    vocab = parsed["model"]["vocab"]
    pairs = list(vocab.items()) if isinstance(vocab, dict) else [(each[0], id) for id, each in enumerate(vocab)]
    pairs += [(added["content"], added["id"]) for added in parsed.get("added_tokens") or ()]
    if not all(type(id) is int and 0 <= id < tokens and isinstance(piece, str) for piece, id in pairs):
        raise ValueError(f"it has tokens beyond the {tokens:,} vectors")
    by_id = {id: piece for piece, id in pairs}
    if len(by_id) < tokens / 2:
        raise ValueError(f"it has {len(by_id):,} tokens, and there are {tokens:,} vectors")
    return [by_id.get(id, f"[{id}]") for id in range(tokens)]


def _unknown(parsed: Any) -> int | None:
    """The id of the token for text that the tokenizer does not know, as _get_unk_token_id of model2vec has it."""
    model = parsed["model"]
    if model.get("unk_token") is None:
        return int(model["unk_id"]) if type(model.get("unk_id")) is int and model["unk_id"] >= 0 else None
    added = {each["content"]: each["id"] for each in parsed.get("added_tokens") or ()}
    vocab = model["vocab"] if isinstance(model["vocab"], dict) else {}
    return added.get(model["unk_token"], vocab.get(model["unk_token"]))


def _text_of(piece: str) -> str:
    """A piece of a vocabulary of bytes as text, its mark left as it is; one that is no whole text unchanged.

    Source: the table of GPT-2's encoder, in which every byte has a character.
    """
    mark, rest = (piece[:1], piece[1:]) if piece[:1] in MARKS else ("", piece)
    try:
        return mark + bytes(BYTES[letter] for letter in rest).decode()
    except (KeyError, UnicodeDecodeError):
        return piece


def _words(pieces: list[str], marked: bool) -> Iterator[str]:
    """Pieces as words: without the mark of a word's beginning. The same piece without it goes inside of words."""
    whole = {piece[1:] for piece in pieces if marked and piece[:1] in MARKS and len(piece) > 1}
    taken: set[str] = set()
    for id, piece in enumerate(pieces):
        word = piece[1:] if marked and piece[:1] in MARKS and len(piece) > 1 else piece
        if word is piece and piece in whole:
            word = f"##{piece}"
        word = word.replace("\0", "\\0")
        while word in taken or not word:  # a store has a row of each word, and a row must stay its token's
            word = f"{word}[{id}]"
        taken.add(word)
        yield word
