"""A model's own tokens: those that its tokenizer.json makes of a sentence, and the place of each in it."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

from attncli.errors import ResourceError
from attncli.files.json_files import existing_file
from attncli.models.checkpoint.token_places import trimmed, words_of
from attncli.models.checkpoint.token_text import OF_BYTES, SPACE, SPACED
from attncli.text.tokens import SURROGATES
from attncli.tokenizer.encoded import Encoded, Encoder, Encoding, Mark, with_front, without_front
from attncli.tokenizer.encoding import open_encoder, open_made
from attncli.tokenizer.form import FaultyTokenizerError, largest
from attncli.tokenizer.settings import AS_IT_IS, class_of, read_settings

MAX_TOKENIZER = 2**27  # bytes; the largest vocabularies in use take a quarter
MOST_ROWS = 2**20  # tokens, for a model of unknown vocabulary
MOST_SHOWN = 60  # characters of a text in an error
SAME_FOLDER = "config.json, tokenizer.json and the weights must be of the same model"
#: Files that are a part of a tokenizer alone.
OTHER_FILES = ("source.spm", "vocab.json", "bpe.codes", "merges.txt")
SOURCE, TARGET = "source.spm", "target.spm"
NUMBERED = {
    **{"MarianTokenizer": SOURCE, "M2M100Tokenizer": "sentencepiece.bpe.model"},
    "BlenderbotSmallTokenizer": "vocab.json",
}


@dataclass(frozen=True)
class ModelToken:
    """One token of a model.

    `id` and `piece` are the tokenizer's; `text` is as typed, at code points `start` to `end`, without the space in
    front. Several pieces of one character share its place. `special`: the tokenizer added it, and it belongs to no
    `word`; the others have the number of their word in the sentence, counted from 0. segment: of two texts 0 is the
    first and 1 the second, to which the special tokens behind it belong too. generated: the model said it.
    """

    index: int
    id: int
    piece: str
    text: str
    start: int
    end: int
    special: bool
    word: int | None
    segment: int = 0
    generated: bool = False


@dataclass(frozen=True)
class ModelSentence:
    """The text as typed, and the tokens that the model sees; of two texts both, with a line break between them.

    pair: the second text; segments `[n]`: those that the model is given, None where all are 0. added, left_out: the
    pieces that were put in front of the text, or left out there, as they were asked for. separators: the places of
    tokens that stand between two texts, and were typed in one.
    """

    text: str
    tokens: tuple[ModelToken, ...]
    pair: str | None = None
    segments: tuple[int, ...] | None = None
    added: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    separators: tuple[int, ...] = ()

    @property
    def ids(self) -> tuple[int, ...]:
        """The token ids `[n]`."""
        return tuple(token.id for token in self.tokens)


class ModelTokenizer:
    """The tokenizer of a folder as transformers reads it, without the padding and truncation that it may ask for."""

    _target: "ModelTokenizer | None" = None

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, Any] | None = None,
        rows: int = MOST_ROWS,
        default_class: str | None = None,
    ) -> None:
        """Read it.

        config: config.json; rows: how many tokens the model knows; default_class: the tokenizer class of transformers
        for a folder that names none.

        Raises:
            ResourceError: the folder has no tokenizer.json, or a damaged one.
        """
        known = {**(config or {}), "default_class": default_class}
        path = _tokenizer_path(folder, known)
        self._use(path, _opened(path, known, rows))
        if path.name == SOURCE:
            self._target = self._of_targets(folder / TARGET, _opened(folder / TARGET, known, rows))
        elif of_targets := self._encoder.of_targets:
            self._target = self._of_targets(path, of_targets)

    def _use(self, path: Path, encoder: Encoder, setting: str = "source_lang") -> None:
        self._path, self._encoder, self._setting = path, encoder, setting
        self.warnings, self.truncation_side = encoder.warnings, encoder.truncation_side
        self._follows = encoder.marks is not None and encoder.marks.target is None

    def _of_targets(self, path: Path, encoder: Encoder) -> "ModelTokenizer":
        made = ModelTokenizer.__new__(ModelTokenizer)
        made._use(path, encoder, "target_lang")
        return made

    @property
    def target(self) -> "ModelTokenizer":
        """The tokenizer of the targets of an encoder–decoder.

        It has other pieces in Marian's models, another language where texts are marked with one; elsewhere it is the
        same.
        """
        if self._target is None:
            self._target = self._of_targets(self._path, self._encoder)
        return self._target

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the languages that texts can be marked with; none in most models."""
        return tuple(self._encoder.marks.codes) if self._encoder.marks else ()

    @property
    def mask(self) -> Mark | None:
        """The token in the place of a word that is to be found, as it is typed; None of models without one."""
        return self._encoder.roles.mask

    def piece(self, id: int) -> str:
        """The piece of a token; `<id>` where the vocabulary has none.

        Raises:
            ResourceError: the tokenizer fails.
        """
        try:
            found = self._encoder.piece(id) if 0 <= id < 2**31 else None
        except FaultyTokenizerError as fault:
            raise ResourceError(f"the tokenizer {str(self._path)!r} cannot spell {id}: {fault}", SAME_FOLDER) from None
        return f"<{id}>" if found is None else found

    @property
    def of_bytes(self) -> bool:
        """Whether the characters of its pieces spell bytes, as those of GPT-2 do; ResourceError where it fails."""
        return self.spelling == "bytes"

    @cached_property
    def spelling(self) -> str:
        """How pieces spell a text: `bytes` a character each, `marked` spaces as SentencePiece has them, or `words`.

        Raises:
            ResourceError: the tokenizer fails.
        """
        pieces = "".join(token.piece for token in self.read(SPACED).tokens)
        return "bytes" if OF_BYTES in pieces else "marked" if SPACE in pieces else "words"

    @cached_property
    def silent(self) -> frozenset[int]:
        """The ids of tokens that are no text: those with a role, and those that mark languages and ends."""
        roles, marks = self._encoder.roles, self._encoder.marks
        several = () if marks is None else (*marks.codes.values(), marks.end)
        return frozenset(mark.id for mark in (*roles, *several) if mark is not None)

    def read(
        self,
        text: str,
        language: str | None = None,
        source: str | None = None,
        *,
        pair: str | None = None,
        bos: bool | None = None,
    ) -> ModelSentence:
        """The tokens of the text, special ones included. A lone surrogate is read as U+FFFD.

        language: the code of the text's language, one of `languages`; None is that of the folder's settings. source: of
        a target the language of its source, which is the target's where neither it nor the settings name one. pair: a
        second text in the same input; bos: whether tokens stand in front of the text, None as the tokenizer has it,
        True for its `bos_token` if it has one and puts no other there.

        Raises:
            UsageError: a language that the tokenizer does not know.
            ResourceError: the tokenizer fails on it.
        """
        language = source if language is None and self._follows else language
        encode = self._encoder.encode if language is None else self._encoding_in(language)
        whole, roles = self._encoded(encode, text, pair), self._encoder.roles
        found = whole if bos is None else with_front(whole, roles.begin) if bos else without_front(whole)
        return replace(
            _sentence(found, text, pair),
            added=tuple(found.pieces[: len(found.ids) - len(whole.ids)]) if bos else (),
            left_out=() if bos else tuple(whole.pieces[: len(whole.ids) - len(found.ids)]),
            separators=tuple(_typed(found, roles.separator)),
        )

    def _encoded(self, encode: Encoding, text: str, pair: str | None) -> Encoded:
        try:
            return encode(_readable(text), None if pair is None else _readable(pair))
        except FaultyTokenizerError as fault:
            given = text if pair is None else f"{text}\n{pair}"
            shown = given if len(given) <= MOST_SHOWN else f"{given[:MOST_SHOWN]}…"
            message = f"the tokenizer {str(self._path)!r} cannot read {shown!r}: {fault}"
            raise ResourceError(message, SAME_FOLDER) from None

    def _encoding_in(self, language: str) -> Encoding:
        bare, marks = self._encoder.bare, self._encoder.marks
        if bare is None or marks is None or language not in marks.codes:
            from attncli.models.checkpoint.languages import unknown_language  # only an error needs it

            raise unknown_language(self._setting, language, self.languages)
        return lambda text, pair=None: marks.around(bare(text, pair), marks.codes[language])


def _sentence(found: Encoded, text: str, pair: str | None) -> ModelSentence:
    """The tokens of a text, or of two, in the text of both."""
    texts, starts = (text, pair or ""), (0, len(text) + 1)
    joined = text if pair is None else f"{text}\n{pair}"
    segments = list(accumulate((each or 0 for each in found.texts), max))
    special = [bool(added) for added in found.special]
    spans = [_moved(trimmed(texts[at], *span), starts[at]) for at, span in zip(segments, found.spans, strict=True)]
    words = list(words_of(joined, spans, special, [*zip(segments, found.words, strict=True)]))
    rows = zip(found.ids, found.pieces, spans, special, words, segments, strict=True)
    tokens = tuple(_token(joined, i, *row) for i, row in enumerate(rows))
    return ModelSentence(joined, tokens, pair, tuple(found.segments) if any(found.segments) else None)


def _readable(text: str) -> str:
    return SURROGATES.sub("\ufffd", text)


def _moved(span: tuple[int, int], by: int) -> tuple[int, int]:
    return span[0] + by, span[1] + by


def _typed(found: Encoded, separator: Mark | None) -> Iterator[int]:
    """The places of separators in the texts themselves."""
    if separator is not None:
        yield from (i for i, id in enumerate(found.ids) if id == separator.id and not found.special[i])


def _token(
    text: str, index: int, id: int, piece: str, span: tuple[int, int], special: bool, word: Any, segment: int
) -> ModelToken:
    start, end = (0, 0) if special else span
    return ModelToken(index, id, piece, text[start:end], start, end, special, word, segment)


def _opened(path: Path, config: Mapping[str, Any], rows: int) -> Encoder:
    """The tokenizer of a file; ResourceError where it makes none."""
    try:
        return _encoder(path, config, rows)
    except FaultyTokenizerError as fault:
        raise ResourceError(f"cannot read the tokenizer {str(path)!r}: {fault}", SAME_FOLDER) from None


def _encoder(path: Path, config: Mapping[str, Any], rows: int) -> Encoder:
    """The tokenizer of a tokenizer.json, or of one of the files that came before it."""
    if path.name == "tokenizer.json":
        with path.open("rb") as file:
            return open_encoder(file.read(largest(rows) + 1), path.parent, config, rows)
    from attncli.tokenizer.older import made_of  # late: few folders have such files alone

    settings = read_settings(path.parent)
    known = config if path.name == "tokenizer.model" else _of_its_class(config)
    name = class_of(settings, known, is_byte_level=False)
    if path.suffix == ".spm":
        from attncli.tokenizer.marian import marian_encoder

        return marian_encoder(path, settings, config, largest(rows))
    if name == "M2M100Tokenizer":
        from attncli.tokenizer.m2m100 import m2m100_encoder

        return m2m100_encoder(path, settings, config, largest(rows))
    if name == "BlenderbotSmallTokenizer" and path.name == "vocab.json":
        from attncli.tokenizer.blenderbot_small import blenderbot_small_encoder

        return blenderbot_small_encoder(path, settings, config, largest(rows))
    return open_made(made_of(path, name, settings, largest(rows)), path.parent, known)


def _of_its_class(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """A config without the class that takes a tokenizer.json as it is, where there is none."""
    return {**config, "default_class": None} if config.get("default_class") == AS_IT_IS else config


def _tokenizer_path(folder: Path, config: Mapping[str, Any]) -> Path:
    """Of its tokenizer.json, or of the file that one is made of."""
    path = folder / "tokenizer.json"
    if (folder / "vocab.json").exists() and (numbered := _numbered(folder, config)):
        return numbered
    if not path.exists():
        from attncli.tokenizer.older import older_file

        if made := older_file(folder):
            return made
    older = [name for name in OTHER_FILES if (folder / name).exists()]
    if not path.exists() and older:
        raise ResourceError(
            f"{str(folder)!r} has no tokenizer.json, only {older[0]}, which makes none",
            f"where transformers, sentencepiece and protobuf are installed, this writes it: {_conversion(folder)}",
        )
    if existing_file(path).stat().st_size > MAX_TOKENIZER:
        raise ResourceError(f"{str(path)!r} has more than {MAX_TOKENIZER:,} bytes")
    return path


def _numbered(folder: Path, config: Mapping[str, Any]) -> Path | None:
    """The pieces that a vocabulary numbers, in a folder of a class that reads no tokenizer.json."""
    if not any((folder / name).exists() for name in NUMBERED.values()):
        return None
    name = NUMBERED.get(class_of(read_settings(folder), config, is_byte_level=False))
    return folder / name if name and (folder / name).exists() else None


def _conversion(folder: Path) -> str:
    """The line of a shell that has transformers write the tokenizer.json of a folder."""
    there = str(folder.absolute())
    code = f"from transformers import AutoTokenizer as T; T.from_pretrained({there!r}).save_pretrained({there!r})"
    return f"python -c {shlex.quote(code)}" if set(code) & set('"$`\\!') else f'python -c "{code}"'
