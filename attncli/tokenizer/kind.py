"""A class of tokenizers: the material that its steps are made of, and the steps that many classes share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from attncli.tokenizer.settings import AddedToken, Settings

#: Two texts in one input: the token in front of a text, the one behind it, and the segment of each; or no segments.
TWO_SEGMENTS = "{0}:0 $A:0 {1}:0 $B:1 {1}:1"
TWICE_APART = "{0} $A {1} {1} $B {1}"


@dataclass(frozen=True)
class Work:
    """The material of a kind: the library, the tokenizer as its file has it, the file's bytes, and the settings."""

    library: Any
    tokenizer: Any
    data: bytes
    settings: Settings
    special: Mapping[str, AddedToken] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The special token, or "None" without one, as transformers writes it."""
        return self.special[name].content if name in self.special else "None"

    def number(self, name: str, default: int | None = None) -> Any:
        """The id of a special token."""
        found = self.tokenizer.token_to_id(self.text(name))
        return default if found is None else found


@dataclass(frozen=True)
class Kind:
    """A class: the model that its vocabulary is for, its special tokens, and the steps built before and after them.

    extra: special tokens that are added where the settings list none; saved: only to those of a tokenizer.json.
    of_bytes: the vocabulary is of bytes, and one with ▁ for the space is of no use to it; always: whether its steps are
    built without a tokenizer_config.json too; takes_spaces: the mask takes those in front of it, however it is named.
    """

    model: str
    defaults: Settings
    before: Callable[[Work], Any]
    after: Callable[[Work], None] = lambda work: None
    extra: tuple[str, ...] = ()
    of_bytes: bool = False
    always: bool = False
    saved: bool = False
    takes_spaces: bool = False


def with_steps(work: Work, model: Any, normalizer: Any, cut: Any, *, keep_after: bool = False) -> Any:
    """A tokenizer of a model and two steps, with the file's own third one if it is kept."""
    fresh = work.library.Tokenizer(model)
    if normalizer is not None:
        fresh.normalizer = normalizer
    fresh.pre_tokenizer = cut
    if keep_after and work.tokenizer.post_processor is not None:
        fresh.post_processor = work.tokenizer.post_processor
    return fresh


def put_around(work: Work, first: tuple[str, int], last: tuple[str, int], pair: str) -> None:
    """A token in front of every text, and one behind it; `pair` says it of two texts, and their segments."""
    work.tokenizer.post_processor = work.library.processors.TemplateProcessing(
        single=[first[0], "$A", last[0]],
        pair=[each.format(first[0], last[0]) for each in pair.split()],
        special_tokens=[first, last],
    )


def byte_pairs(work: Work, unk: str | None = None, fuse: bool = False, fallback: bool = False) -> Any:
    """The merges of the file, with the settings that a class has for them."""
    model = work.tokenizer.model
    model.unk_token, model.fuse_unk, model.byte_fallback, model.ignore_merges = unk, fuse, fallback, False
    model.continuing_subword_prefix = model.end_of_word_suffix = ""
    return model
