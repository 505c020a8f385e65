"""A picture of a matrix for a notebook, in the place of a page that is too large, with advice how to see more."""

import struct
import zlib
from base64 import b64encode
from html import escape
from typing import Any

import numpy as np

from attncli.analysis.pooling import pooled
from attncli.arrays import Array
from attncli.views.display.line import line_of
from attncli.views.display.notebook import NO_FORMULAS, runs_of
from attncli.views.palette import CIVIDIS, interpolate
from attncli.views.rounding import counted
from attncli.views.scale import color_scale

MOST_PIXELS, SIDE = 512, 480  # of a side: in the picture, and on the page
PALETTE = bytes(part for step in range(256) for part in interpolate(CIVIDIS, step / 255))
CAPTION = 'style="max-width: 60rem; margin: 0.5rem 0"'


def still_of(record: Any) -> str | None:
    """The mean weights of the last layer of a value's first run; None of a value that keeps none."""
    runs = [*runs_of(record)]
    place, run = runs[0] if runs else ("", None)
    if run is None or not run.has_matrix:
        return None
    weights = np.nan_to_num(run.mean_weights)  # [n_query, n_key]
    shares = color_scale("auto", [weights], crossed=run.memory is not None).shares(weights)
    picture = b64encode(png(np.clip(pooled(shares, MOST_PIXELS, MOST_PIXELS), 0, 1))).decode()
    said = f"{_first(len(runs), _head(run))}: a row is a {run.source.unit} that looks, a column one that is looked at"
    look = f"width: min(100%, {SIDE}px); image-rendering: pixelated"
    image = f'<img alt="{escape(f"Matrix of weights. {said}")}" style="{look}" src="data:image/png;base64,{picture}">'
    over, under = escape(line_of(record)), f"{escape(said)}.<br>{advice_of(run, place)}"
    return f"<div {NO_FORMULAS}><p {CAPTION}>{over}</p>{image}<p {CAPTION}>{under}</p></div>"


def _head(run: Any) -> str:
    if run.source.combined:
        return str(run.source.combined)
    mean = f"the mean of its {counted(len(run.head_numbers), 'head')}"
    return f"layer {run.layer_numbers[-1]}, {mean if len(run.head_numbers) > 1 else f'head {run.head_numbers[0]}'}"


def _first(runs: int, head: str) -> str:
    return f"The first of the {runs} compared, {head}" if runs > 1 else f"{head[:1].upper()}{head[1:]}"


def advice_of(run: Any = None, place: str = "") -> str:
    """The way to more than a notebook has room for; of a run, at this place in the value, to one of its heads."""
    many = run is not None and len(run.layers) * len(run.head_numbers) > 1
    one = f"<code>{place}.only(layer=…, head=…)</code> shows one head, and " if many else ""
    return f'The page of all weights is too large for a notebook: {one}<code>.save("page.html")</code> writes it.'


def png(shares: Array) -> bytes:
    """A picture of shares from 0 to 1 `[rows, columns]` in the colours of weights (PNG, ISO/IEC 15948, by index)."""
    rows, columns = shares.shape
    indices = np.rint(shares * 255).astype(np.uint8)
    lines = np.pad(indices, ((0, 0), (1, 0))).tobytes()  # each line has its filter before it: 0, none
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", PALETTE), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, *zip(*parts, strict=True)))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
