"""A tokenizer of the library made what the whole folder says, or left as its file has it, with the folder's tokens."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attncli.tokenizer.form import MOST_ADDED, FaultyTokenizerError
from attncli.tokenizer.kinds import KINDS, Kind, Work
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
)

MOST_TEXT = 10_000  # characters of an added token


def configured(library: Any, tokenizer: Any, data: bytes, folder: Path, config: Settings) -> tuple[Any, list[str]]:
    """The tokenizer that transformers would make of the folder, and warnings about what is left out.

    Raises:
        FaultyTokenizerError: settings that are of the wrong form, or name what the vocabulary lacks.
        ResourceError: a file that is no JSON object.
    """
    settings = read_settings(folder)
    name = class_of(settings, config, b'"ByteLevel"' in data)
    kind = KINDS.get(KIND_OF_CLASS.get(name, ""))
    warnings = list(ignored(settings, name))
    if kind and not _fits(kind, tokenizer, bool(settings)):
        warnings += [_is_of_another_kind(name)] if settings.get("tokenizer_class") else []
        kind = None
    try:
        return _made(Work(library, tokenizer, data, settings), kind, folder), warnings
    except (TypeError, ValueError) as error:
        raise FaultyTokenizerError(f"tokenizer_config.json does not fit: {error}") from None


def as_it_is(library: Any, tokenizer: Any, data: bytes, folder: Path, config: Settings) -> tuple[Any, list[str]]:
    """The same for a tokenizer of unknown steps: they are kept, whatever class is named."""
    settings = read_settings(folder)
    name = class_of(settings, config, b'"ByteLevel"' in data)
    warnings = list(ignored(settings, name))
    warnings += [_is_of_another_kind(name)] if name in KIND_OF_CLASS and settings.get("tokenizer_class") else []
    return _made(Work(library, tokenizer, data, settings), None, folder), warnings


def _is_of_another_kind(name: str) -> str:
    return f"tokenizer_config.json names {name}, and tokenizer.json is of another kind: its tokens are used as they are"


def _fits(kind: Kind, tokenizer: Any, named: bool) -> bool:
    """Whether the file holds what the class keeps.

    Without a tokenizer_config.json unigrams stay as they are: their files hold steps that the classes do without.
    """
    cut = tokenizer.pre_tokenizer
    metaspace = cut is not None and b'"Metaspace"' in cut.__getstate__()
    known = type(tokenizer.model).__name__ == kind.model and not (kind.of_bytes and metaspace)
    return known and (named or kind.model != "Unigram")


def _made(work: Work, kind: Kind | None, folder: Path) -> Any:
    added = added_tokens(work.settings, folder, work.tokenizer.get_added_tokens_decoder())
    special = special_tokens(work.settings, kind.defaults if kind else {}, added)
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
