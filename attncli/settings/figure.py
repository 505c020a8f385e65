"""The options of figures: their width on the page, their resolution, and the parts that are left out."""

import re
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from attncli.errors import Setting, UsageError, Words
from attncli.settings.effect import Values, With, Written
from attncli.settings.option import Whole, option

FIGURED = ("svg", "pdf", "png")
KINDS = ("heat", "arcs")
DOTS = 200  # an inch
WIDTHS = {"column": 3.25, "text": 6.75}  # inches: of a column, and of the text over two columns
LEAST_WIDTH, MOST_WIDTH = 2.0, 40.0

figure_option = partial(option, "Figures")


def check_width(setting: str, value: Any) -> float:
    """A width in inches: that of a name, or a number; a UsageError for anything else."""
    try:
        inches = WIDTHS[value] if value in WIDTHS else float(value)
    except (TypeError, ValueError):
        inches = 0.0
    if not LEAST_WIDTH <= inches <= MOST_WIDTH:
        reason = f"expected column, text or inches from {LEAST_WIDTH:g} to {MOST_WIDTH:g}"
        raise UsageError(reason, "column is 3.25 inches, text is 6.75", setting=setting, value=value)
    return inches


class Drawn(NamedTuple):
    """A figure is written, in one of these formats: as the output, or beside it as the `picture` of a command."""

    formats: tuple[str, ...]

    def holds(self, values: Values) -> bool:
        """Whether it is."""
        if "picture" not in values:
            return Written(self.formats).holds(values)
        return (values["picture"] or "").lower().endswith(tuple(f".{each}" for each in self.formats))

    def words(self, values: Values) -> Words:
        """The options for the figure."""
        if "picture" not in values:
            return Written(self.formats).words(values)
        return ("without ", Setting("picture", f"FILE.{self.formats[0]}"))


@dataclass(frozen=True)
class PictureOptions:
    """The form of a figure."""

    width: float | None = figure_option(
        None,
        "The exact width of a figure: 3.25, 6.75 or so many inches; its letters stay 6 points or larger.",
        check=check_width,
        metavar="column|text|INCHES",
        values=(*WIDTHS,),
        typed=str,
        needs=[Drawn(FIGURED)],
    )
    dpi: int = figure_option(
        DOTS, "Dots an inch of a .png.", check=Whole(20, 2400), metavar="N", needs=[Drawn(("png",))]
    )
    bare: bool = figure_option(False, "A figure without title and notes.", needs=[Drawn(FIGURED)])


def check_shown(setting: str, value: Any) -> tuple[str, ...]:
    """Layers and heads like 1.7; a UsageError for anything else."""
    parts = [each.strip() for part in ([value] if isinstance(value, str) else value) for each in str(part).split(",")]
    found = [re.fullmatch(r"(\d{1,6})\.(\d{1,6})", each, re.ASCII) for each in parts]
    for part, each in zip(parts, found, strict=True):
        if each is None:
            reason = "expected layers and heads like 1.7,2.0"
            raise UsageError(reason, "the numbers are those of attn models info", setting=setting, value=part)
    return tuple(dict.fromkeys(f"{int(each[1])}.{int(each[2])}" for each in found if each))


@dataclass(frozen=True)
class FigureOptions(PictureOptions):
    """The content and the form of a figure."""

    figure: str = figure_option("heat", "The content of .svg, .pdf and .png: maps or arcs.", values=KINDS)
    no_numbers: bool = figure_option(
        False, "A map without numbers in its cells.", needs=[Written(FIGURED), With("figure", ("heat",))]
    )


@dataclass(frozen=True)
class HeadFigureOptions(FigureOptions):
    """The content and the form of a figure of heads."""

    heads_shown: tuple[str, ...] = figure_option(
        (),
        "Only these heads of a model, each as LAYER.HEAD, with commas between.",
        check=check_shown,
        metavar="LIST",
        typed=str,
        needs=[With("model"), Written(FIGURED)],
    )
