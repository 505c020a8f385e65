"""A logit lens: a row a layer with what the model would say there, or a table of all tokens."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.style import Style
from rich.text import Text

from attncli.recipes.logit_lens import EMBEDDING, Lens
from attncli.views.palette import cell_style
from attncli.views.rounding import as_short
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.prediction import closing, quoted, texts, title, token_name
from attncli.views.terminal.typeset import BOLD, DIM, bar, heading, wrap

NOT_SAID = (
    "the last norm and the output layer were not trained for the layers before the last: a lens shows what they can "
    "read there, not what the model says"
)
LONGEST_NAME, LONGEST_BAR, SHORTEST_BAR = 20, 30, 6  # cells
NARROWEST = 32  # cells; a narrower screen gets sentences
CELL = 9  # cells of a token in the table, the space before it among them
MOST_LINES = 240  # of a table with its numbers


def lens_lines(lens: Lens, screen: Screen) -> list[Text]:
    """The texts, the lens, then the notes."""
    prediction = lens.prediction
    lines = [*title(prediction, screen), Text(), *texts(prediction, screen)]
    remarks = [screen.own(NOT_SAID)]
    if lens.every:
        lines += [Text(), *_table(lens, screen, remarks)]
    else:
        for place in range(len(lens.positions)):
            lines += [Text(), *_place(lens, place, screen)]
    return [*lines, *closing(prediction, remarks, screen)]


def _heading(lens: Lens, place: int, screen: Screen) -> list[Text]:
    name = token_name(lens.prediction, lens.positions[place], screen)
    where = f"in the place of {name}" if lens.prediction.masked else f"after {name}"
    return heading("logit lens", f"what the model would say {where} if it stopped at a layer", screen)


def _place(lens: Lens, place: int, screen: Screen) -> Iterator[Text]:
    """Every layer at one place: its first token, and its probability and rank of the model's own answer."""
    yield from _heading(lens, place, screen)
    answer = quoted(lens.answers[place].token, screen)
    if screen.accessible or screen.columns < NARROWEST:
        for row in range(len(lens.layers)):
            yield from wrap([(_sentence(lens, row, place, answer, screen), "")], screen.columns, 2)
        return
    firsts = [quoted(row[place].top[0].token, screen) for row in lens.rows]
    ranks = [f"{rank:,}" for rank in lens.ranks[:, place].tolist()]
    width, rank = _widths(firsts, ranks, screen)
    yield _head(answer, width, rank, screen)
    for row, first in enumerate(firsts):
        yield _row(
            lens, row, place, pad(cut(first, width, screen.own("…")), width), pad(ranks[row], rank, "right"), screen
        )


NUMBERS = 5 + 2 + 2 + 5 + 2 + 5 + 2  # cells of the layer, both probabilities, and the spaces between


def _widths(firsts: Sequence[str], ranks: Sequence[str], screen: Screen) -> tuple[int, int]:
    """The cells of the first tokens and of the ranks; 0 for ranks that there is no room for."""
    rank = max(4, *map(len, ranks))
    rank *= screen.columns - NUMBERS - rank >= 8
    return max(5, min(max(map(cells, firsts)), LONGEST_NAME, screen.columns - NUMBERS - rank)), rank


def _head(answer: str, width: int, rank: int, screen: Screen) -> Text:
    numbers = "rank, probability" if rank else "probability"
    head = f"layer  {pad('says', width)}  prob.  of {answer}: {numbers}"
    return Text(cut(head, screen.columns, screen.own("…")), style=DIM, no_wrap=True)


def _row(lens: Lens, row: int, place: int, first: str, rank: str, screen: Screen) -> Text:
    says, share = float(lens.first[row, place]), float(lens.probabilities[row, place])
    line = Text(no_wrap=True)
    line.append(f"{lens.layers[row]:>5}", BOLD)
    line.append(f"  {first}  {says:.3f}  ")
    if rank.strip():
        line.append(f"{rank}  ")
    line.append(f"{share:.3f}")
    room = min(LONGEST_BAR, screen.columns - cells(line.plain) - 2)
    if room >= SHORTEST_BAR:
        line.append("  " + bar(share, room, screen), DIM)
    return line


def _sentence(lens: Lens, row: int, place: int, answer: str, screen: Screen) -> str:
    first, rank = quoted(lens.rows[row][place].top[0].token, screen), int(lens.ranks[row, place])
    own = f"{answer} has {lens.probabilities[row, place]:.3f}, rank {rank:,}"
    return f"{_layer(lens.layers[row])}: {first} {lens.first[row, place]:.3f}; {own}."


def _layer(number: int) -> str:
    return "Embedding" if number == EMBEDDING else f"Layer {number}"


def _table(lens: Lens, screen: Screen, remarks: list[str]) -> Iterator[Text]:
    """Every layer at every token: its first token and, where the lines suffice, its probability."""
    names = [token_name(lens.prediction, position, screen) for position in lens.positions]
    where = "in its place" if lens.prediction.masked else "after it"
    shaded = "; the colour is its probability" * screen.coloured
    yield from heading("logit lens", f"under each token what a layer would say {where}{shaded}", screen)
    if screen.accessible or screen.columns < NARROWEST:
        for place, name in enumerate(names):
            yield from wrap([(_sentences(lens, place, name, screen), "")], screen.columns, 2)
        return
    blocks = _blocks(len(names), screen)
    numbered = len(blocks) * len(lens.layers) * 2 <= MOST_LINES
    if not numbered:
        remarks.append("the probabilities are left out of so large a table; they are in --json")
    for columns in blocks:
        if columns.start:
            yield Text()
        yield from _block(lens, columns, names, numbered, screen)


def _sentences(lens: Lens, place: int, name: str, screen: Screen) -> str:
    said = (
        f"{_layer(layer)} {quoted(row[place].top[0].token, screen)} {row[place].top[0].probability:.2f}"
        for layer, row in zip(lens.layers, lens.rows, strict=True)
    )
    return f"{name}: {', '.join(said)}."


def _blocks(n: int, screen: Screen) -> list[range]:
    across = max(1, (screen.columns - 5) // CELL)
    return [range(at, min(at + across, n)) for at in range(0, n, across)]


def _block(lens: Lens, columns: range, names: Sequence[str], numbered: bool, screen: Screen) -> Iterator[Text]:
    mark = screen.own("…")
    heads = (" " + pad(cut(names[place], CELL - 1, mark), CELL - 1, "right") for place in columns)
    yield Text(pad("layer", 5) + "".join(heads), style=DIM, no_wrap=True)
    for row, layer in enumerate(lens.layers):
        said, shares = (Text.assemble((pad(text, 5, "right"), BOLD), no_wrap=True) for text in (str(layer), ""))
        for place in columns:
            share = float(lens.first[row, place])
            style = _style(share, screen)
            for line, text in ((said, _shown(lens, row, place, screen)), (shares, as_short(round(100 * share)))):
                line.append(" ")
                line.append(pad(text, CELL - 1, "right"), style)
        yield said
        if numbered:
            yield shares


def _shown(lens: Lens, row: int, place: int, screen: Screen) -> str:
    token = lens.rows[row][place].top[0].token
    return cut(screen.word(token.strip()) or quoted(token, screen), CELL - 1, screen.own("…"))


def _style(share: float, screen: Screen) -> str | Style:
    return cell_style(round(float(np.clip(share, 0, 1)), 2), screen.colours) if screen.coloured else ""
