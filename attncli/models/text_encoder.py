"""From a text to one vector: its tokens behind a prompt, the output of a model on them, pooled as the folder says."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
from numpy.typing import DTypeLike

from attncli.arrays import Array
from attncli.errors import FinalError
from attncli.models.checkpoint.pooling_files import read_pooling
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.lower_case import read_in_lower_case
from attncli.models.model import Model
from attncli.models.pack import Pack
from attncli.models.packing import by_length
from attncli.models.pooling import Pooling
from attncli.models.reading import TextReader
from attncli.models.truncating import of_places


@dataclass(frozen=True)
class TextInput:
    """The tokens of a text, a prompt's in front, of which the first `unpooled` are not pooled.

    every: how many tokens it has, if the model is not given all.
    """

    tokens: ModelSentence
    unpooled: int
    every: int

    @property
    def attended(self) -> Array:
        """Which tokens are pooled: boolean `[n]`."""
        return np.arange(len(self.tokens.tokens)) >= self.unpooled

    def without(self, left_out: Iterable[int]) -> "TextInput":
        """The text without some tokens."""
        gone = {*left_out}
        kept = [place for place in range(len(self.tokens.tokens)) if place not in gone]
        unpooled = sum(place < self.unpooled for place in kept)
        return replace(self, tokens=of_places(self.tokens, kept), unpooled=unpooled)


@dataclass(frozen=True)
class TextEncoder:
    """A model with the pooling of its folder."""

    model: Model
    pooling: Pooling

    @classmethod
    def of(cls, model: Model) -> "TextEncoder":
        """The model with what its folder says of pooling.

        Raises:
            ResourceError: it asks for what is not supported, or its files are damaged.
        """
        return cls(model, read_pooling(model.folder, model))

    @property
    def most(self) -> int:
        """The most tokens of a text that the model is given."""
        return min(self.model.shape.positions, self.pooling.max_tokens or self.model.shape.positions)

    def read(self, text: str, prompt: str | None = None) -> TextInput:
        """The tokens of a text behind a prompt, cut to `most`.

        prompt: the name of one of the folder's; None: the one that it puts in front itself, if any; "": none.

        Raises:
            UsageError: no such prompt.
            AttnError: no token, or so many characters that tokens are not even counted.
        """
        before, reader = self._prompt(prompt), replace(self.model.texts(), positions=self.most)
        whole = self._tokens(before + text, reader)
        unpooled = 0 if self.pooling.include_prompt or not before else self._unpooled(before, reader)
        n = len(whole.tokens)
        return TextInput(reader.cut(whole) if n > self.most else whole, min(unpooled, self.most), n)

    def _prompt(self, name: str | None) -> str:
        """The text that is put in front."""
        prompts = self.pooling.prompts
        chosen = self.pooling.default_prompt if name is None else name
        if not chosen:
            return ""
        if chosen not in prompts:
            near = get_close_matches(chosen, prompts, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(prompts) or 'none'}"
            reason = f"expected the name of a prompt of {self.model.name}"
            raise FinalError(reason, hint, setting="prompt", value=chosen)
        return prompts[chosen]

    def _tokens(self, text: str, reader: TextReader) -> ModelSentence:
        return read_in_lower_case(text, reader) if self.pooling.lower_case else reader.read_long(text)

    def _unpooled(self, prompt: str, reader: TextReader) -> int:
        """The number of a prompt's tokens, as sentence-transformers counts them: without a special one at the end."""
        tokens = self._tokens(prompt, reader).tokens
        return len(tokens) - tokens[-1].special

    def outputs(self, texts: Sequence[TextInput], dtype: DTypeLike = np.float32) -> list[Array]:
        """The last hidden state `[n, d_model]` of each text, many texts in one pass.

        Raises:
            ResourceError: as `Model.run`.
        """
        found = dict(self._each(texts, dtype))
        return [found[place] for place in range(len(texts))]

    def vectors(
        self,
        texts: Sequence[TextInput],
        dtype: DTypeLike = np.float32,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Array:
        """The vector of each text, `[texts, d']` in float64; no more outputs are held than those of a pack.

        progress: called with the number of texts that are done.

        Raises:
            ResourceError: as `Model.run`.
        """
        found: dict[int, Array] = {}
        for place, output in self._each(texts, dtype):
            found[place] = self.pooling.pooled(output, texts[place].attended)
            progress(len(found))
        return np.stack([found[place] for place in range(len(texts))]) if texts else np.zeros((0, 0))

    def _each(self, texts: Sequence[TextInput], dtype: DTypeLike) -> Iterator[tuple[int, Array]]:
        """The outputs of texts with their places, the shortest texts first."""
        for places in by_length([len(text.tokens.tokens) for text in texts], self.model.shape.n_head):
            yield from zip(places, self._pack([texts[place].tokens for place in places], dtype), strict=True)

    def _pack(self, texts: Sequence[ModelSentence], dtype: DTypeLike) -> list[Array]:
        segmented = any(text.segments is not None for text in texts)
        segments = [text.segments or [0] * len(text.ids) for text in texts] if segmented else None
        states = self.model.states(Pack.of([text.ids for text in texts], segments), dtype)  # [tokens, d_model]
        return np.split(states, np.cumsum([len(text.ids) for text in texts])[:-1])
