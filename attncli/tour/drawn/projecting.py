"""Screen 4: queries, keys and values."""

from attncli.arrays import Array
from attncli.tour.drawn.parts import NARROW, Part, Said, number, paragraph, table, word
from attncli.tour.walk import Tour
from attncli.views.formula import Formula, formula_of
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.typeset import Piece

FIRST = 4


def projecting_parts(tour: Tour, screen: Screen) -> list[Part]:
    """The three vectors of one word, and scores that depend on who asks."""
    value = tour.projecting
    name, d_model = names(tour.explanation.sentence, screen)[value.word], tour.explanation.inputs.x.shape[1]
    first = min(FIRST if screen.columns >= NARROW else FIRST // 2, len(value.query), len(value.value))
    intro = paragraph(
        screen,
        "Above, one vector did three jobs. Now each job gets its own projection of it, a matrix of numbers: the query "
        "is what a word asks for, the key what it offers to be found by, the value what it gives on.",
    )
    rows = [
        [f"{letter} = V·w_{letter}", what, str(len(vector)), _numbers(vector, first)]
        for letter, what, vector in (
            ("q", "asks", value.query),
            ("k", "offers", value.key),
            ("v", "gives", value.value),
        )
    ]
    figure = table([name, "", "numbers", f"first {first}"], rows, screen)
    where = paragraph(screen, f"w_q, w_k and w_v turn {d_model} numbers into these. {_origin(tour)}")
    return [intro, figure, where, _direction(tour, screen)]


def _numbers(vector: Array, first: int) -> str:
    return "  ".join(f"{each:6.2f}" for each in vector[:first])


def _origin(tour: Tour) -> str:
    """Where the projections come from, in a sentence."""
    if tour.projecting.explanation.settings.projections == "trained":
        besides = ", ".join(tour.projecting.besides)
        told = "These were trained: a word should look at the words that best predict it."
        return told + (f" Besides: {besides}." if besides else "")
    return "These are random, not trained: they show the steps, and what they weigh means nothing."


def _direction(tour: Tour, screen: Screen) -> Part:
    value, labels = tour.projecting, names(tour.explanation.sentence, screen)
    name = word(labels[value.word])
    if value.other is None:
        return paragraph(screen, name, " has no other word to look at here.")
    other = word(labels[value.other])
    found: list[Said] = [name, " now looks most at ", other, " (", number(f"{value.weights[value.other]:.2f}"), "). "]
    same: list[Said] = ["Without projections these two have one score, ", number(as_number(value.plain)), ". "]
    asking, asked = _formula(tour, value.word), _formula(tour, value.other)
    made = f"With them a score is {asking.text}: "
    scores = _gets(name, other, f"{asking.worked(0, value.other)} = ", value.asking)
    back = _gets(other, name, f"{asked.worked(0, value.word)} = ", value.asked)
    return paragraph(screen, *found, *same, made, *scores, ", ", *back, ".")


def _formula(tour: Tour, query: int) -> Formula:
    terms = tour.projecting.explanation.layers[0].terms([query])
    assert terms is not None
    return formula_of(terms, 0)


def _gets(query: Piece, key: Piece, worked: str, score: float) -> list[Said]:
    return [query, " asking ", key, f" gets {worked}", number(as_number(score))]


def projecting_command(tour: Tour) -> tuple[str, ...]:
    """The same head."""
    return ("explain", "--mode", "qkv")
