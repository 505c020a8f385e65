"""The frame of a page: a template filled with text, style, data and script, and a policy that allows nothing else."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template

from attncli.views.page.colours import script_of_scales, style_of_scales
from attncli.views.screen import visible
from attncli.views.terminal.bidi import END, ISOLATE, isolated

PARTS = Path(__file__).parent
# Nothing may be loaded, sent or run but the page's own style and script, and no text becomes markup.
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def framed(
    template: str, styles: Sequence[str], scripts: Sequence[str], parts: Mapping[str, str], rules: str = ""
) -> str:
    """A page: head.html and a template of PARTS with its parts; style sheets are one block, scripts another.

    rules: of the style of this page alone.
    """
    sheets, scripts = (*styles, "framed.css"), ("framed.js", *scripts)
    style = style_of_scales() + "".join((PARTS / name).read_text("utf-8") for name in sheets) + rules
    script = "\n".join((script_of_scales(), *((PARTS / name).read_text("utf-8") for name in scripts)))
    policy = POLICY.format(script=digest(script), style=digest(style))
    every = {**parts, "policy": policy, "style": style, "script": script}
    return filled("head.html", every) + filled(template, every)


def filled(template: str, parts: Mapping[str, str]) -> str:
    """A template of PARTS with its parts, in one pass: no text is a template."""
    return Template((PARTS / template).read_text("utf-8")).substitute(parts)


def digest(block: str) -> str:
    """The source that allows exactly this block of script or style in a Content-Security-Policy."""
    return f"sha256-{b64encode(sha256(block.encode()).digest()).decode()}"


def json_block(record: object) -> str:
    r"""JSON that nothing in an HTML page can mistake for markup: `<` is `\u003c`."""
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match.group()):04x}", text)


def as_text(text: str) -> str:
    """Text of other people's as text of a page."""
    return escape(visible(text))


def note_items(notes: Iterable[str]) -> str:
    """Notes as the items of a list: sentences from left to right, right-to-left words in them isolated."""
    return "\n".join(f'<li dir="ltr">{_isolated(note)}</li>' for note in notes)


def _isolated(text: str) -> str:
    shown = escape(isolated(visible(text)))  # which shows an isolate of others as an escape
    return shown.replace(ISOLATE, "<bdi>").replace(END, "</bdi>")


def table_of(caption: str, columns: Sequence[str], rows: Iterable[tuple[str, str]]) -> str:
    """A table: its caption, the heads of its columns, and the head of each row with its cells as markup."""
    heads = "".join(_head(column, "col") for column in columns)
    lines = "\n".join(f"<tr>{_head(name, 'row')}{cells}</tr>" for name, cells in rows)
    return f"<caption>{caption}</caption>\n<thead><tr><td></td>{heads}</tr></thead>\n<tbody>\n{lines}\n</tbody>"


def _head(word: str, scope: str) -> str:
    return f'<th scope="{scope}" dir="auto" lang="">{escape(word)}</th>'
