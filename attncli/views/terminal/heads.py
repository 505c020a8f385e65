"""The heads of a model: a grid of layers by heads, the map of their kinds, and their ranking."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from rich.style import Style
from rich.text import Text

from attncli.analysis.kinds import ANCHOR, BROADLY, CONTENT, NEXT, PREVIOUS, SAME, HeadKinds
from attncli.analysis.patterns import RankedHead
from attncli.recipes.differences import Difference
from attncli.recipes.explanation import Explanation
from attncli.recipes.head_ranking import HeadRanking
from attncli.recipes.word_places import places_of
from attncli.text.tokens import Sentence
from attncli.views.palette import cell_style
from attncli.views.rounding import as_short
from attncli.views.screen import Screen, pad
from attncli.views.terminal.heading import names, place, sentences
from attncli.views.terminal.typeset import BOLD, DIM, Block, bar, heading, notes, wrap

CELL = 6  # cells of a head, the space before it among them
NAME = 5  # cells for the name of a line


class Line(NamedTuple):
    """One of the lines of a layer: its name, and its text for (row, column) of the chosen layers and heads."""

    name: str
    cell: Callable[[int, int], tuple[str, str | Style]]


def head_grid(
    layers: Sequence[int], heads: Sequence[int], lines: Sequence[Line], screen: Screen, width: int = CELL
) -> Iterator[Text]:
    """The lines of every layer, its heads side by side, in blocks one under another where they do not fit."""
    label = len(str(layers[-1])) + 1
    for columns in blocks(layers, heads, screen, width):
        if columns.start:
            yield Text()
        numbers = "".join(pad(str(heads[column]), width, "right") for column in columns)
        yield Text(pad("head", label + NAME) + numbers, style=DIM, no_wrap=True)
        for row, layer in enumerate(layers):
            for at, line in enumerate(lines):
                number = pad("" if at else str(layer), label)
                drawn = Text.assemble((number, BOLD), (pad(line.name, NAME), DIM), no_wrap=True)
                for column in columns:
                    text, style = line.cell(row, column)
                    drawn.append(" ")
                    drawn.append(pad(text, width - 1, "right"), style)
                yield drawn


def blocks(layers: Sequence[int], heads: Sequence[int], screen: Screen, width: int = CELL) -> list[range]:
    """The columns of each block."""
    across = max(1, (screen.columns - len(str(layers[-1])) - 1 - NAME) // width)
    return [range(at, min(at + across, len(heads))) for at in range(0, len(heads), across)]


MOST_LINES = 180  # of a map with all its numbers
SHORT = {PREVIOUS: "prev", NEXT: "next", SAME: "same", ANCHOR: "first", BROADLY: "broad", CONTENT: "cont"}
AWAY = "away"  # in the place of the kind of a head that is taken away
KIND_DEFINITIONS = {
    PREVIOUS: "more than half of the weight on the token before",
    NEXT: "more than half on the token after",
    SAME: "more than half on the token itself",
    ANCHOR: "more than half on the first and the special tokens",
    BROADLY: "nearly even over all it may see",
    CONTENT: "none of these: it picks tokens by what they are",
}
NUMBERS = {"dist": "mean distance in tokens", "bits": "mean entropy of a row", "spec": "share on special tokens"}
CROSSING = {"cross": "share that crosses to the other text"}


def map_block(explanation: Explanation, kinds: HeadKinds, screen: Screen) -> Block:
    """Every chosen head with its kind and, where the lines suffice, distance, entropy and share on special tokens."""
    layers, heads = explanation.layer_numbers, explanation.head_numbers
    measures = _measures(kinds)
    numbered = len(layers) * len(blocks(layers, heads, screen)) * (2 + len(measures)) <= MOST_LINES
    lines = [Line("kind", partial(_kind, explanation, kinds, screen))]
    lines += [Line(name, partial(_measure, kinds, name)) for name in measures if numbered]
    remarks = ["all these numbers are in --json; one head whole: --layer L --head H"]
    if not numbered:
        remarks.insert(0, "distance, entropy and shares are left out of so large a map: choose --layer L")
    shaded = "; the colour is the share of its weight" * screen.coloured
    over = heading("map", f"a row a layer, a column a head: what it does here{shaded}", screen)
    return Block([*over, *head_grid(layers, heads, lines, screen)], tuple(remarks))


def is_away(explanation: Explanation, row: int, column: int) -> bool:
    """Whether the head of a chosen layer, by their places, is taken away."""
    layer, head = explanation.layer_numbers[row], explanation.head_numbers[column]
    return isinstance(explanation.changes, Difference) and explanation.changes.takes(layer, head)


def legend(kinds: HeadKinds, screen: Screen) -> list[Text]:
    """The definitions of the short names on this map."""
    found = [kind for kind in SHORT if (kinds.kind == kind).any()]
    meant = [(SHORT[kind], f"{kind}: {KIND_DEFINITIONS[kind]}") for kind in found] + list(_measures(kinds).items())
    lines = [wrap([(pad(short, CELL), BOLD), (text, DIM)], screen.columns, hanging=CELL) for short, text in meant]
    return [line for some in lines for line in some]


def _measures(kinds: HeadKinds) -> Mapping[str, str]:
    """The numbers of a head, by short name; of one text nothing crosses."""
    return NUMBERS if kinds.crossing is None else NUMBERS | CROSSING


def _kind(explanation: Explanation, kinds: HeadKinds, screen: Screen, row: int, head: int) -> tuple[str, str | Style]:
    if is_away(explanation, row, head):
        return AWAY, DIM
    style = cell_style(round(_strength(kinds, row, head), 2), screen.colours) if screen.coloured else ""
    return SHORT[str(kinds.kind[row, head])], style


def _measure(kinds: HeadKinds, name: str, row: int, head: int) -> tuple[str, str | Style]:
    return _number(kinds, name, row, head), ""


def _strength(kinds: HeadKinds, row: int, head: int) -> float:
    """The share of the head's weight that its kind accounts for; a kind without a share has hardly any colour."""
    shares = {PREVIOUS: kinds.previous, NEXT: kinds.next, SAME: kinds.same, ANCHOR: kinds.anchor}
    found = shares.get(str(kinds.kind[row, head]))
    return 0.0 if found is None else float(found[row, head])


def _number(kinds: HeadKinds, name: str, row: int, head: int) -> str:
    share = {"spec": kinds.special, "cross": kinds.crossing}.get(name)
    if share is not None:
        return as_short(round(100 * float(share[row, head])))
    value = kinds.distance[row, head] if name == "dist" else kinds.entropy[row, head]
    return f"{float(value):.2f}" if value < 10 else f"{float(value):.1f}"


def kind_sentences(explanation: Explanation, kinds: HeadKinds) -> Iterator[str]:
    """The kind of each head, a sentence each."""
    for row, layer in enumerate(explanation.layer_numbers):
        for column, head in enumerate(explanation.head_numbers):
            distance, bits = (_number(kinds, name, row, column) for name in ("dist", "bits"))
            measured = f"{NUMBERS['dist']} {distance}, {NUMBERS['bits']} {bits} bits"
            special = f"{NUMBERS['spec']} {float(kinds.special[row, column]):.2f}"
            if kinds.crossing is not None:
                special += f", {CROSSING['cross']} {float(kinds.crossing[row, column]):.2f}"
            away = ", taken away" * is_away(explanation, row, column)
            yield f"Layer {layer}, head {head}{away}: {kinds.kind[row, column]}; {measured}, {special}."


LONGEST_BAR, NARROWEST = 40, 24  # cells
PATTERN_MEANINGS = {
    "previous": "weight on the token before",
    "next": "weight on the token after",
    "duplicate": "weight on earlier occurrences of the same token",
    "induction": "weight on the tokens that came after earlier occurrences of the same token",
}


def ranking_lines(ranking: HeadRanking, screen: Screen) -> list[Text]:
    """The first heads, a line each, with a bar."""
    model = ranking.model
    size = screen.own(f"({model.size})")
    part = "" if ranking.part is None else screen.own(f" · part {ranking.part}")
    lines = wrap([("attn heads  ", BOLD), (f"{screen.word(model.name)} {size}{part}", "")], screen.columns, 2)
    lines += [Text(), *sentences(ranking.sentence, ranking.memory, screen), Text()]
    lines += heading("heads", _by(ranking, screen), screen)
    shown = ranking.heads[: ranking.top]
    lines += (line for each in shown for line in _head(each, ranking, screen))
    first = ranking.heads[0]
    rest = len(ranking.heads) - len(shown)
    remarks = [f"{rest} more heads: --top K, or --json"] * (rest > 0)
    where = "" if ranking.part in (None, "encoder") else f" --target … --part {ranking.part}"
    remarks.append(f"look at the first: attn explain … --model …{where} --layer {first.layer} --head {first.head}")
    return [*lines, Text(), *notes([*remarks, *ranking.remarks], screen), *notes(ranking.warnings, screen, "warning")]


def _head(each: RankedHead, ranking: HeadRanking, screen: Screen) -> list[Text]:
    """One head with its numbers, and a bar of its rank's measure where there is room."""
    measured = [f"{name} {value:{form}}" for name, value, form in _against(each, ranking.by_lift)]
    if screen.accessible or screen.columns < NARROWEST:
        numbers = ", ".join([f"{each.score:.3f}", *measured])
        return wrap([(f"Layer {each.layer}, head {each.head}: {numbers}.", "")], screen.columns)
    line = Text(f"layer {each.layer:>2}  head {each.head:>2}  {each.score:.3f}", no_wrap=True)
    for measure in measured:
        line.append(f"  {measure}" * (len(line) + 2 + len(measure) <= screen.columns))
    longest = min(LONGEST_BAR, screen.columns - len(line) - 4)
    if longest > 5:
        most = max(_ranked_by(head, ranking) for head in ranking.heads) or 1.0
        line.append("  " + bar(max(0.0, _ranked_by(each, ranking)) / most, longest, screen), DIM)
    return [line]


def _against(each: RankedHead, by_lift: bool) -> list[tuple[str, float, str]]:
    """The measures beside the weight, the one of the ranking first: there may be no room for both."""
    if each.mean is None or each.lift is None:
        return []
    against = [("mean", each.mean, ".3f"), ("lift", each.lift, "+.3f")]
    return against[::-1] if by_lift else against


def _ranked_by(each: RankedHead, ranking: HeadRanking) -> float:
    return each.lift if ranking.by_lift and each.lift is not None else each.score


def _by(ranking: HeadRanking, screen: Screen) -> str:
    if ranking.pattern is not None:
        return f"by their share of {PATTERN_MEANINGS[ranking.pattern]}"
    from_ = _name(ranking.sentence, ranking.from_ or (), screen)
    to = _name(ranking.key_sentence, ranking.to or (), screen)
    return f"by the weight from {from_} on {to}" + f", over the mean of all tokens on {to}" * ranking.by_lift


def _name(sentence: Sentence, pieces: tuple[int, ...], screen: Screen) -> str:
    """The word of one token or several, with its place behind it where the sentence has it twice."""
    if len(pieces) == 1:
        return names(sentence, screen)[pieces[0]]
    text = sentence.text[sentence.tokens[pieces[0]].start : sentence.tokens[pieces[-1]].end]
    again = len(places_of(sentence, text.casefold())) > 1
    return screen.word(text) + place(pieces[0], screen) * again
