"""A folder's tokenizer, opened by the library as the folder's settings ask, and the tokens of a text, checked."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from attncli.extras import package
from attncli.tokenizer.encoded import Encoded, Encoder, Marks, Roles, marked
from attncli.tokenizer.form import (
    MOST_ADDED,
    FaultyTokenizerError,
    check_form,
    check_pair,
    is_known,
    largest,
    may_be_parsed,
)
from attncli.tokenizer.kind import Kind, Work
from attncli.tokenizer.kinds import KINDS
from attncli.tokenizer.languages import marks_of
from attncli.tokenizer.roles import is_segmented, roles_of
from attncli.tokenizer.settings import (
    KIND_OF_CLASS,
    AddedToken,
    Settings,
    added_tokens,
    class_of,
    extra_tokens,
    ignored,
    read_settings,
    special_tokens,
    truncation_side,
)

MOST_TEXT = 10_000  # characters of an added token


class Opened(NamedTuple):
    """A tokenizer of the library, whether every step of it is of a known form, warnings, where it cuts, its marks.

    segmented: whether models are given segments; roles: tokens that have one.
    """

    tokenizer: Any
    known: bool
    warnings: list[str]
    side: str
    marks: Marks | None
    segmented: bool
    roles: Roles

    @property
    def encoder(self) -> Encoder:
        """Its functions, run in this process."""
        made = encoder_of(self.tokenizer, self.warnings, self.marks, segmented=self.segmented)
        return made._replace(truncation_side=self.side, roles=self.roles)


def encoder_of(
    tokenizer: Any, warnings: Sequence[str], marks: Marks | None = None, *, segmented: bool = True
) -> Encoder:
    """The functions of a tokenizer of the library; segmented: as in `encode`."""
    piece = tokenizer.id_to_token
    if marks is None:
        return Encoder(partial(encode, tokenizer, segmented=segmented), piece, tuple(warnings))
    return marked(partial(encode, tokenizer, bare=True), piece, marks)._replace(warnings=tuple(warnings))


class Made(NamedTuple):
    """A tokenizer.json's bytes that were made of other files.

    settings: in the place of tokenizer_config.json; regexes: the expressions in it that were made too.
    """

    data: bytes
    settings: Settings
    regexes: tuple[str, ...] = ()


def open_made(made: Made, folder: Path, config: Mapping[str, Any]) -> Encoder:
    """The tokenizer of a tokenizer.json's bytes that were made of a folder's other files.

    Raises:
        FaultyTokenizerError, ResourceError: as `open_tokenizer`; a part of another form than any such file has.
    """
    opened = open_tokenizer(made.data, folder, config, made=made)
    if not opened.known:
        raise FaultyTokenizerError("it has a part of unknown form")
    return opened.encoder


def open_encoder(data: bytes, folder: Path, config: Mapping[str, Any], rows: int) -> Encoder:
    """The tokenizer of a folder, in this process if all of it is of a known form, else in one that can be stopped.

    data: its tokenizer.json, of which `largest(rows) + 1` bytes are enough; rows: how many tokens the model knows.

    Raises:
        FaultyTokenizerError, ResourceError: as `open_tokenizer`.
    """
    near = 0 < len(data) <= largest(rows) and may_be_parsed(data)
    opened = open_tokenizer(data, folder, config) if near else None
    if opened and opened.known:
        return opened.encoder
    from attncli.tokenizer.process import TokenizerProcess  # subprocess comes with it, which few need

    return TokenizerProcess(folder, min(len(data), largest(rows)), config).encoder


def open_tokenizer(
    data: bytes, folder: Path, config: Mapping[str, Any], confined: bool = False, made: Made | None = None
) -> Opened:
    """The tokenizer of a tokenizer.json's bytes with the settings of its folder, without padding and truncation.

    confined: this process may be ended at any time; no class is applied then, whose steps would hide the file's own.

    Raises:
        FaultyTokenizerError: it is damaged, or has parts that no tokenizer needs.
        ResourceError: another file of the folder that is damaged, or the library is not installed.
    """
    library = package("tokenizers", "a model")
    with faults(), quiet():
        tokenizer = library.Tokenizer.from_buffer(data)
    check_form(tokenizer)
    known = not confined and is_known(tokenizer, made.regexes if made else ())
    with faults(), quiet():
        work = Work(library, tokenizer, data, made.settings if made else read_settings(folder))
        name = class_of(work.settings, config, b'"ByteLevel"' in data)
        built, warnings, of_class = (_configured if known else _as_it_is)(work, name, folder, made is not None)
        marks = marks_of(name, work.settings, built, of_class)
        side = truncation_side(work.settings, tokenizer.truncation)
        roles = roles_of(name, work.settings, built, config)
    built.no_padding()
    built.no_truncation()
    return Opened(built, known, warnings, side, marks, is_segmented(work.settings), roles)


def encode(
    tokenizer: Any, text: str, pair: str | None = None, *, bare: bool = False, segmented: bool = True
) -> Encoded:
    """The tokens of a text, or of two in one input as the post-processor joins them, checked.

    bare: without those that are put around them; segmented: whether segments are the post-processor's, or all 0.

    Raises:
        FaultyTokenizerError: the library fails on it, or its answer is no list of tokens with their places.
    """
    with faults(), quiet():
        if pair is not None:
            check_pair(tokenizer)
        found = tokenizer.encode(text, pair, add_special_tokens=not bare)
    segments = found.type_ids if segmented else [0] * len(found.ids)
    columns = (found.ids, found.tokens, found.special_tokens_mask, found.offsets, found.word_ids)
    encoded = Encoded(*columns, segments, found.sequence_ids)
    if len({len(each) for each in encoded}) > 1:
        raise FaultyTokenizerError(f"it gives {len(encoded.ids)} ids for {len(encoded.spans)} tokens")
    lengths, places = (len(text), len(pair or "")), zip(encoded.spans, encoded.texts, strict=True)
    if not all(0 <= start <= end <= lengths[number or 0] for (start, end), number in places):
        raise FaultyTokenizerError("it places tokens outside the text")
    return encoded


@contextmanager
def faults() -> Iterator[None]:
    """Turn errors of the library into FaultyTokenizerError; its panics are no Exceptions."""
    try:
        yield
    except FaultyTokenizerError:
        raise
    except Exception as error:  # the library raises nothing narrower
        if type(error).__module__.startswith("attncli"):
            raise
        raise FaultyTokenizerError((str(error) or "it is damaged").splitlines()[0][:200]) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise FaultyTokenizerError("the tokenizer library breaks down over it") from None


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing on standard error, where a panic of the library would print how it came about."""
    if sys.stderr is not None:
        sys.stderr.flush()
    kept = -1
    with suppress(OSError):
        kept = os.dup(2)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)
    try:
        yield
    finally:
        if kept >= 0:
            os.dup2(kept, 2)
            os.close(kept)


def _configured(work: Work, name: str, folder: Path, is_made: bool) -> tuple[Any, list[str], bool]:
    """The tokenizer that transformers would make of the folder, warnings about settings that are not applied.

    The last is whether it is built as its class does.

    Raises:
        FaultyTokenizerError: settings of the wrong form, or tokens that the vocabulary lacks.
        ResourceError: a file that is no JSON object.
    """
    kind = KINDS.get(KIND_OF_CLASS.get(name, ""))
    warnings = list(ignored(work.settings, name))
    if kind and not _fits(kind, work.tokenizer, bool(work.settings or is_made)):
        warnings += [_is_of_another_kind(name)] if work.settings.get("tokenizer_class") else []
        kind = None
    if kind and kind.saved and is_made:
        kind = replace(kind, extra=())
    try:
        return _made(work, kind, folder), warnings, kind is not None
    except (TypeError, ValueError) as error:
        raise FaultyTokenizerError(f"tokenizer_config.json does not fit: {error}") from None


def _as_it_is(work: Work, name: str, folder: Path, _: bool) -> tuple[Any, list[str], bool]:
    """The same for a tokenizer of unknown steps: they are kept for every class."""
    warnings = list(ignored(work.settings, name))
    warnings += [_is_of_another_kind(name)] if name in KIND_OF_CLASS and work.settings.get("tokenizer_class") else []
    return _made(work, None, folder), warnings, False


def _is_of_another_kind(name: str) -> str:
    return f"tokenizer_config.json names {name}, and tokenizer.json is of another kind: its tokens are used as they are"


def _fits(kind: Kind, tokenizer: Any, named: bool) -> bool:
    """Whether the file holds the parts that the class keeps.

    Without a tokenizer_config.json unigrams stay as they are: their files hold steps that the classes do without.
    """
    cut = tokenizer.pre_tokenizer
    metaspace = cut is not None and b'"Metaspace"' in cut.__getstate__()
    known = type(tokenizer.model).__name__ == kind.model and not (kind.of_bytes and metaspace)
    return known and (named or kind.always or kind.model != "Unigram")


def _made(work: Work, kind: Kind | None, folder: Path) -> Any:
    added = added_tokens(work.settings, folder, work.tokenizer.get_added_tokens_decoder())
    special = special_tokens(work.settings, kind.defaults if kind else {}, added)
    mask = special.get("mask_token")
    if kind and kind.takes_spaces and mask and not mask.flags:
        special["mask_token"] = mask._replace(flags=(("lstrip", True),))
    extra = extra_tokens(work.settings) or [AddedToken(text) for text in (kind.extra if kind else ())]
    work = Work(work.library, work.tokenizer, work.data, work.settings, special)
    fresh = kind.before(work) if kind else work.tokenizer
    own = set() if kind else {token.content for token in fresh.get_added_tokens_decoder().values()}
    _add(work.library, fresh, added, special, extra, own)
    fresh.encode_special_tokens = bool(work.settings.get("split_special_tokens", False))
    if kind:
        kind.after(Work(work.library, fresh, work.data, work.settings, special))
    if hasattr(fresh.model, "dropout"):
        fresh.model.dropout = None  # of training: the tokens would be others at each run
    return fresh


def _add(
    library: Any,
    tokenizer: Any,
    added: Mapping[int, AddedToken],
    special: Mapping[str, AddedToken],
    extra: list[AddedToken],
    own: set[str],
) -> None:
    """Added tokens in the order of their numbers, then special ones that are not among them or the file's `own`."""
    named = {token.content for token in special.values()}
    tokens = {token.content: (token, token.content in named) for _, token in sorted(added.items())}
    for token in [*special.values(), *extra]:
        if token.content not in own:
            tokens.setdefault(token.content, (token, True))
    if len(tokens) > MOST_ADDED or any(len(text) > MOST_TEXT for text in tokens):
        raise FaultyTokenizerError(
            f"there are {len(tokens):,} added tokens, or one of more than {MOST_TEXT:,} characters"
        )
    tokenizer.add_tokens([_library_token(library, *each) for each in tokens.values()])


def _library_token(library: Any, token: AddedToken, is_special: bool) -> Any:
    flags = dict(token.flags)
    return library.AddedToken(token.content, **flags | ({"special": True} if is_special else {}))
