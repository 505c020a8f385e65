"""Heads held against a treebank: the finding on held-out sentences, then a row a relation with its best head."""

from collections.abc import Iterator, Sequence
from os.path import basename
from typing import NamedTuple

from rich.text import Text

from attncli.analysis.relations import LOOKS
from attncli.corpus.inputs import said
from attncli.corpus.treebank_heads import HeadScore, HeldOut, RelationHeads, TreebankHeads
from attncli.errors import Setting
from attncli.settings.wording import Remark
from attncli.views.rounding import counted
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.typeset import BOLD, DIM, bar, heading, notes, wrap

LONGEST_BAR, LEAST_BAR, NARROWEST, LONGEST_RELATION = 24, 3, 30, 16  # cells
MOST_FILES = 3  # that are named
RIGHT = "right"
#: The columns that a narrow screen goes without, in this order.
DISPENSABLE = ("interval", "pairs", "distance", "looking", "held out")
OPTIMISTIC = "chosen and judged on the same sentences, which is optimistic"
LOOKING = {"dependent": "dependant", "head": "head word"}
NOT_SAID = "attention that points at a word is no proof that the model uses it; taking heads away: "


class Column(NamedTuple):
    """A column of the table: its title, its cell of each relation, whether those stand at the left, the gap before."""

    title: str
    cells: Sequence[str]
    left: bool = False
    gap: int = 2

    @property
    def width(self) -> int:
        """The widest of its cells."""
        return max(map(cells, (self.title, *self.cells)))

    def cell(self, at: int | None) -> str:
        """A cell, or the title."""
        return pad(self.title if at is None else self.cells[at], self.width, "left" if self.left else "right")


def treebank_lines(found: TreebankHeads, screen: Screen) -> list[Text]:
    """The finding, a line a relation, and what the figures do not say; no line is wider than the screen."""
    source = f"{screen.word(found.source.name)} {screen.own(f'({found.source.size})')}"
    lines = wrap([("attn heads  ", BOLD), (f"{source}, against {files_named(found, screen)}", "")], screen.columns, 2)
    lines += [*wrap([("  ", ""), (sizes(found), "")], screen.columns, 2), Text()]
    lines += [*wrap([("finding  ", BOLD), (finding(found, screen), "")], screen.columns, 2), Text()]
    lines += heading("relations", _explained(found), screen)
    if screen.accessible or screen.columns < NARROWEST:
        lines += [each for one in found.relations for each in wrap([(_spoken(one, screen), "")], screen.columns, 2)]
    else:
        lines += _table(found, screen)
    return [*lines, Text(), *notes(_remarks(found), screen), *notes(found.warnings, screen, "warning")]


def files_named(found: TreebankHeads, screen: Screen) -> str:
    """The names of the first files, and how many more there are."""
    named = [screen.word(said(basename(each))) for each in found.files[:MOST_FILES]]
    more = len(found.files) - len(named)
    return ", ".join(named) + f" and {more} more" * (more > 0)


def sizes(found: TreebankHeads) -> str:
    """How much was read and counted."""
    pairs = counted(found.pairs - found.pairs_unmapped, "pair")
    words = counted(found.words, "word")
    return f"{counted(found.sentences, 'sentence')}, {words}, {pairs} of a dependant and its head word"


def finding(found: TreebankHeads, screen: Screen) -> str:
    """How many relations have a head beyond the best fixed distance on held-out sentences, and the clearest of them."""
    judged = sum(each.held_out is not None for each in found.relations)
    if not judged:
        return "no relation has pairs both among the sentences that heads are chosen on and among others: no judgement"
    beyond = found.beyond
    who = "a head" if len(found.layers) * len(found.heads) > 1 else "this head"
    where = "beyond the best fixed distance, on sentences that it was not chosen on"
    if not beyond:
        return f"in none of {counted(judged, 'relation')} is {who} {where}"
    found_in = f"in {len(beyond)} of {counted(judged, 'relation')} {who} is {where}"
    clearest = max(beyond, key=_margin)
    held = clearest.held_out
    assert held is not None
    shares = f"right about {held.accuracy:.0%} of {held.count:,} pairs, the best distance about {held.baseline:.0%}"
    head = f"head {held.layer}.{held.head}, a {LOOKS[held.direction]}"
    return f"{found_in}; the clearest: {screen.word(clearest.relation)}, {head}, {shares}"


def _margin(relation: RelationHeads) -> float:
    """By how far the interval of the held-out judgement is above its baseline."""
    held = relation.held_out
    return -1.0 if held is None else held.interval[0] - held.baseline


def _explained(found: TreebankHeads) -> str:
    if len(found.layers) * len(found.heads) == 1:
        return f"by pairs; how often head {found.layers[0]}.{found.heads[0]} is right, in its better direction"
    return "by pairs; the head that is right about most of them, of all heads and both directions"


def _table(found: TreebankHeads, screen: Screen) -> Iterator[Text]:
    """The columns with gaps, and the bar behind the accuracy as long as there is room."""
    columns = _fitting(_columns(found, screen), screen.columns)
    room = min(LONGEST_BAR, screen.columns - _width(columns) - 1)
    for at in (None, *range(len(found.relations))):
        text = Text(no_wrap=True)
        for column in columns:
            text.append(" " * column.gap * bool(text) + column.cell(at), DIM if at is None else "")
            if column.title == RIGHT and room >= LEAST_BAR:
                share = "" if at is None else bar(found.relations[at].best.accuracy, room, screen)
                text.append(" " + pad(share, room), DIM)
        text.rstrip()
        yield text


def _width(columns: Sequence[Column]) -> int:
    return sum(each.width + each.gap for each in columns) - columns[0].gap


def _fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns that there is room for, those left out that can be done without first."""
    left = [*columns]
    for title in DISPENSABLE:
        if _width(left) > width:
            left = [each for each in left if each.title != title]
    return left


def _columns(found: TreebankHeads, screen: Screen) -> list[Column]:
    """All columns, from left to right."""
    every, best = found.relations, [each.best for each in found.relations]
    names = (cut(screen.word(each.relation), LONGEST_RELATION, screen.own("…")) for each in every)
    return [
        Column("relation", [*names], left=True),
        Column("pairs", [f"{each.count:,}" for each in every]),
        Column("head", [f"{each.layer}.{each.head}" for each in best], left=True),
        Column("looking", [LOOKING[each.direction] for each in best], left=True),
        Column(RIGHT, [f"{each.accuracy:.2f}" for each in best]),
        Column("interval", [_interval(each) for each in best], left=True),
        Column("distance", [f"{each.baseline:.2f} {each.offset:+}" for each in every], left=True, gap=1),
        Column("held out", [_judged(each.held_out) for each in every], left=True),
    ]


def _interval(score: HeadScore) -> str:
    """The interval, and a sign where all of it is above the best fixed distance."""
    low, high = score.interval
    return f"{low:.2f}-{high:.2f}" + (" >" if score.beats else "")


def _judged(held: HeldOut | None) -> str:
    """The accuracy on other sentences, and the share of the distance there."""
    return "" if held is None else f"{held.accuracy:.2f} {'>' if held.beats else ' '} {held.baseline:.2f}"


def _spoken(each: RelationHeads, screen: Screen) -> str:
    best, held = each.best, each.held_out
    looks = f"Head {best.head} of layer {best.layer}, a {LOOKS[best.direction]}"
    right = f"is right about {best.accuracy:.2f} of them, from {best.interval[0]:.2f} to {best.interval[1]:.2f}"
    distance = f"the best fixed distance, {each.offset:+}, about {each.baseline:.2f}"
    beyond = "beyond it" if best.beats else "not beyond it"
    said = f"{screen.word(each.relation)}, {each.count:,} pairs. {looks}: {right}; {distance}: {beyond}."
    if held is None:
        return f"{said} Held out: no judgement."
    head = f"head {held.head} of layer {held.layer}, {LOOKING[held.direction]} looking"
    judged = f"{held.accuracy:.2f} of {held.count:,} pairs, the distance {held.baseline:.2f}"
    return f"{said} Held out: {head}, {judged}: {'beyond it' if held.beats else 'not beyond it'}."


def _remarks(found: TreebankHeads) -> Iterator[str]:
    """How the columns are read, and what they do not say."""
    yield f"right, interval, distance: {OPTIMISTIC}"
    yield f"held out: {held_out_on(found)}"
    yield "interval: 95 % (Wilson); > : all of it is above the best distance, +1 if the head word is the next word"
    yield from remarks_of(found)
    if len(found.layers) * len(found.heads) > 1:
        head = found.relations[0].best
        yield Remark(("all relations of one head: ", Setting("layer", head.layer), " ", Setting("head", head.head)))


def held_out_on(found: TreebankHeads) -> str:
    """The sentences that heads were chosen on, and those that they were judged on."""
    chosen = "the first half of the sentences, judged on the second"
    if found.choose_on is not None:
        chosen = f"{said(basename(found.choose_on))}, judged on all sentences"
    return f"head and distance chosen on {chosen}"


def remarks_of(found: TreebankHeads) -> Iterator[str]:
    """Remarks that belong to any view: what the figures do not say, and what was not counted."""
    yield Remark((NOT_SAID, Setting("by", "effect")))
    if found.pairs_unmapped:
        are = "is" if found.pairs_unmapped == 1 else "are"
        lost = f"{found.pairs_unmapped:,} of {counted(found.pairs, 'pair')} {are} not counted"
        tokenless = f"{counted(found.words_unmapped, 'word')} without a token"
        yield f"{lost}: {tokenless}, or both words in one token"
    if found.unread:
        yield f"sentences that were passed over: {len(found.unread):,}"
    yield from found.remarks
