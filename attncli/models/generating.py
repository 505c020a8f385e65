"""The text that a decoder says behind a given one: token by token, with what it has read kept (`past`)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from attncli.arrays import Array
from attncli.errors import ResourceError
from attncli.models.checkpoint.saying import Saying
from attncli.models.encoder_decoder import Memory
from attncli.models.family import PackedLayer
from attncli.models.forward import Forward, precision
from attncli.models.model_input import ModelInput
from attncli.models.pack import Pack
from attncli.models.past import OutgrownError, Past

#: The scores of all tokens `[vocabulary]`, −inf for those that are never said → the id of one of them.
Choose = Callable[[Array], int]


def likeliest(logits: Array) -> int:
    """The token with the largest score, of several the first: greedy search."""
    return int(np.argmax(logits))


class Said(NamedTuple):
    """A token that was said, and the scores `[vocabulary]` of all of them in its place, before any rule."""

    id: int
    logits: Array


class Reading:
    """A text, or a target, that a model reads some tokens at a time: each of them is computed once.

    The first tokens are computed as `Forward.layers` does it, those behind them in float32.
    """

    def __init__(self, model: Forward, given: ModelInput) -> None:
        """Read the source, if there is one; of the text, or of the target, `read` does it."""
        self._model, self._given = model, given
        self._past: Past = Past.none()
        self._memory: Memory | None = None
        if given.target is not None:
            sources = replace(Pack.of([given.text.ids]), hidden=given.hidden if given.part == "encoder" else None)
            self._memory = model.memory(sources, self._precision(len(given.target.ids)), given.changes)

    def read(self, ids: Sequence[int]) -> Array:
        """The last layer's output on the next tokens, which stand behind those before: `[n, d_model]` in float32.

        Raises:
            ResourceError: as `Forward.run`.
        """
        dtype = np.float32 if self._past.n else self._precision(len(ids))
        if self._given.changes.needs_all:
            return self._anew(ids, dtype)
        try:
            return self._output(ids, dtype)
        except OutgrownError:
            return self._anew(ids, dtype)

    def _anew(self, ids: Sequence[int], dtype: DTypeLike) -> Array:
        """The output on the next tokens from all tokens so far."""
        before, self._past = self._past.ids[0].tolist(), Past.none()
        return self._output([*before, *ids], dtype)[len(before) :]

    def _output(self, ids: Sequence[int], dtype: DTypeLike) -> Array:
        """The last layer's output on tokens `[n]` behind the past, to which they belong then: `[n, d_model]`."""
        past = self._past
        pack = replace(Pack.of([ids]), past=past, hidden=self._hidden(past.n, len(ids), self._own))
        for layer in self._layers(pack, past.n, dtype):
            last = layer
        output = last.output
        self._past = past.after(pack.ids[None])
        return output.astype(np.float32, copy=False)

    def _layers(self, pack: Pack, first: int, dtype: DTypeLike) -> Iterator[PackedLayer]:
        changes = self._given.changes
        if self._memory is None:
            return self._model.run_pack(pack, dtype, changes)
        memory = self._memory._replace(hidden=self._hidden(first, len(pack.ids), "cross"))
        return self._model.run_targets(pack, memory, "decoder", dtype, changes)

    @property
    def _own(self) -> str:
        """The part that the tokens are read by."""
        return "encoder" if self._memory is None else "decoder"

    def _hidden(self, first: int, n: int, part: str) -> Array | None:
        """The keys that n queries from `first` on are not shown by a part: `[n, n_key]`; None: none."""
        if self._given.part != part:
            return None
        n_key = len(self._given.text.tokens) if part == "cross" else first + n
        hidden = self._given.changes.hidden(first + n, n_key)
        return None if hidden is None else hidden[first:]

    def _precision(self, n: int) -> DTypeLike:
        """The dtype of n tokens and of their source."""
        source = self._given.text.ids if self._given.target is not None else ()
        return precision(max(n, len(source)))


@dataclass(frozen=True)
class Rules:
    """The rules of a model for the tokens that it says, of which it has so many.

    Raises:
        ResourceError: when they ask for a token that it does not have, or leave none.
    """

    saying: Saying
    vocabulary: int

    def chosen(self, logits: Array, choose: Choose, read: int, more: int) -> int:
        """The token behind `read` tokens, when `more` of them may be said, this one included."""
        if read == 1 and self.saying.first is not None:
            return self._known("forced_bos_token_id", self.saying.first)
        if more == 1 and self.saying.last:
            return self._known("forced_eos_token_id", self.saying.last[0])
        return choose(self._allowed(logits))

    def _allowed(self, logits: Array) -> Array:
        """The scores, with −inf for the tokens that are never said."""
        never = [id for id in self.saying.never if id < self.vocabulary]
        if not never:
            return logits
        allowed = logits.copy()
        allowed[never] = -np.inf
        if not np.isfinite(allowed).any():
            raise ResourceError("the rules for what the model says leave no token: suppress_tokens has all of them")
        return allowed

    def _known(self, key: str, id: int) -> int:
        if id >= self.vocabulary:
            raise ResourceError(f"{key} of the model: expected one of its {self.vocabulary:,} tokens, got {id}")
        return id


def say(
    reading: Reading, ids: Sequence[int], score: Callable[[Array], Array], rules: Rules, most: int, choose: Choose
) -> Iterator[Said]:
    """At most so many tokens behind the ids `[n]`, up to one that ends the text, which is among them.

    score: from the outputs `[n, d_model]` of the last layer to the scores of tokens `[n, vocabulary]`.
    """
    read, new = len(ids), list(ids)
    for more in range(most, 0, -1):
        (logits,) = score(reading.read(new)[-1:])
        id = rules.chosen(logits, choose, read, more)
        yield Said(id, logits)
        if id in rules.saying.ends:
            return
        read, new = read + 1, [id]
