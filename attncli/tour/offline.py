"""A tour as one offline page: contents, headings, prose that a window wraps, and drawings in two widths.

A drawing is a terminal's lines in its colours; for a screen reader it is sentences, as on an accessible screen.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html import escape
from itertools import groupby, zip_longest

from rich.text import Text

from attncli.tour import Lesson
from attncli.tour.inks import Inks
from attncli.tour.page import screen_parts, try_command
from attncli.tour.parts import Part, is_prose
from attncli.tour.whole import WholeTour
from attncli.views.page.frame import as_text, framed
from attncli.views.screen import Screen
from attncli.views.terminal.heading import closing

WIDTHS = {"wide": 80, "narrow": 40}  # cells of a drawing in a wide window, and on a phone
UNWRAPPED = 100_000
Lines = Sequence[Text]
Run = tuple[bool, Lines]  # whether the lines are prose


def whole_page(whole: WholeTour, scale: str = "auto") -> str:
    """The page; scale: the name of the scale of colours."""
    tour, inks = whole.tour, Inks()
    screen = Screen(UNWRAPPED, "truecolor", scale=scale)
    sections = "\n".join(_section(whole, number, screen, inks) for number in whole.numbers)
    about = f"The heads of {tour.explanation.source.name}" if tour.lesson.option == "--model" else "Attention"
    parts = {
        "title": as_text(f"{about}: {tour.text}"),
        "heading": as_text(f"{about}, on one sentence"),
        "sentence": as_text(tour.text),
        "contents": "\n".join(_contents(tour.lesson, whole.numbers)),
        "sections": sections,
    }
    return framed("tour.html", ("page.css", "access.css", "tour.css"), (), parts, inks.rules)


def _contents(lesson: Lesson, numbers: Iterable[int]) -> Iterator[str]:
    """The links to the screens, those that go deeper in a list of their own."""
    for deeper, some in groupby(numbers, lambda number: number > lesson.basics):
        items = "".join(f'<li value="{number}">{_link(lesson, number)}</li>' for number in some)
        part, parted = "Deeper" if deeper else "The basics", lesson.basics < len(lesson.screens)
        yield (f'<p class="hint">{part}</p>\n' if parted else "") + f"<ol>{items}</ol>"


def _link(lesson: Lesson, number: int) -> str:
    name, title = list(lesson.screens.items())[number - 1]
    return f'<a href="#{name}">{escape(title)}</a>'


def _section(whole: WholeTour, number: int, screen: Screen, inks: Inks) -> str:
    """A screen: its title, its parts, its command, and behind the first one the notes on the sentence."""
    tour, (name, title) = whole.tour, list(whole.tour.lesson.screens.items())[number - 1]
    blocks = "\n".join(block for block in _blocks(whole, number, screen, inks))
    notes = closing(tour.explanation, [], screen) if number == 1 else []
    said = "".join(f'<p class="note">{inks.text(line)}</p>' for line in notes if line.plain)
    command = as_text(try_command(tour, number, whole.named))
    return (
        f'<section id="{name}" aria-labelledby="{name}-title">\n<h2 id="{name}-title">{number}. {escape(title)}</h2>\n'
        f'{blocks}\n<p class="try">try: <code dir="auto">{command}</code></p>{said}\n</section>'
    )


def _blocks(whole: WholeTour, number: int, screen: Screen, inks: Inks) -> Iterator[str]:
    """The parts of a screen: paragraphs and drawings, each drawing in every width and in words."""

    def set_for(width: int, accessible: bool = False) -> list[Part]:
        return screen_parts(whole.tour, number, replace(screen, width=width, accessible=accessible))

    drawn = [set_for(width) for width in WIDTHS.values()]
    every_width = (set_for(UNWRAPPED), set_for(UNWRAPPED, True), *drawn)
    for flowing, spoken, *pictures in zip_longest(*every_width, fillvalue=()):
        shown, words = [_runs(part) for part in (flowing, *pictures)], _runs(spoken)
        if len({tuple(prose for prose, _ in runs) for runs in shown}) > 1 or not _alike(shown[0], words):
            yield _drawing([text for _, text in words], pictures, inks)  # other lines for other readers
            continue
        in_words = iter([text for prose, text in words if not prose])
        for (prose, lines), *drawings in zip(*shown, strict=True):
            if prose:
                yield "\n".join(f'<p dir="auto">{inks.text(line)}</p>' for line in lines)
            else:
                yield _drawing([next(in_words, [])], [each for _, each in drawings], inks)


def _alike(shown: Sequence[Run], words: Sequence[Run]) -> bool:
    """Whether the words for screen readers have the same paragraphs, and drawings in words for all or none."""
    prose = [[len(lines) for is_prose, lines in runs if is_prose] for runs in (shown, words)]
    drawings = [sum(not is_prose for is_prose, _ in runs) for runs in (shown, words)]
    return sum(prose[0]) == sum(prose[1]) and drawings[1] in (0, drawings[0])


def _runs(part: Lines) -> list[Run]:
    """The lines of a part that follow one another as prose, and those that are drawn."""
    return [(prose, [*lines]) for prose, lines in groupby((line for line in part if line.plain), is_prose)]


def _drawing(words: Sequence[Lines], pictures: Sequence[Lines], inks: Inks) -> str:
    """The lines of a drawing in every width, and its words for screen readers."""
    drawn = ["\n".join(map(inks.drawn, lines)) for lines in pictures]
    shown = "".join(
        f'<pre class="{width}" dir="ltr" aria-hidden="true">{text}</pre>'
        for width, text in zip(WIDTHS, drawn, strict=True)
    )
    spoken = "".join(f"<p>{escape(line.plain.strip())}</p>" for lines in words for line in lines)
    return f'<div class="drawn">{shown}<div class="spoken">{spoken}</div></div>'
