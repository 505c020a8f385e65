"""The tokens of Blenderbot Small (Roller et al. 2021): byte pairs of lowered words, @@ behind all but the last of each.

As the class of transformers cuts them: a sign begins a word, an apostrophe is one, and a line that ends behind a word
is the word __newln__.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from attncli.files.json_files import read_object
from attncli.tokenizer.encoded import Encoded, Encoder
from attncli.tokenizer.encoding import Made, open_made
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.tokenizer.older import content_of
from attncli.tokenizer.pieces import FLAGS
from attncli.tokenizer.settings import AS_IT_IS, Settings, extra_tokens, text_of

ROLES = {"bos_token": "__start__", "eos_token": "__end__", "unk_token": "__unk__", "pad_token": "__null__"}
END, MORE, NOWHERE = "</w>", "@@", "\uffff"  # behind a word's last piece; behind the others; the piece of no symbol
LINE = r"(?<=[^\s'])\n"
SIGNS = "[.,!?()]"
#: Expressions of its steps, which take linear time.
EXPRESSIONS = (LINE, SIGNS)


class Lowered(NamedTuple):
    """From a text, or from two, to its tokens: `symbols` cuts it, the vocabulary numbers the pieces."""

    symbols: Encoder
    vocabulary: Mapping[str, int]
    special: frozenset[str]
    unknown: str

    def encode(self, text: str, pair: str | None = None) -> Encoded:
        """The tokens, none put around them."""
        parts = [self._coded(number, each) for number, each in enumerate((text, pair)) if each is not None]
        return Encoded._make(list(chain(*columns)) for columns in zip(*parts, strict=True))

    def _coded(self, number: int, text: str) -> Encoded:
        found = self.symbols.encode(text)
        pieces = [piece if piece in self.vocabulary else self.unknown for piece in map(self._piece, found.pieces)]
        ids, n = [self.vocabulary[piece] for piece in pieces], len(pieces)
        return found._replace(ids=ids, pieces=pieces, special=[0] * n, segments=[0] * n, texts=[number] * n)

    def _piece(self, symbol: str) -> str:
        if symbol in self.special:
            return symbol
        return symbol.removesuffix(END) if symbol.endswith(END) else symbol + MORE


def blenderbot_small_encoder(path: Path, settings: Settings, config: Mapping[str, Any], most: int) -> Encoder:
    """The tokenizer of a vocab.json, and of the merges.txt beside it.

    Raises:
        FaultyTokenizerError: files that are damaged, or a vocabulary without the token of unknown pieces.
        ResourceError: a file that is missing, or no JSON object.
    """
    vocabulary, roles = read_object(path), {role: text_of(settings.get(role), ROLES[role]) for role in ROLES}
    if not all(type(number) is int and 0 <= number < 2**31 for number in vocabulary.values()):
        raise FaultyTokenizerError(f"{path.name}: expected an object of numbers")
    if roles["unk_token"] not in vocabulary:
        raise FaultyTokenizerError(f"{path.name} has no piece {roles['unk_token']!r}, that of unknown ones")
    special = dict.fromkeys((*roles.values(), *(token.content for token in extra_tokens(settings))))
    numbered = {text: number for number, text in enumerate(filter(lambda text: text not in vocabulary, special))}
    numbers = {**{text: len(vocabulary) + number for text, number in numbered.items()}, **vocabulary}
    merges = [*_merges(content_of(path.parent / "merges.txt", most).decode(errors="replace"))]
    plain = {**config, "tokenizer_class": AS_IT_IS, "default_class": AS_IT_IS}
    made = Made(_made(merges, vocabulary, list(special)), settings, EXPRESSIONS)
    cutter = open_made(made, path.parent, plain)
    lowered = Lowered(cutter, numbers, frozenset(special), roles["unk_token"])
    pieces = {number: piece for piece, number in numbers.items()}
    return Encoder(lowered.encode, pieces.get, truncation_side=cutter.truncation_side)


def _merges(text: str) -> Iterator[tuple[str, str]]:
    """The pairs of symbols in the order in which they are joined; the first line says the version."""
    for line in text.split("\n")[1:]:
        if len(pair := line.split()) == 2:
            yield pair[0], pair[1]


def _made(merges: list[tuple[str, str]], vocabulary: Mapping[str, int], special: list[str]) -> bytes:
    """The bytes of a tokenizer.json that gives symbols, of which the vocabulary numbers the pieces."""
    symbols = dict.fromkeys([NOWHERE, *special])
    for piece in vocabulary:
        letter = piece.removesuffix(MORE)
        if len(letter) == 1:
            symbols[letter if piece.endswith(MORE) else letter + END] = None
    for first, second in merges:
        symbols |= dict.fromkeys((first, second, first + second))
    numbers = {symbol: number for number, symbol in enumerate(symbols)}
    model = {"type": "BPE", "vocab": numbers, "merges": merges, "unk_token": NOWHERE, "end_of_word_suffix": END}
    cuts = [
        {"type": "WhitespaceSplit"},
        {"type": "Split", "pattern": {"Regex": SIGNS}, "behavior": "MergedWithNext", "invert": False},
        {"type": "Split", "pattern": {"String": "'"}, "behavior": "Isolated", "invert": False},
    ]
    line = {"type": "Replace", "pattern": {"Regex": LINE}, "content": " __newln__ "}
    made = {
        "version": "1.0",
        "added_tokens": [{"id": numbers[text], "content": text, **FLAGS, "special": True} for text in special],
        "normalizer": {"type": "Sequence", "normalizers": [line, {"type": "Lowercase"}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": cuts},
        "model": model,
    }
    return json.dumps(made, ensure_ascii=False).encode(errors="replace")
