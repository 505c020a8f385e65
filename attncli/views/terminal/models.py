"""The pages of `attn models`: the models that are there, one model in full, and one that could be pulled."""

from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from pathlib import Path

from rich.text import Text

from attncli.models.keeping import Listed
from attncli.models.model import Model
from attncli.models.pulling import MAIN, Offer
from attncli.views.screen import Screen, cells, pad
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, wrap
from attncli.views.terminal.vectors import done_lines, size

LEAST_STATE = 20  # cells that the last column of a table must have
PLACES = {"disk": "path", "cache": "Hugging Face cache", "home": "$ATTN_HOME/models", "package": "installed package"}
HEAD = ("name", "family", "parameters", "size", "place", "read by attn")
NUMBERS = (2, 3)  # of the columns
LABELS = 10  # that are named
COMMANDS = "explain, explore, heads, compare, corpus"


def count(parameters: int) -> str:
    """A number of parameters for a human: `22.7 million`."""
    for word, power in (("billion", 9), ("million", 6), ("thousand", 3)):
        if parameters >= 10**power:
            value = parameters / 10**power
            return f"{value:.1f} {word}" if value < 100 else f"{value:.0f} {word}"
    return str(parameters)


def listed_lines(models: Iterable[Listed], screen: Screen) -> list[Text]:
    """A table of the models; where the screen is too narrow for one, a paragraph a model."""
    rows = [_cells(each, screen) for each in models]
    if not rows:
        return wrap([("no models yet", ""), ("  attn models pull ORG/NAME gets one", DIM)], screen.columns, hanging=2)
    widths = [max(map(cells, column)) for column in zip(HEAD, *rows, strict=True)][:-1]
    if screen.accessible or sum(widths) + 2 * len(widths) + LEAST_STATE > screen.columns:
        return [text for row in rows for text in _paragraph(row, screen)]
    return [text for row in (HEAD, *rows) for text in _row(row, widths, screen, DIM if row is HEAD else "")]


def info_lines(listed: Listed, screen: Screen) -> list[Text]:
    """The properties of a model, a line each."""
    fields = dict(_fields(listed, screen))
    width = max(map(len, fields)) + 2
    return [text for name, value in fields.items() for text in _field(name, value, width, screen)]


def offer_lines(offered: Offer, screen: Screen) -> list[Text]:
    """The model that `pull` would fetch: its size, its licence, its files."""
    count_ = f"{len(offered.missing)} of {len(offered.files)} files"
    about = f"{offered.name}: {size(offered.size)} to download, {count_}, licence {offered.licence or 'unknown'}"
    lines = wrap([(screen.word(about), "")], screen.columns, hanging=2)
    if not offered.is_read:
        lines += wrap(
            [(screen.word(f"attn does not read its family, {offered.family}"), "")], screen.columns, hanging=2
        )
    for each in offered.missing:
        lines += wrap([(f"  {size(each.size):>9}  ", DIM), (screen.word(each.path), "")], screen.columns, hanging=13)
    return lines


def pulled_lines(offered: Offer, folder: Path, screen: Screen) -> list[Text]:
    """The result of a pull, and the next command."""
    name = offered.name
    done = f"pulled {name}: {size(offered.size)}" if offered.missing else f"{name} is there already, every file whole"
    opens = name if offered.revision == MAIN else str(folder)
    return done_lines(done, screen, f'use it: attn explain "a sentence" --model {opens}' if offered.is_read else "")


def _cells(listed: Listed, screen: Screen) -> tuple[str, ...]:
    family = screen.word(listed.family or "-")
    parameters = "-" if listed.model is None else count(listed.model.parameters)
    state = "yes" if listed.fault is None else f"no: {screen.word(listed.fault)}"
    return screen.word(listed.name), family, parameters, size(listed.size), PLACES[listed.place], state


def _row(row: Sequence[str], widths: Sequence[int], screen: Screen, style: str) -> list[Text]:
    """One line, and more only for a fault that is longer than its column."""
    cut = zip(row[:-1], widths, strict=True)
    padded = [pad(cell, width, "right" if place in NUMBERS else "left") for place, (cell, width) in enumerate(cut)]
    before = "  ".join(padded) + "  "
    return wrap([(before, style), (row[-1], style or DIM)], screen.columns, hanging=cells(before))


def _paragraph(row: Sequence[str], screen: Screen) -> list[Text]:
    name, family, parameters, bytes_, place, state = row
    shape = "" if parameters == "-" else f"{parameters} parameters, "
    kind = "" if family == "-" else f"{family}, "
    text = f": {kind}{shape}{bytes_}, {place}, read by attn: {state}"
    return wrap([(name, BOLD), (text, "")], screen.columns, hanging=2)


def _fields(listed: Listed, screen: Screen) -> Iterator[tuple[str, str]]:
    yield "name", screen.word(listed.name)
    if listed.model is not None:
        yield from _properties(listed.model)
        yield "output", screen.word("; ".join(_outputs(listed.model)) or "hidden states alone: no output layer")
    if listed.special:
        yield "special tokens", "  ".join(screen.word(each).replace(" ", GLUE) for each in listed.special)
    if listed.model is not None and listed.model.languages:
        yield "languages", "  ".join(map(screen.word, listed.model.languages))
    yield "licence", screen.word(listed.licence or "unknown")
    yield "size", f"{size(listed.size)} ({listed.size:,} bytes)"
    yield "place", f"{PLACES[listed.place]}: {screen.word(str(listed.path))}"
    if listed.model is not None:
        yield "commands", f"{COMMANDS}: --model {screen.word(listed.name)}"
        for warning in listed.model.warnings:
            yield "warning", screen.word(warning)


def _properties(model: Model) -> Iterator[tuple[str, str]]:
    shape = model.shape
    shared = f", {shape.n_kv_head} of keys and values" if shape.n_kv_head != shape.n_head else ""
    yield "family", model.family
    yield "layers", f"{shape.n_layer}"
    yield "heads", f"{shape.n_head} a layer{shared}, {shape.d_k} dimensions each"
    yield "hidden state", f"{shape.d_model} dimensions"
    yield "sees", "the tokens before" if shape.causal else "all tokens"
    if decoder := model.decoder:
        heads = f"{decoder.n_layer} layers, {decoder.n_head} heads a layer"
        yield "decoder", f"{heads}: a target sees its tokens before, and its source"
    yield "parameters", f"{model.parameters:,} ({', '.join(model.dtypes)})"
    yield "vocabulary", f"{model.vocabulary:,} tokens"
    yield "longest text", f"{shape.positions:,} tokens"


def _outputs(model: Model) -> Iterator[str]:
    """Its outputs behind the last hidden state: scores of tokens, of labels, of both, or none."""
    if model.has_output:
        yield "scores of tokens"
    if model.labels:
        named = ", ".join(model.labels[:LABELS]) + (" …" if len(model.labels) > LABELS else "")
        yield f"scores of {len(model.labels):,} labels: {named}"


def _field(name: str, value: str, width: int, screen: Screen) -> list[Text]:
    return wrap([(name.ljust(width), DIM), (value, "")], screen.columns, hanging=min(width, ceil(screen.columns / 4)))
