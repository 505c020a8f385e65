"""The page: one HTML file that needs nothing beside it, no network and no server."""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan

from attncli.arrays import Array
from attncli.recipes.explanation import Explanation
from attncli.views.page.data import Record, memory_shown, page_data
from attncli.views.page.frame import as_text, framed, json_block, note_items, table_of
from attncli.views.page.heads import heads_section
from attncli.views.page.meaning import meaning
from attncli.views.page.opening import Opening, telling_head
from attncli.views.page.packing import about, packing_of
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names, settings_shown, unknown_notes

SCRIPTS = (
    "data.js",
    "status.js",
    "difference.js",
    "scale.js",
    "filters.js",
    "words.js",
    "text.js",
    "matrix.js",
    "steps.js",
    "dimensions.js",
    "readout.js",
    "picture.js",
    "take.js",
    "zoom.js",
    "address.js",
    "room.js",
    "measures.js",
    "effects.js",
    "heads.js",
    "pictures.js",
    "listen.js",
    "page.js",
)  # one after another they are one script
STYLES = ("page.css", "heads.css", "text.css", "take.css", "zoom.css", "dimensions.css", "access.css")
MOST_IN_TABLE = 64  # tokens of either side; of more there is no table of the whole matrix


def page_html(
    sources: Mapping[str, Explanation],
    title: str,
    warnings: Sequence[str] = (),
    compared: Record | None = None,
    scale: str = "auto",
    effects: Record | None = None,
    opens: Opening | None = None,
) -> str:
    """The page of one or several explanations, by what the switch between them calls them.

    Every layer and head of each is in it, packed as `packing` says. Whatever users typed is text and nothing else.
    `compared`, `scale` and `effects`, `opens` as in `page_data`.

    Raises:
        AttnError: the page would be too large.
    """
    first, explanations = next(iter(sources.values())), list(sources.values())
    opens = opens or telling_head(first)
    notes = dict.fromkeys([*warnings, *(note for each in explanations for note in _notes(each))])
    parts = {
        "title": as_text(title),
        "sentence": as_text(first.sentence.parts[0].text),
        "memory": _memory(first),
        "settings": as_text(settings_shown(first, Screen())),
        "notes": note_items(notes),
        "about": about(explanations, packing_of(explanations)),
        "what": meaning(),
        "heads": heads_section(first),
        "table": _table(first, opens),
        "data": json_block(page_data(sources, compared, scale, effects, opens)),
    }
    return framed("page.html", STYLES, SCRIPTS, parts)


def _memory(explanation: Explanation) -> str:
    """The other sentence, in its own direction of writing whatever it is called."""
    called, memory = memory_shown(explanation)
    return f'{called}<bdi lang="">{as_text(memory)}</bdi>' if memory else ""


def _notes(explanation: Explanation) -> Iterator[str]:
    """The notes on an explanation: words left out, warnings, remarks."""
    vectors = explanation.source.vectors
    for sentence in explanation.sentences:
        yield from unknown_notes(sentence, vectors.name, vectors.composed_of, Screen()) if vectors else ()
    yield from (*explanation.warnings, *explanation.remarks)


def _table(explanation: Explanation, opens: Opening) -> str:
    """The matrix of the head that opens as a table, for readers without script: its caption, its heads and its rows."""
    queries, keys = (names(each, Screen()) for each in (explanation.sentence, explanation.key_sentence))
    if max(len(queries), len(keys)) > MOST_IN_TABLE:
        return f"<caption>No table of the whole matrix is made of more than {MOST_IN_TABLE} words.</caption>"
    layer, head = explanation.layers[opens.layer], explanation.head_numbers[opens.head]
    weights = explanation.known_weights[opens.layer, opens.head]  # [n_query, n_key]
    shown = zip(queries, weights, layer.visible, strict=True)
    caption = f"Weights of layer {layer.number}, head {head}: each row's word looks at the words of the columns"
    return table_of(caption, keys, ((query, _cells(row, seen)) for query, row, seen in shown))


def _cells(weights: Array, seen: Array) -> str:
    shown = zip(weights.tolist(), seen.tolist(), strict=True)
    return "".join(f"<td>{_cell(weight) if may else 'hidden'}</td>" for weight, may in shown)


def _cell(weight: float) -> str:
    return "not worked out" if isnan(weight) else f"{weight:.3f}"
