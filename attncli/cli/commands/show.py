"""`attn show`: attention weights from a file, wherever they come from, in every view."""

from dataclasses import dataclass, fields
from typing import Annotated, NamedTuple

import typer

from attncli.cli.formats import chosen_format
from attncli.cli.lazy import options
from attncli.cli.options import DRAWN, SCREENS, OutputOptions, input_option, output_option, scale_field
from attncli.errors import Setting, Words
from attncli.settings.effect import AllOf, AnyOf, Values, With, Without, Written
from attncli.settings.explanation import WordOption
from attncli.settings.figure import FIGURED, HeadFigureOptions
from attncli.settings.given import COMBINE, GivenOptions, check_given
from attncli.settings.option import again
from attncli.settings.wording import spelled

EXAMPLES = """attn show weights.npz
attn show weights.npz --layer 1 --head 0 --word dog
attn show weights.npz --tokens tokens.txt -o page.html"""

FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="Weights: .npz, .npy or .json, as attn and NumPy write them.")
]
SINGLE = "attn.single"  # in the context: whether the weights are one matrix


class Single(NamedTuple):
    """The weights that were read are one matrix, or, where `one` is False, several."""

    one: bool = True

    def holds(self, values: Values) -> bool:
        """Whether they are; True where nothing was read."""
        context = values.get("context")
        return context is None or context.meta.get(SINGLE, self.one) == self.one

    def words(self, values: Values) -> Words:
        """The options for it."""
        if self.one:
            return ("without ", Setting("layer", "L"), " ", Setting("head", "H"))
        return "on a single head"


@dataclass(frozen=True)
class TokenOptions:
    """The tokens of both sides."""

    tokens: str | None = input_option(
        None, "The tokens, where the file has none: a JSON list, or text with one a line.", metavar="FILE"
    )
    other_tokens: str | None = input_option(None, "Those of the keys, where these are of another text.", metavar="FILE")


@dataclass(frozen=True)
class ShowOptions(GivenOptions, TokenOptions):
    """The tokens, and the part of the weights that is shown."""

    word: str | None = again(WordOption, "word", needs=[Written((*SCREENS, *DRAWN, "json"))])
    numbers: bool = output_option(
        False,
        "On the map of heads: distances, entropies and shares in place of pictures.",
        needs=[Single(one=False), Without("word"), With("combine", COMBINE[:1]), Written(SCREENS)],
    )


@dataclass(frozen=True)
class ShowFigureOptions(HeadFigureOptions):
    """The content and the form of a figure."""

    heads_shown: tuple[str, ...] = again(HeadFigureOptions, "heads_shown", needs=[Single(one=False), Written(FIGURED)])


@dataclass(frozen=True)
class ShowOutput(OutputOptions):
    """The form and the destination of weights."""

    long: bool = output_option(
        False, "The whole page, however high the terminal is; so in files and pipes.", needs=[Written(("txt",))]
    )
    top: int = again(
        OutputOptions,
        "top",
        needs=[
            Written((*SCREENS, "json", "html")),
            AnyOf((AllOf((Single(), Without("word"))), Written(("json",)), Written(("html",)))),
        ],
    )
    color_scale: str = scale_field(
        needs=[Written((*SCREENS, *DRAWN)), AnyOf((AllOf((Single(), Without("word"))), Written(DRAWN)))]
    )


@options(ShowOptions, ShowFigureOptions, ShowOutput)
def command(
    own: ShowOptions, figure: ShowFigureOptions, output: ShowOutput, context: typer.Context, file: FileArgument
) -> None:
    """Show attention weights from a file, of attn or of any other program."""
    form = chosen_format("Explanation", output, figure.figure)
    from attncli.cli.writing import write_one  # NumPy comes with what follows
    from attncli.files.weights_file import read_tokens
    from attncli.recipes.given import show_given
    from attncli.recipes.given_file import read_given

    sides = {name: getattr(own, name) for name in ("tokens", "other_tokens")}
    words = (
        "show",
        file,
        *(word for name, path in sides.items() if path is not None for word in (spelled(name), path)),
    )
    tokens, other_tokens = (None if path is None else read_tokens(path) for path in sides.values())
    given = read_given(file, tokens, other_tokens, words)
    known = {each.name: getattr(own, each.name) for each in fields(GivenOptions)}
    explanation = show_given(given, check_given(**known, top=output.top))
    context.meta[SINGLE] = explanation.single
    write_one(lambda: explanation, form, output, figure=figure, numbers=own.numbers)
