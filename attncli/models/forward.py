"""The forward pass of a model: its layers one after another, on one text, on packs of texts, on pairs of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np
from numpy.typing import DTypeLike

from attncli.arrays import Array
from attncli.attention.attend import Attention
from attncli.attention.products import all_finite
from attncli.errors import ResourceError
from attncli.models.changes import UNCHANGED, Changes
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.encoder_decoder import EncoderDecoder, Memory
from attncli.models.family import Family, ModelLayer, ModelShape, PackedLayer
from attncli.models.model_input import ModelInput
from attncli.models.pack import Pack
from attncli.models.removal import Opened, Removal, See
from attncli.models.windows import Windows

PRECISE = 64  # tokens; so few are computed in float64: float32 alone is off by as much as 2e-6 in a weight


@dataclass(frozen=True, kw_only=True)
class Forward:
    """The layers of a model of a family, by the arrays of its checkpoint; name: of the model, for errors."""

    name: str
    shape: ModelShape
    _family: Family = field(repr=False)
    _tensors: Checkpoint = field(repr=False)

    def shape_of(self, part: str) -> ModelShape:
        """The sizes of a part: `encoder`, also of models that have no parts, `decoder` or `cross`."""
        return self.shape if part == "encoder" else self._encoder_decoder.decoder_shape

    def layers(self, given: ModelInput, part: str | None = None) -> Iterator[ModelLayer]:
        """The layers of the input's part, or of another one, under its changes, as `run` and `run_pair` give them.

        Raises:
            ResourceError: as `run` does.
        """
        return self._singles(self.packed(given, part))

    def output(self, given: ModelInput) -> Array:
        """The last layer's output `[n, d_model]` of the part that answers, under the input's changes.

        Raises:
            ResourceError: as `run` does.
        """
        for layer in self.layers(given, given.reader):
            last = layer.output
        return last

    def packed(self, given: ModelInput, part: str | None = None) -> Iterator[PackedLayer]:
        """The layers of the input's part or of another one, under its changes, as packs of one text."""
        text, target, hidden, part = given.text, given.target, given.hidden, part or given.part
        if target is None or part == "encoder":
            pack = replace(Pack.of([text.ids], None if text.segments is None else [text.segments]), hidden=hidden)
            return self.run_pack(pack, precision(len(text.ids)), given.changes)
        sources, targets = Pack.of_pairs([text.ids], [target.ids])
        if given.part == "encoder":
            sources = replace(sources, hidden=hidden)
        if given.part == "decoder":
            targets = replace(targets, hidden=hidden)
        dtype = precision(max(len(text.ids), len(target.ids)))
        across = hidden if given.crosses else None
        return self.run_pairs(sources, targets, part, dtype, given.changes, across)

    def embedded(self, given: ModelInput) -> Array:
        """The hidden state `[n, d_model]` that the first layer takes, in float32: of the target if there is one.

        Raises:
            ResourceError: as `run` does.
        """
        with np.errstate(all="ignore"):
            if given.target is None:
                segments = None if given.text.segments is None else [given.text.segments]
                x = self._family.embed(self._tensors, Pack.of([given.text.ids], segments))
            else:
                x = self._encoder_decoder.embed_target(self._tensors, Pack.of([given.target.ids]))
        return x.astype(np.float32, copy=False)

    def removal(self, given: ModelInput, ablate: str, see: See) -> Removal:
        """The pass on an input, from which passes without a head begin.

        ablate: what stands in the place of the head's context, `zero` or `mean`; see: takes the part, the number and
        the weights `[n_head, n_query, n_key]` of each layer.

        Raises:
            ResourceError: as `run` does.
        """
        texts = (given.text,) if given.target is None else (given.text, given.target)
        dtype = precision(max(len(text.ids) for text in texts))
        return Opened(self._family, self._tensors, dtype, self._check_finite).removal(given, ablate, see)

    def run(
        self, ids: Sequence[int], *, segments: Sequence[int] | None = None, dtype: DTypeLike | None = None
    ) -> Iterator[ModelLayer]:
        """The layers on the token ids `[n]`, each on the output of the one before, in float32.

        segments: the number of each token's segment, for models with an embedding of them; None: all 0.
        dtype: to compute in, float32 or float64; None is float64 for up to PRECISE tokens, float32 for more.
        One layer's weights are in memory at a time, and are freed with its value.

        Raises:
            ResourceError: arrays that are missing or have other shapes than config.json says, or that give no
                finite numbers.
        """
        pack = Pack.of([ids], None if segments is None else [segments])
        return self._singles(self.run_pack(pack, dtype or precision(len(ids))))

    def run_pack(
        self, pack: Pack, dtype: DTypeLike = np.float32, changes: Changes = UNCHANGED
    ) -> Iterator[PackedLayer]:
        """The layers on a pack of texts, each on the output of the one before.

        dtype: to compute in, float32 or float64, which the results have; changes: heads that are taken away. One layer
        is in memory at a time.

        Raises:
            ResourceError: as `run` does.
        """
        with np.errstate(all="ignore"):  # layers are checked
            x = self._family.embed(self._tensors, pack).astype(dtype, copy=False)  # [tokens, d_model]

        def layer(number: int, x: Array) -> PackedLayer:
            computed = self._family.layer(self._tensors, number, x, pack.of_layer(number))
            changes.apply("encoder", number, computed)
            return computed

        yield from self._each(self.shape.n_layer, x, layer)

    def states(self, pack: Pack, dtype: DTypeLike = np.float32) -> Array:
        """The last hidden state `[tokens, d_model]` of a pack of texts, after the last norm.

        Raises:
            ResourceError: as `run` does.
        """
        for layer in self.run_pack(pack, dtype):
            last = layer
        with np.errstate(all="ignore"):
            states = self.final(last.output)
        self._check_finite(self.shape.n_layer - 1, states)
        return states

    def run_windows(
        self, ids: Sequence[int], windows: Windows, segments: Sequence[int] | None = None
    ) -> Iterator[PackedLayer]:
        """The layers on windows over the token ids `[n]`, each a text of one pack; `windows.join` makes one of them.

        segments: as in `run`.

        All windows of one layer are in memory at a time.

        Raises:
            ResourceError: as `run` does.
        """
        of_segments = None if segments is None else [*windows.texts(segments)]
        return self.run_pack(Pack.of([*windows.texts(ids)], of_segments), precision(max(windows.lengths)))

    def run_pair(
        self, source: Sequence[int], target: Sequence[int], part: str = "cross", *, dtype: DTypeLike | None = None
    ) -> Iterator[ModelLayer]:
        """The layers of an encoder–decoder's decoder on the token ids of a source and of what the decoder reads.

        part: `decoder` is the target's attention to itself, `cross` its attention to the source: queries of the target,
        keys of the source; both have the block's output. dtype: as in `run`.

        Raises:
            ResourceError: as `run` does.
        """
        dtype = dtype or precision(max(len(source), len(target)))
        return self._singles(self.run_pairs(*Pack.of_pairs([source], [target]), part, dtype))

    def run_pairs(
        self,
        sources: Pack,
        targets: Pack,
        part: str = "cross",
        dtype: DTypeLike = np.float32,
        changes: Changes = UNCHANGED,
        hidden: Array | None = None,
    ) -> Iterator[PackedLayer]:
        """The layers of the decoder on packs of sources and targets, as `run_pack` gives those of the encoder.

        changes: heads that are taken away, in any part; hidden: of pairs of one length the tokens of the source that
        those of the target are not shown, boolean `[n_query, n_key]`.
        """
        memory = self.memory(sources, dtype, changes)._replace(hidden=hidden)
        return self.run_targets(targets, memory, part, dtype, changes)

    def memory(self, sources: Pack, dtype: DTypeLike = np.float32, changes: Changes = UNCHANGED) -> Memory:
        """What the decoder of an encoder–decoder attends to: the encoder's output on a pack of sources.

        Raises:
            ResourceError: as `run` does.
        """
        for layer in self.run_pack(sources, dtype, changes):
            last = layer
        return self._encoder_decoder.memory(self._tensors, self.final(last.output), sources)

    def run_targets(
        self,
        targets: Pack,
        memory: Memory,
        part: str = "decoder",
        dtype: DTypeLike = np.float32,
        changes: Changes = UNCHANGED,
    ) -> Iterator[PackedLayer]:
        """The layers of the decoder on a pack of targets, each of which attends to its source in the memory."""
        family, tensors = self._encoder_decoder, self._tensors
        with np.errstate(all="ignore"):  # layers are checked
            x = family.embed_target(tensors, targets).astype(dtype, copy=False)  # [tokens, d_model]

        def layer(number: int, x: Array) -> PackedLayer:
            decoded = family.decode(tensors, number, x, targets.of_layer(number), memory)
            changes.apply("decoder", number, decoded.self_attention)
            if changes.touches("cross", number):
                changes.apply("cross", number, decoded.cross)
            return decoded.cross if part == "cross" else decoded.self_attention

        yield from self._each(family.decoder_shape.n_layer, x, layer)

    def _each(self, n_layer: int, x: Array, compute: Callable[[int, Array], PackedLayer]) -> Iterator[PackedLayer]:
        """The layers by number, the first on x `[tokens, d_model]`, each other on the output of the one before."""
        for number in range(n_layer):
            with np.errstate(all="ignore"):
                layer = compute(number, x)
            self._check_finite(number, *(heads.attention.context for heads in layer.heads))
            yield layer
            with np.errstate(all="ignore"):
                x = layer.output
            self._check_finite(number, x)
            del layer  # before the next is computed

    def _singles(self, layers: Iterator[PackedLayer]) -> Iterator[ModelLayer]:
        """The layers of a pack of one text. A loop would keep each of them until the next is there: two at a time."""
        return map(self._single, count(), layers)

    @property
    def has_decoder(self) -> bool:
        """Whether it is an encoder–decoder, whose decoder `run_pair` runs."""
        return isinstance(self._family, EncoderDecoder)

    @property
    def _encoder_decoder(self) -> EncoderDecoder:
        if not isinstance(self._family, EncoderDecoder):
            raise ResourceError(f"{self.name} has no decoder that reads a target: expected an encoder–decoder")
        return self._family

    def _single(self, number: int, packed: PackedLayer) -> ModelLayer:
        """Layer `number` of a pack of one text, in float32."""
        names = ("queries", "keys", "values", "w_o", "output")
        with np.errstate(all="ignore"):
            layer = packed.single
            attention = Attention(*(step.astype(np.float32, copy=False) for step in layer.attention))
            narrow = {name: getattr(layer, name).astype(np.float32, copy=False) for name in names}
        self._check_finite(number, attention.context, *narrow.values())
        return layer._replace(attention=attention, **narrow)

    def _check_finite(self, number: int, *arrays: Array) -> None:
        if not all(map(all_finite, arrays)):
            raise ResourceError(f"layer {number} of {self.name} gives a NaN or an infinity: its file is damaged")

    def final_of(self, given: ModelInput, output: Array) -> Array:
        """The last hidden state `[n, d_model]` of the part of an input: of the encoder, or the decoder."""
        return self.final(output) if given.part == "encoder" else self._family.read_out(self._tensors, output)

    def final(self, output: Array) -> Array:
        """The last hidden state `[n, d_model]`, from the last layer's output."""
        return self._family.final(self._tensors, output)


def precision(n: int) -> DTypeLike:
    """The dtype that a text of n tokens is computed in: float64 of few."""
    return np.float64 if n <= PRECISE else np.float32
