"""The figure of a training: its losses, the entropy of its heads, and the weights of a sentence at some steps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attncli.analysis.measures import entropy
from attncli.arrays import Array
from attncli.extras import package
from attncli.training.watching import History
from attncli.views.figure.content import AS_NEEDED, Figure, Kind, Look, Scale, labels
from attncli.views.figure.frame import PITCH, POINTS
from attncli.views.figure.heat import SEAM, colours
from attncli.views.figure.legend import draw_bar
from attncli.views.figure.measure import NEEDED_FOR, width
from attncli.views.figure.page import Page, lines_of
from attncli.views.scale import color_scale

WIDE = 7.0  # inches, where no width is given
CURVES, GAP, AXIS, KEY = 1.75, 0.2, 0.55, 0.85  # inches: the height of a curve; around it; beside it; of the scale
MOST_HEADS, MOST_STEPS, WIDE_ENOUGH = 4, 4, 5.0  # the last one in inches, for so many steps
LABEL, WHAT = 7.0, 8.0  # points
LONGEST = 0.9  # inches of a word
INK, PALE, LINE = "#444444", "#9db4d3", "#777777"
STROKES = (("#00336f", "o"), ("#a03b00", "s"), ("#4a6a00", "^"), ("#7a3b8f", "D"))


@dataclass(frozen=True, eq=False)
class Course(Figure):
    """The course of a training; `heads` are those that are drawn, `words` those of the sentence."""

    title: str
    what: str
    history: History
    words: tuple[str, ...]
    heads: tuple[int, ...]
    notes: tuple[str, ...] = ()
    look: Look = AS_NEEDED

    def texts(self) -> Iterator[str]:
        """Every text that may hold other people's words."""
        yield from (self.title, self.what, *self.notes, *self.words)

    def rewritten(self, change: Callable[[str], str]) -> "Course":
        """With each of these texts changed."""
        notes, words = tuple(map(change, self.notes)), tuple(map(change, self.words))
        return replace(self, title=change(self.title), what=change(self.what), notes=notes, words=words)

    @property
    def shown(self) -> list[int]:
        """The looks whose weights are drawn: from the first to the kept one; where that is the first, to the last."""
        last = self.history.kept or len(self.history.looks) - 1
        most = MOST_STEPS if (self.look.width or WIDE) >= WIDE_ENOUGH else 2
        return [*dict.fromkeys(round(float(at)) for at in np.linspace(0, last, most))]

    def draw(self, kind: Kind) -> Any:
        """The curves, and under them a line of maps a head, on matplotlib's figure; it has no kinds."""
        across = self.look.width or WIDE
        grid = _Grid.of(self, across - 2 * self.look.margin)
        over, under = lines_of(self, (*self.notes, *grid.remarks(len(self.words))), across)
        texts = sum(each.height for each in (*over, *under))
        curves = (CURVES + AXIS) * (1 if across >= WIDE_ENOUGH else 2)
        high = curves + grid.height + 2 * GAP
        page = Page(across, 2 * self.look.margin + texts + high, self.look.margin)
        top = self.look.margin
        for text in over:
            top = page.write_lines(top, text)
        _draw_curves(self, page, top + GAP, across)
        grid.draw(self, page, top + GAP + curves)
        top += high
        for text in under:
            top = page.write_lines(top, text)
        return page.figure


def course_content(history: History, title: str, what: str) -> Course:
    """The figure of a training, with the heads whose entropy changed most where there are many."""
    first, last = history.looks[0], history.looks[-1]
    changed = np.abs(last.entropies - first.entropies)  # [n_head]
    heads = sorted(np.argsort(-changed, kind="stable")[:MOST_HEADS].tolist())
    some = f"{len(heads)} of {len(changed)} heads, those whose entropy changed most"
    notes = (
        f"held out: {history.sentences} sentences that training never sees; guessing: all candidates alike",
        "entropy: bits a row, the mean over these sentences, over a map that of its own rows; 0 is one word alone",
        f"maps: one of these sentences, a row a query, a column a key; hatched: the word itself; {_kept(history)}",
        *((some,) if len(heads) < len(changed) else ()),
    )
    return Course(title, what, history, labels(history.words), tuple(heads), notes)


def _kept(history: History) -> str:
    """The step whose heads are in the file."""
    return f"the file has the heads of step {history.looks[history.kept].step:,}"


def _draw_curves(course: Course, page: Page, top: float, across: float) -> None:
    """The losses, and the entropies beside them, or where that is too narrow below them."""
    beside = across >= WIDE_ENOUGH
    wide = (across - 2 * page.margin - GAP) / (1 + beside) - AXIS
    left, history = page.margin + AXIS, course.history
    axes = _curve_axes(page, left, top, wide, "loss, nats")
    steps, losses = _finite(np.array(history.losses, dtype=float).reshape(-1, 2).T)
    axes.plot(steps, losses, color=PALE, linewidth=1.0, label="training")
    at, held_out = _finite(np.array([(look.step, look.loss) for look in history.looks], dtype=float).T)
    axes.plot(at, held_out, color=STROKES[0][0], linewidth=1.4, marker="o", markersize=2.5, label="held out")
    axes.axhline(history.guess, color=LINE, linewidth=0.8, linestyle="--", label="guessing")
    axes.legend(loc="best", frameon=False, fontsize=LABEL)
    place = (left + wide + GAP + AXIS, top) if beside else (left, top + CURVES + AXIS)
    axes = _curve_axes(page, *place, wide, "entropy, bits a row")
    bits = np.array([look.entropies for look in history.looks])  # [looks, n_head]
    for head, (ink, marker) in zip(course.heads, STROKES, strict=False):
        axes.plot(at, bits[:, head], color=ink, linewidth=1.2, marker=marker, markersize=2.5, label=f"head {head}")
    axes.legend(loc="best", frameon=False, fontsize=LABEL)


def _finite(points: Array) -> Array:
    return np.where(np.isfinite(points), points, np.nan)


def _curve_axes(page: Page, left: float, top: float, wide: float, name: str) -> Any:
    """Axes over the steps of training, with their names."""
    axes = page.axes(left, top, wide, CURVES)
    ticks = package("matplotlib.ticker", NEEDED_FOR)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(ticks.MaxNLocator(5, steps=[1, 2, 5, 10], integer=axis is axes.xaxis))
        axis.set_major_formatter(ticks.ScalarFormatter(useOffset=False))
    axes.tick_params(length=2, width=0.5, pad=2, labelsize=LABEL)
    centred: dict[str, Any] = {"ha": "center", "color": INK}
    page.write(left + wide / 2, top + CURVES + 0.22, "step", WHAT, **centred)
    turned = centred | {"rotation": 90, "rotation_mode": "anchor"}
    page.write(left - 0.38, top + CURVES / 2, name, WHAT, **turned)
    return axes


@dataclass(frozen=True)
class _Grid:
    """The maps, in inches: a side of one, the room of the words before and below them, and the number of lines."""

    side: float
    words: float
    lines: int

    @classmethod
    def of(cls, course: Course, across: float) -> "_Grid":
        """As large as the page is wide."""
        words = max(width(_short(word), LABEL) for word in course.words) / POINTS + 0.08
        room = across - words - 0.2 - KEY - (len(course.shown) - 1) * GAP / 2
        return cls(min(room / len(course.shown), 1.5), words, len(course.heads))

    @property
    def above(self) -> float:
        """The room of the title over a map."""
        return PITCH * LABEL / POINTS + 0.04

    @property
    def height(self) -> float:
        """Of all lines, with the words below the last."""
        return self.lines * (self.side + self.above + 0.06) + self.words

    def every(self, n: int) -> int:
        """One word in so many is written."""
        return int(np.ceil(1.15 * LABEL * n / (POINTS * self.side)))

    def remarks(self, n: int) -> tuple[str, ...]:
        """What a sentence of n words leaves out."""
        return (f"one word in {self.every(n)} is written along the sides",) * (self.every(n) > 1)

    def draw(self, course: Course, page: Page, top: float) -> None:
        """A line a head, a map a step; the words before the first and below the last."""
        looks = course.history.looks
        drawn = [np.nan_to_num(looks[at].weights[list(course.heads)]) for at in course.shown]  # [heads, n, n] each
        scale = Scale("weight", color_scale("largest", [*np.concatenate(drawn)], what="weight"))
        left = page.margin + 0.2 + self.words
        for line, head in enumerate(course.heads):
            middle = top + self.above + self.side / 2
            style: dict[str, Any] = {"ha": "center", "rotation": 90, "rotation_mode": "anchor"}
            page.write(page.margin + 0.12, middle, f"head {head}", WHAT, **style)
            for place, at in enumerate(course.shown):
                axes = page.axes(left + place * (self.side + GAP / 2), top + self.above, self.side, self.side)
                _draw_map(axes, drawn[place][line], course, scale)
                title = self._title(looks[at].step, drawn[place][line], course.history.hidden)
                page.write(left + place * (self.side + GAP / 2), top, title, LABEL)
                self._name(course, axes, place == 0, line == self.lines - 1)
            top += self.side + self.above + 0.06
        start = left + len(course.shown) * (self.side + GAP / 2) + 0.05
        draw_bar(page, scale, start, top - self.lines * (self.side + self.above + 0.06), 1.3)

    def _title(self, step: int, weights: Array, hidden: Array) -> str:
        """The step of a map and, where there is room, the mean entropy of its rows that see something."""
        bits = float(entropy(weights)[~hidden.all(axis=-1)].mean())
        whole = f"step {step:,} · {bits:.2f} bits"
        return whole if width(whole, LABEL) / POINTS <= self.side + GAP / 2 else f"step {step:,}"

    def _name(self, course: Course, axes: Any, rows: bool, columns: bool) -> None:
        """The words along the sides; of very many every few."""
        places = np.arange(0, len(course.words), self.every(len(course.words)))
        axes.tick_params(length=0, pad=2, labelsize=LABEL)
        named = [_short(course.words[place]) for place in places]
        if rows:
            axes.set_yticks(places + 0.5, named)
        if columns:
            axes.set_xticks(places + 0.5, named, rotation=90, ha="center", va="top")


def _short(word: str) -> str:
    """A word as it fits beside a map, ending in … where it is longer."""
    cuts = (word, *(f"{word[:end]}…" for end in range(len(word) - 1, 0, -1)))
    return next((each for each in cuts if width(each, LABEL) <= LONGEST * POINTS), "…")


def _draw_map(axes: Any, weights: Array, course: Course, scale: Scale) -> None:
    """Its cells one by one; very many, of all maps together, as an image."""
    n, maps = len(weights), len(course.heads) * len(course.shown)
    axes.patch.set(hatch="//////", facecolor="white", edgecolor="#9a9a9a", linewidth=0)
    shown = np.ma.masked_array(scale.shares(weights), course.history.hidden)  # [n, n]
    drawn = {"cmap": colours(False), "vmin": 0.0, "vmax": 1.0}
    if maps * n * n <= course.look.most_cells:
        axes.pcolormesh(shown, edgecolors="face", linewidth=SEAM, **drawn)
    else:
        axes.imshow(shown, extent=(0, n, n, 0), interpolation="none", aspect="auto", **drawn)
    axes.set(xlim=(0, n), ylim=(n, 0))
