"""A model's own tokens: what its tokenizer.json makes of a sentence, and where each token stands in it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attncli.errors import ResourceError
from attncli.extras import package
from attncli.models.files import existing_file

MAX_TOKENIZER = 2**27  # bytes; the largest vocabularies in use take a quarter
SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class ModelToken:
    """One token of a model.

    `id` and `piece` are the tokenizer's; `text` is as typed, at code points `start` to `end`, without the space in
    front. Several pieces of one character share its place. `special`: the tokenizer added it, and it belongs to no
    `word`; the others say which word of the sentence they are part of, counted from 0.
    """

    index: int
    id: int
    piece: str
    text: str
    start: int
    end: int
    special: bool
    word: int | None


@dataclass(frozen=True)
class ModelSentence:
    """What was typed, and the tokens that the model sees."""

    text: str
    tokens: tuple[ModelToken, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """The token ids `[n]`."""
        return tuple(token.id for token in self.tokens)


class ModelTokenizer:
    """The tokenizer.json of a folder, without the padding and truncation that it may ask for."""

    def __init__(self, folder: Path) -> None:
        """Read it.

        Raises:
            ResourceError: there is none, or it is not one.
        """
        path = _tokenizer_path(folder)
        library = package("tokenizers", "a model")
        try:
            self._tokenizer = library.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing narrower
            reason = (str(error) or "it is damaged").splitlines()[0]
            raise ResourceError(f"cannot read the tokenizer {str(path)!r}: {reason}") from None
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        before = self._tokenizer.pre_tokenizer
        self._splits_words = before is not None and getattr(before, "split", True) is not False

    def read(self, text: str) -> ModelSentence:
        """The tokens of the text, special ones included. A lone surrogate is read as U+FFFD."""
        encoding = self._tokenizer.encode(SURROGATES.sub("\ufffd", text))
        special = [bool(added) for added in encoding.special_tokens_mask]
        spans = [_trimmed(text, *span) for span in encoding.offsets]
        words = list(_words(text, spans, special, encoding.word_ids, self._splits_words))
        rows = zip(encoding.ids, encoding.tokens, spans, special, words, strict=True)
        return ModelSentence(text, tuple(_token(text, i, *row) for i, row in enumerate(rows)))


def _token(text: str, index: int, id: int, piece: str, span: tuple[int, int], special: bool, word: Any) -> ModelToken:
    start, end = (0, 0) if special else span
    return ModelToken(index, id, piece, text[start:end], start, end, special, word)


def _tokenizer_path(folder: Path) -> Path:
    path = folder / "tokenizer.json"
    older = [name for name in ("vocab.txt", "vocab.json", "tokenizer.model") if (folder / name).exists()]
    if not path.exists() and older:
        raise ResourceError(
            f"{str(folder)!r} has {older[0]} and no tokenizer.json, which is what is supported",
            "transformers' AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) writes one",
        )
    if existing_file(path).stat().st_size > MAX_TOKENIZER:
        raise ResourceError(f"{str(path)!r} has more than {MAX_TOKENIZER:,} bytes")
    return path


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without the white space at its ends, which some tokenizers count to the piece; all-space ones stay.

    Others leave an all-space piece with nothing: it gets its space back.
    """
    if start == end and text[start - 1 : start].isspace():
        return start - 1, end
    inner = text[start:end].strip()
    if not inner:
        return start, end
    start += len(text[start:end]) - len(text[start:end].lstrip())
    return start, start + len(inner)


def _words(
    text: str, spans: list[tuple[int, int]], special: list[bool], word_ids: list[int | None], splits: bool
) -> Iterator[int | None]:
    """The number of each token's word, None for special ones.

    A new word starts where the tokenizer `splits` the text into words. Where it takes the whole sentence for one
    (SentencePiece as Llama has it) the text says so: at white space, and between letters or digits and anything else.
    """
    number, last_word, last_end = -1, object(), 0
    for span, added, word in zip(spans, special, word_ids, strict=True):
        if added:
            yield None
            continue
        number += number < 0 or word != last_word or (not splits and _starts_word(text, span, last_end))
        last_word, last_end = word, max(last_end, span[1])
        yield number


def _starts_word(text: str, span: tuple[int, int], last_end: int) -> bool:
    """Whether the text at the span stands apart from the character before it; the pieces before it end at last_end.

    A space that is a piece of its own belongs to the word behind it.
    """
    start = span[0]
    if start < last_end or not 0 < start < len(text):  # a further piece of the same character
        return False
    before, here = text[start - 1], text[start]
    if before.isspace():
        return start > last_end
    return here.isspace() or _in_words(here) != _in_words(before)


def _in_words(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")  # letters carry marks
