"""The attention of many sentences at once: of one length together, long ones by blocks, a model's one by one."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np

from attncli.corpus.seen import REACH, Seen, seen
from attncli.heads.parameters import Array
from attncli.heads.projections import Blocks, choose_blocks
from attncli.recipes.as_trained import visible_words
from attncli.recipes.inputs import placed
from attncli.recipes.layers import in_precision, run_layers, settled
from attncli.recipes.long_layers import run_long_layers
from attncli.settings.explanation import Settings
from attncli.vectors import Vectors

TOGETHER = 2**17  # scores of sentences that are attended to at once: they stay in a core's cache
LONG = 2**22  # scores of a text that are too many to be kept; it is attended to by blocks


class Attender:
    """Attention over the vectors of a set, in float32."""

    def __init__(self, vectors: Vectors, settings: Settings, collect: Sequence[str]) -> None:
        blocks = choose_blocks(settings, vectors)
        self.settings, self.collect = settled(settings, blocks), collect
        self.blocks: Blocks = in_precision(blocks, np.float32)
        self.warnings = blocks.warnings
        self.checksum = blocks_checksum(blocks)

    def attend(self, table: Array, rows_of: Array, places: Array) -> Iterator[Seen]:
        """Sentences of one length as places `[b, n]` in a table of vectors `[words, d]`, whose rows are `rows_of`.

        They come in the order given, some at a time.
        """
        b, n = places.shape
        size = n * n * self.blocks.n_head * len(self.blocks.heads)
        if size > LONG:
            yield from (self._long(table[each], rows_of[each]) for each in places)
            return
        at_once = max(TOGETHER // size, 1)
        for first in range(0, b, at_once):
            some = places[first : first + at_once]
            yield self._short(table[some], rows_of[some])

    def _short(self, x: Array, rows: Array) -> Seen:
        """X `[b, n, d]` of rows `[b, n]`."""
        visible = visible_words(rows, self.settings, self.blocks.trained)  # [b, n, n] or [n, n]
        x = placed(x, self.settings.positions)
        layers = run_layers(x, None, self.blocks, self.settings, visible, weights_alone=True)
        attended = [layer.attention for layer in layers]
        weights = np.stack([each.weights for each in attended])  # [n_layer, b, n_head, n, n]
        shown = np.stack([each.scores > -np.inf for each in attended]) if "heads" in self.collect else None
        trained_on = x if self.blocks.trained else None
        return seen(rows, weights, self.settings.top, self.collect, visible=shown, trained_on=trained_on)

    def _long(self, x: Array, rows: Array) -> Seen:
        """X `[n, d]` of rows `[n]`, block by block."""
        near = REACH if "distance" in self.collect else None
        x = placed(x, self.settings.positions)
        streamed = [each for _, each in run_long_layers(x, None, self.blocks, self.settings, rows, near)]
        bits = np.stack([np.where(each.total > 0, each.entropy, np.nan) for each in streamed])  # [n_layer, n_head, n]
        if near is None:
            distances = np.zeros((*bits.shape[:2], 2 * REACH + 2))
        else:
            distances = np.stack([each.by_distance for each in streamed])
        keys, weights = streamed[-1].keys[None], streamed[-1].weights[None]  # [1, n, top]
        return Seen(rows[None], keys, weights, distances, bits[:, :, None], None)


def blocks_checksum(blocks: Blocks) -> str:
    """Of every array of the blocks, so that other projections under the same name are noticed."""
    digest = hashlib.blake2b(digest_size=16)
    for heads, parameters in zip(blocks.heads, blocks.parameters, strict=True):
        arrays = {} if heads is None else {k: v for k, v in vars(heads).items() if isinstance(v, np.ndarray)}
        for name, array in sorted({**arrays, **parameters}.items()):
            digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
