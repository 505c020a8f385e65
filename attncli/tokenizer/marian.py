"""The tokens of Marian's models (Junczys-Dowmunt et al. 2018): SentencePiece's pieces with the numbers of vocab.json.

The files of the source and of the target cut texts; one vocabulary numbers the pieces of both, or one each.
"""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from attncli.tokenizer.encoded import Encoded, Encoder, Mark, around
from attncli.tokenizer.numbered import END, PADDING, UNKNOWN, Numbered, cutter_of, read_vocabulary
from attncli.tokenizer.settings import Settings, text_of

TARGET = "target.spm"


def marian_encoder(path: Path, settings: Settings, config: Mapping[str, Any], most: int) -> Encoder:
    """The tokenizer of source.spm or target.spm, and of the vocab.json beside it.

    Raises:
        FaultyTokenizerError: files that are damaged, or a vocabulary without the tokens that every text may need.
        ResourceError: a file that is missing, or no JSON object.
    """
    own = path.name == TARGET and bool(settings.get("separate_vocabs"))
    end = text_of(settings.get("eos_token"), END)
    vocabulary = read_vocabulary(path.parent / ("target_vocab.json" if own else "vocab.json"), end)
    numbered = Numbered(cutter_of(path, [UNKNOWN, end, PADDING], config, most), vocabulary)
    last = Mark(vocabulary[end], end)
    side = numbered.pieces.truncation_side

    def encode(text: str, pair: str | None = None) -> Encoded:
        texts = [text] if pair is None else [text, pair]
        parts = [_coded(numbered, number, each) for number, each in enumerate(texts)]
        return around(Encoded._make(list(chain(*columns)) for columns in zip(*parts, strict=True)), [], [last])

    return Encoder(encode, numbered.spelled().get, truncation_side=side)


def _coded(numbered: Numbered, number: int, text: str) -> Encoded:
    """The tokens of a text, the first or second one, and of the language that it begins with, such as >>fr<<."""
    code = text[: text.find("<<") + 2] if text.startswith(">>") and "<<" in text else ""
    found, n = numbered.bare(text[len(code) :]), len(code)
    found = found._replace(texts=[number] * len(found.ids))
    if not code:
        return found
    return Encoded(
        [numbered.vocabulary.get(code, numbered.vocabulary[UNKNOWN]), *found.ids],
        [code, *found.pieces],
        [0, *found.special],
        [(0, n), *((start + n, end + n) for start, end in found.spans)],
        [0, *(word if word is None else word + 1 for word in found.words)],
        [0, *found.segments],
        [number, *found.texts],
    )
