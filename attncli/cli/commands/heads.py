"""`attn heads`: the heads of a model, ranked for a pair of words or a pattern."""

from dataclasses import dataclass

import typer

from attncli.cli.formats import chosen_format
from attncli.cli.lazy import options
from attncli.cli.options import ModelOption, OutputOptions, SentenceArgument
from attncli.errors import Setting, UsageError
from attncli.settings.model import PATTERN_NAMES, HeadOptions, ReadingOptions, TextOptions, model_option

EXAMPLES = """attn heads "Bark is very cute and he is a dog" --model my-model --from he --to dog
attn heads "Bark is very cute and he is a dog" --model my-model --from he --to dog --lift
attn heads "Bark is very cute and he is a dog" --model my-model --pattern previous --top 3"""


@dataclass(frozen=True)
class RankOptions(HeadOptions, ReadingOptions, TextOptions, ModelOption):
    """The heads, and the pair or pattern that they are ranked by."""

    from_: str | None = model_option(None, "The word that attends.", metavar="WORD|INDEX")
    to: str | None = model_option(None, "The word that is attended to.", metavar="WORD|INDEX")
    lift: bool = model_option(False, "By how far the weight is above the mean of all tokens on that word.")
    pattern: str | None = model_option(None, "A pattern instead of a pair.", values=PATTERN_NAMES)


@options(RankOptions, OutputOptions)
def command(ranked: RankOptions, output: OutputOptions, sentence: SentenceArgument = None) -> None:
    """Rank the heads of a model by their weight on a pair of words or a pattern."""
    if ranked.model is None:
        raise UsageError("attn heads needs a model", ("add ", Setting("model", "PATH_OR_NAME")))
    form = chosen_format("HeadRanking", output)
    from attncli.cli.reading import (
        model_settings_of,
        opened_model,
    )  # NumPy comes with what follows: not for help and completion
    from attncli.cli.writing import write_each
    from attncli.recipes.head_ranking import HeadRanking, check_ranked, rank_model_heads

    check_ranked(ranked.from_, ranked.to, ranked.pattern, ranked.lift)
    choice = model_settings_of(ranked, top=output.top)
    model = opened_model(ranked.model)
    words = {"from_": ranked.from_, "to": ranked.to, "pattern": ranked.pattern}

    def make(text: str) -> HeadRanking:
        return rank_model_heads(text, model, **words, lift=ranked.lift, choice=choice)

    raise typer.Exit(write_each(sentence, make, form, output))
