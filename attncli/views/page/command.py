"""The command that makes what a page shows, for a button that copies it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from attncli.recipes.comparison import Comparison
from attncli.recipes.explanation import Explanation
from attncli.recipes.model_comparison import ModelComparison
from attncli.settings.wording import as_typed
from attncli.vectors.places import EMBEDDED
from attncli.views.shell import shell_word


def command_of(explanation: Explanation) -> dict[str, Any] | None:
    """The sentence and the options of `attn explain`, as words for a shell; those of `attn show` of weights of a file.

    heads: whether layer and head are still to be named, which the page does for what it shows. guard: the sentence
    begins with a dash, and comes last.
    """
    source = explanation.source
    if source.kind == "weights":
        return _of_given(explanation)
    options = [*_source(explanation), *map(shell_word, as_typed(_rest(explanation)))]
    of_heads = source.kind == "model"  # of combined ones the page asks for none
    text = explanation.sentence.parts[0].text
    return {
        "name": "attn explain",
        "text": shell_word(text),
        "options": options,
        "heads": of_heads,
        "guard": text.startswith("-"),
    }


def _of_given(explanation: Explanation) -> dict[str, Any] | None:
    """The file and the options of `attn show`; None of arrays in memory, which no command reads."""
    source: Any = explanation.source
    if not source.words:
        return None
    name, file, *options = source.words
    typed = [*map(shell_word, (*options, *as_typed(_rest(explanation))))]
    guard = file.startswith("-")
    return {"name": f"attn {name}", "text": shell_word(file), "options": typed, "heads": True, "guard": guard}


def commands_of(comparison: Comparison | ModelComparison) -> list[str]:
    """`attn compare` for the difference of each source from the baseline, of models without layer and head."""
    if isinstance(comparison, Comparison):
        explained = comparison.methods[0].explanation
        return [_compared(explained, f"--against {each.method}") for each in comparison.methods]
    if comparison.swap:
        change = f"--swap {shell_word('='.join(comparison.swap))}"
    else:
        change = f"--against-model {shell_word(comparison.other.source.name)}"
    return [_compared(comparison.baseline, change)] * 2


def _compared(baseline: Explanation, change: str) -> str:
    command = command_of(baseline) or {}
    text = command["text"]
    words = [text, *command["options"], change]
    return " ".join(["attn compare", *([*words[1:], "--", text] if command["guard"] else words)])


def _source(explanation: Explanation) -> Iterator[str]:
    source = explanation.source
    if source.kind == "model":
        yield from ("--model", shell_word(source.name))
    elif source.name != EMBEDDED:
        yield from ("--vectors", shell_word(source.name))


def _rest(explanation: Explanation) -> Any:
    """The settings but for the word, and of a model's heads the layer and the head."""
    settings: Any = replace(explanation.source.settings, word=None)
    if explanation.source.kind == "vectors":  # trained heads hide each word from itself, others do not
        usual = settings.exclude_self == (settings.projections == "trained" and settings.memory is None)
        return replace(settings, exclude_self=None) if usual else settings
    return settings if explanation.source.combined else replace(settings, layer=None, head=None)
