"""Attention over word vectors of many sentences at once: of one length together, long ones by blocks."""

import hashlib
from collections.abc import Iterator

import numpy as np

from attncli.arrays import Array
from attncli.corpus.batch import Batch
from attncli.heads.projections import Blocks, choose_blocks
from attncli.recipes.inputs import with_positions
from attncli.recipes.layers import in_precision, resolve_settings, run_layers, run_long_layers
from attncli.settings.explanation import Settings
from attncli.vectors import Vectors

TOGETHER = 2**17  # scores of sentences that are attended to at once: they stay in a core's cache
LONG = 2**22  # scores of a text that are too many to be kept; it is attended to by blocks


class Attender:
    """Attention over the vectors of a set, in float32; long texts are summed by distance up to `reach`, 0: not."""

    def __init__(self, vectors: Vectors, settings: Settings, reach: int = 0) -> None:
        blocks = choose_blocks(settings, vectors)
        self.settings, self._reach = resolve_settings(settings, blocks, vectors), reach or None
        self.blocks: Blocks = in_precision(blocks, np.float32)
        self.warnings = blocks.warnings
        self.checksum = blocks_checksum(blocks)

    def attend(self, texts: Array, table: Array, rows_of: Array, places: Array) -> Iterator[Batch]:
        """Texts `[b]` of one length as places `[b, n]` in a table of vectors `[words, d]`, whose rows are `rows_of`.

        They come in the order given, some at a time.
        """
        b, n = places.shape
        size = n * n * self.blocks.n_head * len(self.blocks.heads)
        at_once = 1 if size > LONG else max(TOGETHER // size, 1)
        for first in range(0, b, at_once):
            some = slice(first, first + at_once)
            attended = self._long if size > LONG else self._short
            yield attended(texts[some], table[places[some]], rows_of[places[some]])

    def _short(self, texts: Array, x: Array, rows: Array) -> Batch:
        """X `[b, n, d]` of rows `[b, n]`."""
        x = with_positions(x, self.settings.positions)
        layers = [*run_layers(x, None, self.blocks, self.settings, rows, weights_alone=True)]
        weights = np.stack([each.weights for each in layers if each.weights is not None])  # [n_layer, b, n_head, n, n]
        trained_on = x if self.blocks.trained else None
        return Batch(texts, rows, self.settings.top, weights, [each.visible for each in layers], trained_on=trained_on)

    def _long(self, texts: Array, x: Array, rows: Array) -> Batch:
        """X `[1, n, d]` of rows `[1, n]`, block by block."""
        x = with_positions(x[0], self.settings.positions)
        layers = run_long_layers(x, None, self.blocks, self.settings, rows[0], self._reach)
        streamed = [each.streamed for each in layers if each.streamed is not None]
        return Batch(texts, rows, self.settings.top, streamed=streamed)


def blocks_checksum(blocks: Blocks) -> str:
    """Of every array of the blocks, so that other projections under the same name are noticed."""
    digest = hashlib.blake2b(digest_size=16)
    for heads, parameters in zip(blocks.heads, blocks.parameters, strict=True):
        arrays = {} if heads is None else {k: v for k, v in vars(heads).items() if isinstance(v, np.ndarray)}
        for name, array in sorted({**arrays, **parameters}.items()):
            digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
