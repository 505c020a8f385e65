"""`attn heads`: the heads of a model, ranked for a pair of words, a pattern, their answer, or against a treebank."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Annotated

import typer

from attncli.cli.formats import chosen_format
from attncli.cli.heads_options import RankOptions, TreeOptions, VectorHeadOptions
from attncli.cli.lazy import options
from attncli.cli.options import SCREENS, OutputOptions, scale_field
from attncli.errors import Setting, UsageError, Words
from attncli.settings.effect import Without, Written
from attncli.settings.explanation import TopOption
from attncli.settings.figure import PictureOptions
from attncli.settings.option import again

EXAMPLES = """attn heads "Bark is very cute and he is a dog" --model my-model --from he --to dog
attn heads "Bark is very cute and he is a dog" --model my-model --from he --to dog --lift
attn heads "Bark is very cute and he is a dog" --model my-model --pattern previous --top 3
attn heads "The dog is a [MASK]" --model my-model --by effect
attn heads "The capital of France is" --model my-decoder --by contribution
attn heads --treebank en.conllu --model my-model --relations obj,nsubj
attn heads --treebank en.conllu --mode multihead"""
MODEL = Setting("model", "PATH_OR_NAME")

SentencesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SENTENCE",
        show_default=False,
        help="The sentence; - reads standard input, a sentence a line. Left out: piped text, else an example. With "
        "--treebank: more files.",
    ),
]


@dataclass(frozen=True)
class Asked:
    """All that was asked for but the form of the output."""

    ranked: RankOptions
    trees: TreeOptions
    vectors: VectorHeadOptions
    figure: PictureOptions
    given: tuple[str, ...]

    @property
    def model(self) -> str:
        """The model. UsageError: none."""
        if self.ranked.model is None:
            raise UsageError("attn heads needs a model", ("add ", MODEL))
        return self.ranked.model

    @property
    def sentence(self) -> str | None:
        """The sentence, if there is one."""
        return self.given[0] if self.given else None

    @property
    def by(self) -> str:
        """What heads are ranked by. UsageError: a treebank and something else, or several sentences."""
        if self.trees.treebank and self.ranked.by not in (None, "treebank"):
            reason = "expected heads to be held against a treebank, or ranked on a sentence, got both"
            raise UsageError(reason, "leave one of the two out", setting="by", value=self.ranked.by)
        by = "treebank" if self.trees.treebank else self.ranked.by or "pair"
        if len(self.given) > 1 and by != "treebank":
            hint = 'put the sentence in quotes: attn heads "…"'
            raise UsageError(f"got unexpected extra argument ({' '.join(self.given[1:])})", hint)
        return by

    def check_unset(self, names: tuple[str, ...], other: Setting) -> None:
        """UsageError: an option of another ranking, which `other` asks for."""
        self.check_alone(names, f"no meaning where heads are ranked by {self.by}", ("add ", other, ", or leave it out"))

    def check_alone(self, names: tuple[str, ...], reason: str, hint: Words) -> None:
        """UsageError: one of these options was given."""
        for group in (self.ranked, self.trees, self.vectors):
            for each in fields(group):
                value = getattr(group, each.name)
                if each.name in names and value != each.default:
                    value = ",".join(value) if isinstance(value, tuple) else value
                    raise UsageError(reason, hint, setting=each.name, value=value)


#: Options that belong to some rankings alone.
OF_PAIRS = ("from_", "to", "lift", "pattern")
OF_ANSWERS = ("for_", "word")
OF_SENTENCES = ("target", "pair", "without", "ablate", "cut", "part", "target_lang")
OF_TREEBANKS = ("relations", "subtypes", "limit", "choose_on", "hide_first")
OF_VECTORS = ("mode", "heads", "layers", "projections", "positions", "vectors", "unknown")
OF_READING = ("source_lang", "bos", "truncate", "stride")
TREEBANK = Setting("treebank", "FILE")


@dataclass(frozen=True)
class RankingOutput(OutputOptions):
    """The form and the destination of rankings, whose records list every head."""

    top: int = again(TopOption, "top", needs=[Without("treebank"), Written(SCREENS)])
    color_scale: str = scale_field(needs=[Written(("html",))])


@options(RankOptions, TreeOptions, VectorHeadOptions, PictureOptions, RankingOutput)
def command(
    ranked: RankOptions,
    trees: TreeOptions,
    vectors: VectorHeadOptions,
    figure: PictureOptions,
    output: RankingOutput,
    sentence: SentencesArgument = None,
) -> None:
    """Rank the heads of a model by their weight on a pair of words or a pattern, or by what they do to its answer.

    With --treebank: hold the heads of a model, or over word vectors, against the relations of a treebank.
    """
    asked = Asked(ranked, trees, vectors, figure, tuple(sentence or ()))
    raise typer.Exit(BY[asked.by](asked, output))


def _by_pair(asked: Asked, output: OutputOptions) -> int:
    """Of each sentence the heads ranked by their weight; returns the exit code."""
    ranked, name = asked.ranked, asked.model
    form = chosen_format("HeadRanking", output)
    from attncli.cli.reading import (
        model_settings_of,
        opened_model,
    )  # NumPy comes with what follows: not for help and completion
    from attncli.cli.writing import write_each
    from attncli.recipes.head_ranking import HeadRanking, check_ranked, rank_model_heads

    asked.check_unset(OF_ANSWERS, Setting("by", "effect"))
    asked.check_unset((*OF_TREEBANKS, *OF_VECTORS), TREEBANK)
    check_ranked(ranked.from_, ranked.to, ranked.pattern, ranked.lift)
    choice, model = model_settings_of(ranked, top=output.top), opened_model(name)
    words = {"from_": ranked.from_, "to": ranked.to, "pattern": ranked.pattern}

    def make(text: str) -> HeadRanking:
        return rank_model_heads(text, model, **words, lift=ranked.lift, choice=choice)

    return write_each(asked.sentence, make, form, output)


def _by_effect(asked: Asked, output: OutputOptions) -> int:
    """Of each sentence the heads ranked by their effect; returns the exit code."""
    ranked, name = asked.ranked, asked.model
    form = chosen_format("HeadEffects", output)
    from attncli.cli.progress import announced
    from attncli.cli.reading import Example, model_settings_of, opened_model
    from attncli.cli.writing import write_each
    from attncli.recipes.head_effects import head_effects_with
    from attncli.recipes.prediction import example_of

    asked.check_unset(OF_PAIRS, Setting("by", "pair"))
    asked.check_unset((*OF_TREEBANKS, *OF_VECTORS), TREEBANK)
    settings, model = model_settings_of(ranked, top=output.top), opened_model(name)
    effects = partial(head_effects_with, explained=form.name == "html")
    bar = "taking heads away"
    make = announced(output, lambda text, progress: effects(text, model, settings, ranked.for_, progress), bar)
    return write_each(
        asked.sentence, make, form, output, figure=asked.figure, example=Example("heads", example_of(model))
    )


def _by_contribution(asked: Asked, output: OutputOptions) -> int:
    """Of each sentence the heads ranked by what they add to the answer; returns the exit code."""
    ranked, name = asked.ranked, asked.model
    form = chosen_format("HeadContributions", output)
    from attncli.cli.reading import Example, model_settings_of, opened_model
    from attncli.cli.writing import write_each
    from attncli.recipes.contributions import HeadContributions, head_contributions_with
    from attncli.recipes.prediction import example_of

    asked.check_unset(OF_PAIRS, Setting("by", "pair"))
    asked.check_unset((*OF_TREEBANKS, *OF_VECTORS), TREEBANK)
    settings, model = model_settings_of(ranked, top=output.top), opened_model(name)

    def make(text: str) -> HeadContributions:
        return head_contributions_with(text, model, settings, ranked.for_)

    return write_each(
        asked.sentence, make, form, output, figure=asked.figure, example=Example("heads", example_of(model))
    )


def _by_treebank(asked: Asked, output: OutputOptions) -> int:
    """The heads held against treebanks; returns the exit code."""
    files, with_model = _treebanks(asked), asked.ranked.model is not None
    form = chosen_format("TreebankHeads", output)
    asked.check_unset(OF_PAIRS, Setting("by", "pair"))
    asked.check_unset((*OF_ANSWERS, *OF_SENTENCES), Setting("by", "effect"))
    if with_model:
        asked.check_alone(OF_VECTORS, "no meaning with a model", "leave it out: a model has its own heads and words")
    elif asked.vectors.mode is None:
        hint = ("add ", MODEL, ", or for heads over word vectors ", Setting("mode", "multihead"))
        raise UsageError("attn heads --treebank needs a model", hint)
    else:
        asked.check_alone(OF_READING, "expected a model with it", ("add ", MODEL))
    from attncli.cli.treebank_files import hold_against  # NumPy comes with it: not for help and completion

    return hold_against(files, asked.ranked, asked.trees, asked.vectors, form, output, asked.figure)


def _treebanks(asked: Asked) -> tuple[str, ...]:
    """The files. UsageError: none, or standard input twice."""
    files = (*asked.trees.treebank, *asked.given)
    if not files:
        raise UsageError(
            "missing; heads are held against a treebank in CoNLL-U", ("add ", TREEBANK), setting="treebank"
        )
    if [*files, asked.trees.choose_on].count("-") > 1:
        raise UsageError("'-' is named twice", "name a file for one of the two")
    return files


#: How heads are ranked → what makes and writes the rankings; its keys are RANKINGS.
BY: dict[str, Callable[[Asked, OutputOptions], int]] = {
    "pair": _by_pair,
    "effect": _by_effect,
    "contribution": _by_contribution,
    "treebank": _by_treebank,
}
