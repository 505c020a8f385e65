"""Screen 8: distance."""

from attncli.tour.distance import LENGTHS
from attncli.tour.drawn.parts import Part, Said, number, paragraph, table, word
from attncli.tour.walk import Tour
from attncli.views.rounding import as_number
from attncli.views.screen import Screen


def distance_parts(tour: Tour, screen: Screen) -> list[Part]:
    """The table of ever longer sentences, and what changes in them."""
    value = tour.distance
    first, last = (word(screen.word(end)) for end in value.ends)
    whose = "the first and the last word of the sentence" if value.own else "two words of our own"
    intro = paragraph(
        screen,
        *("Take ", first, " and ", last, f", {whose}, side by side; then with ever more words of the sentence "),
        f"between them, up to {LENGTHS[-1]} in all. How ",
        *(first, " looks at ", last, " in self-attention:"),
    )
    head = ["words", "score", "e^score", "sum of e^score", "weight"]
    rows = [
        [str(far.words), f"{far.score:.4f}", as_number(far.power), as_number(far.total), f"{far.weight:.3f}"]
        for far in value.far
    ]
    return [intro, table(head, rows, screen), _findings(tour, screen), _recurrent(tour, screen)]


def _findings(tour: Tour, screen: Screen) -> Part:
    value = tour.distance
    near, far = value.far[0], value.far[-1]
    score = "is the same to the last bit" if value.difference == 0 else f"differs by {value.difference:.0e}"
    falls = f"The sum grows from {as_number(near.total)} to {as_number(far.total)}, and so the weight goes from "
    shares: list[Said] = [number(f"{near.weight:.3f}"), " to ", number(f"{far.weight:.3f}")]
    told = ": more words to share with, and nothing else has changed."
    return paragraph(screen, f"At every distance the score {score}. {falls}", *shares, told)


def _recurrent(tour: Tour, screen: Screen) -> Part:
    steps = tour.distance.far[-1].words - 1
    return paragraph(
        screen,
        "A recurrent network hands on what it remembers from word to word: here ",
        f"{steps} steps, and what one of them drops is gone. Attention takes one step.",
    )


def distance_command(tour: Tour) -> tuple[str, ...]:
    """The longest sentence, seen from its first word."""
    return ("explain", "--word", "0", "--top", "3")
