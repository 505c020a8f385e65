"""`attn heads`: the heads of a model, ranked for a pair of words or a pattern, or by what they do to its answer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import typer

from attncli.cli.formats import chosen_format
from attncli.cli.lazy import options
from attncli.cli.options import ModelOption, OutputOptions, SentenceArgument
from attncli.errors import Setting, UsageError
from attncli.settings.explanation import CutOption, WordOption
from attncli.settings.model import (
    PATTERN_NAMES,
    RANKINGS,
    AblationOptions,
    HeadOptions,
    ReadingOptions,
    TextOptions,
    model_option,
)

EXAMPLES = """attn heads "Bark is very cute and he is a dog" --model my-model --from he --to dog
attn heads "Bark is very cute and he is a dog" --model my-model --from he --to dog --lift
attn heads "Bark is very cute and he is a dog" --model my-model --pattern previous --top 3
attn heads "The dog is a [MASK]" --model my-model --by effect
attn heads "The capital of France is" --model my-decoder --by contribution"""


@dataclass(frozen=True)
class RankOptions(CutOption, HeadOptions, AblationOptions, ReadingOptions, TextOptions, WordOption, ModelOption):
    """The heads, and the pair, the pattern or the answer that they are ranked by."""

    by: str = model_option("pair", "A pair or pattern, or a head's part in the answer.", values=RANKINGS)
    from_: str | None = model_option(None, "The word that attends.", metavar="WORD|INDEX")
    to: str | None = model_option(None, "The word that is attended to.", metavar="WORD|INDEX")
    lift: bool = model_option(False, "By how far the weight is above the mean of all tokens on that word.")
    pattern: str | None = model_option(None, "A pattern instead of a pair.", values=PATTERN_NAMES)
    for_: str | None = model_option(
        None,
        "The answer that --by effect or contribution is of",
        metavar="TOKEN",
        described="the model's own",
    )


@options(RankOptions, OutputOptions)
def command(ranked: RankOptions, output: OutputOptions, sentence: SentenceArgument = None) -> None:
    """Rank the heads of a model by their weight on a pair of words or a pattern, or by what they do to its answer."""
    if ranked.model is None:
        raise UsageError("attn heads needs a model", ("add ", Setting("model", "PATH_OR_NAME")))
    raise typer.Exit(BY[ranked.by](ranked, ranked.model, output, sentence))


def _by_pair(ranked: RankOptions, name: str, output: OutputOptions, sentence: str | None) -> int:
    """Of each sentence the heads ranked by their weight; returns the exit code."""
    form = chosen_format("HeadRanking", output)
    from attncli.cli.reading import (
        model_settings_of,
        opened_model,
    )  # NumPy comes with what follows: not for help and completion
    from attncli.cli.writing import write_each
    from attncli.recipes.head_ranking import HeadRanking, check_ranked, rank_model_heads

    _check_unset(ranked, ("for_", "word"), "effect")
    check_ranked(ranked.from_, ranked.to, ranked.pattern, ranked.lift)
    choice, model = model_settings_of(ranked, top=output.top), opened_model(name)
    words = {"from_": ranked.from_, "to": ranked.to, "pattern": ranked.pattern}

    def make(text: str) -> HeadRanking:
        return rank_model_heads(text, model, **words, lift=ranked.lift, choice=choice)

    return write_each(sentence, make, form, output)


def _by_effect(ranked: RankOptions, name: str, output: OutputOptions, sentence: str | None) -> int:
    """Of each sentence the heads ranked by their effect; returns the exit code."""
    form = chosen_format("HeadEffects", output)
    from attncli.cli.progress import announced
    from attncli.cli.reading import Example, model_settings_of, opened_model
    from attncli.cli.writing import write_each
    from attncli.recipes.head_effects import head_effects_with
    from attncli.recipes.prediction import example_of

    _check_unset(ranked, ("from_", "to", "lift", "pattern"), "pair")
    settings, model = model_settings_of(ranked, top=output.top), opened_model(name)
    effects = partial(head_effects_with, explained=form.name == "html")
    bar = "taking heads away"
    make = announced(output, lambda text, progress: effects(text, model, settings, ranked.for_, progress), bar)
    return write_each(sentence, make, form, output, example=Example("heads", example_of(model)))


def _by_contribution(ranked: RankOptions, name: str, output: OutputOptions, sentence: str | None) -> int:
    """Of each sentence the heads ranked by what they add to the answer; returns the exit code."""
    form = chosen_format("HeadContributions", output)
    from attncli.cli.reading import Example, model_settings_of, opened_model
    from attncli.cli.writing import write_each
    from attncli.recipes.contributions import HeadContributions, head_contributions_with
    from attncli.recipes.prediction import example_of

    _check_unset(ranked, ("from_", "to", "lift", "pattern"), "pair")
    settings, model = model_settings_of(ranked, top=output.top), opened_model(name)

    def make(text: str) -> HeadContributions:
        return head_contributions_with(text, model, settings, ranked.for_)

    return write_each(sentence, make, form, output, example=Example("heads", example_of(model)))


#: How heads are ranked → what makes and writes the rankings of a sentence; its keys are RANKINGS.
BY: dict[str, Callable[[RankOptions, str, OutputOptions, str | None], int]] = {
    "pair": _by_pair,
    "effect": _by_effect,
    "contribution": _by_contribution,
}


def _check_unset(ranked: RankOptions, names: tuple[str, ...], by: str) -> None:
    """UsageError: an option of another ranking."""
    for name in names:
        value: Any = getattr(ranked, name)
        if value not in (None, False):
            hint = ("add ", Setting("by", by), ", or leave it out")
            raise UsageError(f"no meaning where heads are ranked by {ranked.by}", hint, setting=name, value=value)
