"""A value in a notebook: its page in a frame of its own, or what can be shown without one.

The frame is an iframe with the page as `srcdoc`. Its sandbox gives the page no origin: it reaches neither the notebook
nor the network, and several of them share no names.
"""

import sys
from collections.abc import Iterator
from html import escape
from typing import Any

from attncli.errors import AttnError
from attncli.settings.option import Whole
from attncli.views.display.line import line_of
from attncli.views.formats import FORMATS, kind_of
from attncli.views.screen import Screen
from attncli.views.terminal.screen_html import screen_html

UNTRUSTED = "Its page is shown where the notebook is trusted."
NO_FORMULAS = 'class="tex2jax_ignore mathjax_ignore"'  # for MathJax, to which two dollars in a sentence are a formula
HEIGHT, LEAST, MOST = 640, 120, 4000  # pixels
MOST_BYTES = 2 * 2**20  # of a page in a notebook, which keeps every one of them in its file
BYTES = 16 / 3  # of a weight and its score, at most
SCREEN = Screen(width=100, colours="truecolor")
#: A frame has the colours of the notebook around it, dark or light, where that says so: JupyterLab, VS Code, Colab.
#: The line under it is for notebooks that are not trusted, and for sites that take frames and styles away.
STYLE = (
    "<style>.attn-page+p{display:none}"
    ":is(body[data-jp-theme-light=false],.vscode-dark,html[theme=dark]) .attn-page{color-scheme:dark}"
    ":is(body[data-jp-theme-light=true],.vscode-light,html[theme=light]) .attn-page{color-scheme:light}</style>"
)


def show(record: Any, height: int) -> None:
    """Show the page in a notebook, elsewhere print the screen."""
    Whole(LEAST, MOST)("height", height)
    module = sys.modules.get("IPython")
    if module is None or not hasattr(module.get_ipython(), "kernel"):
        print(record)
        return
    module.display.display({"text/html": html_of(record, height), "text/plain": line_of(record)}, raw=True)


def html_of(record: Any, height: int = HEIGHT) -> str:
    """The page in a frame; of a value without one its screen; above MOST_BYTES a picture of its matrix and advice."""
    if kind_of(type(record)) not in FORMATS["html"].views:
        return _screen(record)
    try:
        page = _page(record)
    except AttnError:  # weights that are not kept
        return _screen(record)
    if page is not None and len(page) <= MOST_BYTES:
        return _framed(record, page, height)
    from attncli.views.display.still import CAPTION, advice_of, still_of  # small pages need not wait for it

    return still_of(record) or f"{_screen(record)}<p {CAPTION}>{advice_of()}</p>"


def _page(record: Any) -> str | None:
    """The page as the value of an attribute; None where it would be too large; AttnError where there is none."""
    if sum(each.weights.size for _, each in runs_of(record)) * BYTES > 2 * MOST_BYTES:
        return None
    return escape(FORMATS["html"].view(type(record))(record, SCREEN.scale))


def runs_of(record: Any) -> Iterator[tuple[str, Any]]:
    """The explanations that a value holds, whose weights are on its page, each behind its place in the value."""
    runs = {"": record, **{f".{name}": getattr(record, name, None) for name in ("explanation", "baseline", "other")}}
    yield from ((place, each) for place, each in runs.items() if hasattr(each, "mean_weights"))
    methods = enumerate(getattr(record, "methods", ()))
    yield from ((f".methods[{place}].explanation", each.explanation) for place, each in methods)


def _framed(record: Any, page: str, height: int) -> str:
    look = f"display: block; width: 100%; height: {height}px; border: 0"
    rights = "allow-scripts allow-downloads"
    frame = f'<iframe class="attn-page" title="{escape(line_of(record))}" sandbox="{rights}" style="{look}"'
    line = f"<p {NO_FORMULAS}>{escape(line_of(record))} {UNTRUSTED}</p>"
    return f'{STYLE}{frame} srcdoc="{page}"></iframe>{line}'


def _screen(record: Any) -> str:
    return screen_html(FORMATS["txt"].view(type(record))(record, SCREEN), SCREEN)
