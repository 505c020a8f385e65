"""The page: one HTML file that needs nothing beside it, no network and no server."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from math import isnan
from pathlib import Path
from string import Template

from attncli.arrays import Array
from attncli.recipes.explanation import Explanation
from attncli.views.page.colours import script_of_scales, style_of_scales
from attncli.views.page.data import Record, memory_shown, page_data
from attncli.views.page.packing import about, packing_of
from attncli.views.screen import Screen, visible
from attncli.views.terminal.heading import names, settings_shown, unknown_notes

PARTS = Path(__file__).parent
SCRIPTS = (
    "data.js",
    "difference.js",
    "words.js",
    "matrix.js",
    "steps.js",
    "readout.js",
    "room.js",
    "measures.js",
    "effects.js",
    "listen.js",
    "page.js",
)  # one after another they are one script
MOST_IN_TABLE = 64  # tokens of either side; of more there is no table of the whole matrix
# Nothing may be loaded, sent or run but the page's own style and script, and no text becomes markup.
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def page_html(
    sources: Mapping[str, Explanation],
    title: str,
    warnings: Sequence[str] = (),
    compared: Record | None = None,
    by_row: bool = False,
    effects: Record | None = None,
) -> str:
    """The page of one or several explanations, by what the switch between them calls them.

    Every layer and head of each is in it, packed as `packing` says. Whatever users typed is text and nothing else.
    `compared`, `by_row` and `effects` as in `page_data`.

    Raises:
        AttnError: the page would be too large.
    """
    first, explanations = next(iter(sources.values())), list(sources.values())
    style, script = style_of_scales() + (PARTS / "page.css").read_text("utf-8"), "\n".join(_scripts())
    notes = dict.fromkeys([*warnings, *(note for each in explanations for note in _notes(each))])
    parts = {
        "policy": POLICY.format(script=digest(script), style=digest(style)),
        "title": _text(title),
        "sentence": _text(first.sentence.parts[0].text),
        "memory": _text(memory_shown(first)),
        "settings": _text(settings_shown(first, Screen())),
        "notes": "\n".join(f'<li dir="auto">{_text(note)}</li>' for note in notes),
        "about": about(explanations, packing_of(explanations)),
        "table": _table(first),
        "data": json_block(page_data(sources, compared, by_row, effects)),
        "style": style,
        "script": script,
    }
    return Template((PARTS / "page.html").read_text("utf-8")).substitute(parts)  # in one pass: no text is a template


def digest(block: str) -> str:
    """The source that allows exactly this block of script or style in a Content-Security-Policy."""
    return f"sha256-{b64encode(sha256(block.encode()).digest()).decode()}"


def json_block(record: object) -> str:
    r"""JSON that nothing in an HTML page can mistake for markup: `<` is `\u003c`."""
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match.group()):04x}", text)


def _scripts() -> Iterator[str]:
    yield script_of_scales()
    for name in SCRIPTS:
        yield (PARTS / name).read_text("utf-8")


def _text(text: str) -> str:
    return escape(visible(text))


def _notes(explanation: Explanation) -> Iterator[str]:
    """The notes on an explanation: words left out, warnings, remarks."""
    vectors = explanation.source.vectors
    for sentence in explanation.sentences:
        yield from unknown_notes(sentence, vectors.name, vectors.composed_of, Screen()) if vectors else ()
    yield from (*explanation.warnings, *explanation.remarks)


def _table(explanation: Explanation) -> str:
    """The first matrix as a table, for readers without script: its caption, its heads and its rows."""
    queries, keys = (names(each, Screen()) for each in (explanation.sentence, explanation.key_sentence))
    if max(len(queries), len(keys)) > MOST_IN_TABLE:
        return f"<caption>No table of the whole matrix is made of more than {MOST_IN_TABLE} words.</caption>"
    layer = explanation.layers[0]
    shown = zip(queries, explanation.known_weights[0, 0], layer.visible, strict=True)  # [n_query, n_key] both
    rows = "\n".join(f"<tr>{_head(query, 'row')}{_cells(row, seen)}</tr>" for query, row, seen in shown)
    caption = (
        f"Weights of layer {layer.number}, head {layer.heads[0]}: each row's word looks at the words of the columns"
    )
    heads = "".join(_head(key, "col") for key in keys)
    return f"<caption>{caption}</caption>\n<thead><tr><td></td>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>"


def _head(word: str, scope: str) -> str:
    return f'<th scope="{scope}" dir="auto" lang="">{escape(word)}</th>'


def _cells(weights: Array, seen: Array) -> str:
    shown = zip(weights.tolist(), seen.tolist(), strict=True)
    return "".join(f"<td>{_cell(weight) if may else 'hidden'}</td>" for weight, may in shown)


def _cell(weight: float) -> str:
    return "not worked out" if isnan(weight) else f"{weight:.3f}"
