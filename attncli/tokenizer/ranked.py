"""Tokenizers of files that rank pairs of bytes: tiktoken's lines, and Mistral's tekken.json.

As transformers 5 makes its TokenizersBackend of them: a piece's number is its rank, and the merges are its ways to be
two others.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from attncli.errors import quoted
from attncli.files.json_files import MAX_JSON
from attncli.tokenizer.byte_spelling import spelled_bytes
from attncli.tokenizer.encoding import Made
from attncli.tokenizer.form import LLAMA3, MOST_ADDED, FaultyTokenizerError
from attncli.tokenizer.made import made_with
from attncli.tokenizer.merges import merges_by_rank
from attncli.tokenizer.pieces import FLAGS
from attncli.tokenizer.settings import AddedToken, Settings, extra_tokens

LINE = re.compile(rb"[A-Za-z0-9+/=]+ +\d+\s")
#: An object of JSON without others in it.
FLAT = re.compile(rb'\{(?>[^{}"]+|"(?>[^"\\]+|\\.)*")*+\}')
TOKEN = re.compile(rb'"token_bytes"\s*:\s*"([A-Za-z0-9+/=]*)"')


def is_ranked(data: bytes) -> bool:
    """Whether these are tiktoken's lines: a piece in base64, and its rank."""
    return LINE.match(data) is not None


def tiktoken(data: bytes, settings: Settings, named: Mapping[int, AddedToken]) -> Made:
    """The file of tiktoken's lines; named: tokens beside them, by number.

    Raises:
        FaultyTokenizerError: a line of another form, or more tokens beside than are read.
    """
    ranks = {}
    for line in filter(None, data.splitlines()):
        piece, _, rank = line.partition(b" ")
        if not re.fullmatch(rb" *\d{1,9} *", rank):
            raise FaultyTokenizerError(f"expected a piece in base64 and its rank, got {quoted(line)}")
        ranks[_decoded(piece)] = int(rank)
    texts = [token.content for token in extra_tokens(settings)]
    last = max(named, default=0)
    if last - len(ranks) > MOST_ADDED:
        raise FaultyTokenizerError(f"it has {len(ranks):,} pieces, and an added token has the number {last:,}")
    between = range(len(ranks), last + 1)
    beside = [named[n].content if n in named else f"<|reserved_token_{n}|>" for n in between]
    return _made(ranks, list(dict.fromkeys([*beside, *texts])), len(ranks), LLAMA3, settings)


def tekken(data: bytes, settings: Settings) -> Made:
    """The file of a tekken.json, whose special tokens come first.

    Raises:
        FaultyTokenizerError: it is no JSON of that form, or lists no special tokens.
    """
    pieces: list[bytes] = []

    def taken(found: re.Match[bytes]) -> bytes:
        if (token := TOKEN.search(found[0])) is None:
            return found[0]
        pieces.append(token[1])
        return b"0"

    rest = FLAT.sub(taken, data)
    special, count, pattern = _described(_parsed(rest), len(pieces))
    ranks = {_decoded(piece): rank for rank, piece in enumerate(pieces[:count])}
    shifted = {piece: rank + len(special) for piece, rank in ranks.items()}
    return _made(shifted, special, 0, pattern, settings)


def _parsed(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data) if len(data) <= MAX_JSON else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("config"), dict):
        raise FaultyTokenizerError("tekken.json: expected a JSON object with config, vocab and special_tokens")
    return found


def _described(found: Mapping[str, Any], pieces: int) -> tuple[list[str], int, str]:
    """The special tokens, the number of pieces that count, and the rule by which texts are cut."""
    config, listed = found["config"], found.get("special_tokens")
    if not isinstance(listed, list) or not isinstance(config.get("pattern"), str):
        raise FaultyTokenizerError("tekken.json: expected special_tokens and a pattern, as its version 3 has them")
    entries = [each for each in listed if isinstance(each, dict) and type(each.get("rank")) is int]
    ranked = {each["rank"]: each.get("token_str") for each in entries}
    texts = [ranked.get(rank) for rank in range(len(listed))]
    if not all(isinstance(text, str) for text in texts):
        raise FaultyTokenizerError("tekken.json: expected special tokens of the ranks from 0 on")
    count, size = (_size(config, name) for name in ("default_num_special_tokens", "default_vocab_size"))
    count = len(texts) if count is None else count
    special = [*map(str, texts), *(f"<SPECIAL_{number}>" for number in range(len(texts), count))]
    return special, pieces if size is None else max(size - count, 0), config["pattern"]


def _size(config: Mapping[str, Any], name: str) -> int | None:
    found = config.get(name)
    if found is not None and (type(found) is not int or not 0 <= found < 2**31):
        raise FaultyTokenizerError(f"tekken.json: {name}: expected a number from 0 up, got {quoted(found)}")
    if name == "default_num_special_tokens" and (found or 0) > MOST_ADDED:
        raise FaultyTokenizerError(f"tekken.json: {name}: {found:,}; up to {MOST_ADDED:,} are read")
    return found


def _decoded(piece: bytes) -> bytes:
    try:
        return base64.b64decode(piece, validate=True)
    except binascii.Error:
        raise FaultyTokenizerError(f"expected a piece in base64, got {quoted(piece)}") from None


def _made(ranks: Mapping[bytes, int], special: list[str], first: int, pattern: str, settings: Settings) -> Made:
    """The file of pieces by rank, with the special tokens numbered from `first` on."""
    pairs = merges_by_rank(ranks)
    vocabulary = {spelled_bytes(piece): rank for piece, rank in ranks.items()}
    merges = [(spelled_bytes(left), spelled_bytes(right)) for left, right in pairs]
    added = {text: first + number for number, text in enumerate(special) if text}
    cuts = [
        {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
    ]
    model = {"type": "BPE", "vocab": {**vocabulary, **(added if first == 0 else {})}, "merges": merges}
    tokens = [{"id": number, "content": text, **FLAGS, "special": True} for text, number in added.items()]
    parts = {"model": {**model, "ignore_merges": True}, "added_tokens": tokens}
    return made_with({**parts, "pre_tokenizer": {"type": "Sequence", "pretokenizers": cuts}}, "", settings)
