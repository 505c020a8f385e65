"""The targets of `attn corpus`: whether the options for them go together, before anything is opened."""

from collections.abc import Iterator, Sequence

from attncli.cli.corpus_options import CollectOptions, CorpusModel
from attncli.errors import Setting, UsageError


def check_targets(text: Sequence[str], collected: CollectOptions, model: CorpusModel) -> None:
    """Raises UsageError where there are no targets, or two kinds of them."""
    for error in (*_of_files(text, model), *_of_fields(collected, model), *_of_lines(collected, model)):
        raise error


def _of_files(text: Sequence[str], model: CorpusModel) -> Iterator[UsageError]:
    named = {"setting": "target", "value": model.target}
    if model.target is not None and len(text) > 1:
        reason = f"expected one file of sources, got {len(text)}"
        yield UsageError(reason, "name one; or files with sources and targets, a tab between them", **named)
    if model.target == "-" and "-" in text:
        yield UsageError("expected another file than that of the sources", "name a file of targets", **named)


def _of_fields(collected: CollectOptions, model: CorpusModel) -> Iterator[UsageError]:
    key, field = Setting("target_field", "KEY"), collected.field
    if model.target is not None and (field is not None or model.target_field is not None):
        reason = "expected lines of text, got JSON lines"
        yield UsageError(reason, ("sources and targets in one file: ", key), setting="target", value=model.target)
    if field is not None and model.reads_targets and model.target_field is None:
        yield UsageError("expected the target's key too", ("add ", key), setting="field", value=field)
    if field is None and model.target_field is not None:
        hint = ("add ", Setting("field", "KEY"))
        yield UsageError("expected the source's key too", hint, setting="target_field", value=model.target_field)


def _of_lines(collected: CollectOptions, model: CorpusModel) -> Iterator[UsageError]:
    if model.reads_targets and collected.sentences:
        yield UsageError("no meaning with targets, which are of whole lines", "leave it out", setting="sentences")
    if model.target_lang is not None and not model.reads_targets:
        hint = ("add ", Setting("target", "FILE"), "; or, of lines with a tab, ", Setting("part", "cross"))
        yield UsageError("expected targets with it", hint, setting="target_lang", value=model.target_lang)
