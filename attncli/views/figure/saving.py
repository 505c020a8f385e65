"""Figures as files: SVG and PDF with their text as text, PNG; equal input gives equal bytes."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Literal
from xml.sax.saxutils import escape

from attncli.errors import ResourceError, Setting
from attncli.extras import package
from attncli.settings.figure import PictureOptions
from attncli.settings.wording import Remark
from attncli.views.figure.content import Figure, Kind, Look
from attncli.views.figure.measure import NEEDED_FOR

Format = Literal["svg", "pdf", "png"]
MOST_CELLS = {"svg": 2_000, "pdf": 12_000, "png": 12_000}  # drawn one by one; more become an image
USUAL = PictureOptions()
FAINT = 0.3  # of the scale: a figure that uses less is hard to read
MOST_NAMED = 20  # characters without a font
_CANVAS = {
    "svg": ("backend_svg", "FigureCanvasSVG"),
    "pdf": ("backend_pdf", "FigureCanvasPdf"),
    "png": ("backend_agg", "FigureCanvasAgg"),
}
_METADATA = {  # dates and versions would differ from run to run
    "svg": dict.fromkeys(("Date", "Creator", "Format", "Type")),
    "pdf": dict.fromkeys(("CreationDate", "Creator", "Producer")),
    "png": {"Software": None},
}
# No formulas in other people's text; text stays text; names of parts are counted from a fixed word.
_RULES = {"text.parse_math": False, "svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "attn"}


def check_installed() -> None:
    """Check that there is a matplotlib that starts.

    Raises:
        ResourceError: it is missing, or settings of the user's keep it from starting.
    """
    try:
        with _quiet():
            package("matplotlib.figure", NEEDED_FOR)
    except (ValueError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ResourceError(f"matplotlib does not start: {reason}", "see MPLBACKEND and your matplotlibrc") from error


def save_figure(
    content: Figure, kind: Kind, stream: BinaryIO, form: Format, options: PictureOptions = USUAL
) -> tuple[str, ...]:
    """Draw and write a figure; returns remarks about it."""
    with _quiet(), _rules() as rules:
        figure, lacking = _drawn(content, kind, form, options, rules)
        data = _printed(figure, form, options.dpi)
    stream.write(_tidied(data, content) if form == "svg" else data)  # nothing, if drawing failed
    return tuple(_remarks(content, lacking))


def drawn_figure(content: Figure, kind: Kind) -> Any:
    """It as matplotlib's figure, as a .png has it."""
    with _quiet(), _rules() as rules:
        return _drawn(content, kind, "png", USUAL, rules)[0]


def _drawn(
    content: Figure, kind: Kind, form: Format, options: PictureOptions, rules: dict[str, object]
) -> tuple[Any, str]:
    """The figure in fonts that draw its texts, and the characters that no font here draws."""
    from attncli.views.figure.fonts import OF_VIEWERS, escaped, families

    found, lacking = (["sans-serif"], "") if form == "svg" else families("".join(content.texts()))
    rules.update({"font.sans-serif": list(OF_VIEWERS), "font.family": found})
    figure = content.looking(_look(options, form)).rewritten(lambda text: escaped(text, lacking))
    return figure.draw(kind), lacking


def _look(options: PictureOptions, form: Format) -> Look:
    numbers = not getattr(options, "no_numbers", False)
    return Look(options.width, options.bare, numbers, MOST_CELLS[form])


def _printed(figure: Any, form: Format, dpi: int) -> bytes:
    module, canvas = _CANVAS[form]
    getattr(package(f"matplotlib.backends.{module}", NEEDED_FOR), canvas)(figure)
    data = io.BytesIO()
    figure.savefig(data, format=form, dpi=dpi, metadata=_METADATA[form])
    return data.getvalue()


def _remarks(content: Figure, lacking: str) -> Iterator[str]:
    if lacking:
        shown = " ".join(lacking[:MOST_NAMED]) + " …" * (len(lacking) > MOST_NAMED)
        yield f"no font that a figure can use has {shown}; in an .svg the viewer's own fonts draw them"
    largest = content.largest_share
    if largest is not None and 0 < largest < FAINT:
        faint = f"no weight is above {largest:.2g} of the scale: "
        yield Remark((faint, Setting("color_scale", "auto"), " goes as far as the weights"))


def _tidied(svg: bytes, content: Figure) -> bytes:
    """The SVG without its reference to a DTD on the network, and with a title for those who cannot see it."""
    start = svg.index(b"<svg ")
    end = svg.index(b">", start)
    title = escape(f"{content.title}: {content.what}").encode()
    head = b'<?xml version="1.0" encoding="utf-8"?>\n' + svg[start:end]
    style = b"<style>text { unicode-bidi: plaintext; white-space: pre }</style>"
    return head + b' role="img" xml:space="preserve">\n <title>' + title + b"</title>\n " + style + svg[end + 1 :]


@contextmanager
def _rules() -> Iterator[dict[str, object]]:
    """Matplotlib's defaults and ours in place of the user's file of settings, which count again afterwards."""
    matplotlib = package("matplotlib", NEEDED_FOR)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RULES)
        yield matplotlib.rcParams


@contextmanager
def _quiet() -> Iterator[None]:
    """Matplotlib's remarks are about its own fonts and folders: none of them is for the reader of a figure."""
    logger = logging.getLogger("matplotlib")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
