"""A model of a folder or of the Hugging Face cache: its sizes, its tokens, and its layers one after another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from attncli.arrays import Array
from attncli.attention.attend import Attention
from attncli.attention.products import all_finite
from attncli.errors import ResourceError
from attncli.models.changes import UNCHANGED, Changes
from attncli.models.checking import check_arrays, count_parameters, vocabulary, warnings_about
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.finding import find_model
from attncli.models.checkpoint.opening import open_files
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.checkpoint.tokenizing import ModelSentence, ModelTokenizer
from attncli.models.classification import Labels, label_logits, read_labels
from attncli.models.encoder_decoder import EncoderDecoder
from attncli.models.families import FAMILIES, read_family
from attncli.models.family import Family, ModelLayer, ModelShape, PackedLayer
from attncli.models.model_input import ModelInput
from attncli.models.output import check_output, checked_logits, checked_scores, missing_output
from attncli.models.pack import Pack
from attncli.models.reading import TargetReader, TextReader
from attncli.models.windows import Windows
from attncli.tokenizer.encoded import Mark

PRECISE = 64  # tokens; so few are computed in float64: float32 alone is off by as much as 2e-6 in a weight


@dataclass(frozen=True)
class Model:
    """An opened model: its name, its family by the model_type of config.json, its sizes, the number of its parameters.

    folder: its folder, or its file. warnings: why its numbers may differ from those of the code that it was made with.
    """

    name: str
    family: str
    shape: ModelShape
    parameters: int
    folder: Path
    warnings: tuple[str, ...]
    _family: Family = field(repr=False)
    _tensors: Checkpoint = field(repr=False)
    _tokenizer: ModelTokenizer = field(repr=False)
    _labels: Labels = field(repr=False)
    _ends: Callable[[], tuple[int, ...]] = field(repr=False)

    @property
    def vocabulary(self) -> int:
        """The number of its tokens."""
        return vocabulary(self._family, self._tensors)

    @property
    def decoder(self) -> ModelShape | None:
        """The sizes of the decoder of an encoder–decoder, which reads a target; None of other models."""
        return self._family.decoder_shape if isinstance(self._family, EncoderDecoder) else None

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The forms in which the files hold its parameters, as they call them: `F16`."""
        return self._tensors.dtypes

    def read(self, text: str, pair: str | None = None, *, bos: bool | None = None) -> ModelSentence:
        """The tokens of the text as the model sees them; of an encoder–decoder those of the source.

        pair: a second text in the same input, joined to the first one as the tokenizer joins two; bos: whether there
        are tokens in front of the text, True for the model's `bos_token` where the tokenizer puts none there.

        Raises:
            AttnError: no token, more tokens than positions, or so many characters that tokens are not even counted.
            UsageError: a `bos` of a model that has no such token.
            ResourceError: the tokenizer fails on it.
        """
        return self.texts(bos=bos).read(text, pair)

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the languages that it marks texts with; none in most models."""
        return self._tokenizer.languages

    @property
    def mask(self) -> Mark | None:
        """The token in the place of a word that a masked model fills in: its id, and its piece as it is typed."""
        return self._tokenizer.mask

    @property
    def ends(self) -> tuple[int, ...]:
        """The ids of the tokens that end what it says; ResourceError where the file that has them is damaged."""
        return self._ends()

    def piece(self, id: int) -> str:
        """The piece of a token that it says; `<id>` where the vocabulary has none."""
        return (self._tokenizer.target if self.has_decoder else self._tokenizer).piece(id)

    def texts(self, language: str | None = None, bos: bool | None = None, *, in_windows: bool = True) -> TextReader:
        """The reading of its texts, also of those of more tokens than positions.

        language: the code that marks the texts, where the model has such codes, None: as its folder says; bos: as in
        `read`; in_windows: whether texts may be read in windows, which no target attends to.
        """
        return TextReader(self.name, self._tokenizer, self.shape.positions, language, bos=bos, in_windows=in_windows)

    def targets(self, language: str | None = None, source: str | None = None) -> TargetReader:
        """The reading of what the decoder of an encoder–decoder is given; ResourceError for other models.

        language, source: the codes that mark target and source, where the model has such codes.
        """
        family, tokenizer = self._encoder_decoder, self._tokenizer.target
        reader = TextReader(self.name, tokenizer, family.decoder_shape.positions, language, source, in_windows=False)
        return TargetReader(reader, family.shifted, self._ends)

    def shape_of(self, part: str) -> ModelShape:
        """The sizes of a part: `encoder`, also of models that have no parts, `decoder` or `cross`."""
        return self.shape if part == "encoder" else self._encoder_decoder.decoder_shape

    def layers(self, given: ModelInput) -> Iterator[ModelLayer]:
        """The layers of the input's part under its changes, as `run` and `run_pair` give them.

        Raises:
            ResourceError: as `run` does.
        """
        text, target, hidden = given.text, given.target, given.hidden
        if target is None or given.part == "encoder":
            pack = replace(Pack.of([text.ids], None if text.segments is None else [text.segments]), hidden=hidden)
            return self._singles(self.run_pack(pack, _precision(len(text.ids)), given.changes))
        sources, targets = Pack.of_pairs([text.ids], [target.ids])
        if given.part == "decoder":
            targets = replace(targets, hidden=hidden)
        dtype = _precision(max(len(text.ids), len(target.ids)))
        across = hidden if given.crosses else None
        return self._singles(self.run_pairs(sources, targets, given.part, dtype, given.changes, across))

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
        return self._singles(self.run_pack(pack, dtype or _precision(len(ids))))

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
            computed = self._family.layer(self._tensors, number, x, pack)
            changes.apply("encoder", number, computed)
            return computed

        yield from self._each(self.shape.n_layer, x, layer)

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
        return self.run_pack(Pack.of([*windows.texts(ids)], of_segments), _precision(max(windows.lengths)))

    def run_pair(
        self, source: Sequence[int], target: Sequence[int], part: str = "cross", *, dtype: DTypeLike | None = None
    ) -> Iterator[ModelLayer]:
        """The layers of an encoder–decoder's decoder on the token ids of a source and of what the decoder reads.

        part: `decoder` is the target's attention to itself, `cross` its attention to the source: queries of the target,
        keys of the source; both have the block's output. dtype: as in `run`.

        Raises:
            ResourceError: as `run` does.
        """
        dtype = dtype or _precision(max(len(source), len(target)))
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
        family, tensors = self._encoder_decoder, self._tensors
        memory = family.memory(tensors, self._encoded(sources, dtype, changes), sources)._replace(hidden=hidden)
        with np.errstate(all="ignore"):  # layers are checked
            x = family.embed_target(tensors, targets).astype(dtype, copy=False)  # [tokens, d_model]

        def layer(number: int, x: Array) -> PackedLayer:
            decoded = family.decode(tensors, number, x, targets, memory)
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

    def _encoded(self, pack: Pack, dtype: DTypeLike, changes: Changes) -> Array:
        """The last hidden state of the encoder `[tokens, d_model]`."""
        for layer in self.run_pack(pack, dtype, changes):
            last = layer
        return self.final(last.output)

    @property
    def has_output(self) -> bool:
        """Whether its files have an output layer, with which `logits` scores tokens."""
        return missing_output(self._family, self._tensors) is None

    def check_output(self) -> None:
        """ResourceError: its files have no output layer."""
        check_output(self.name, self._family, self._tensors)

    def logits(self, output: Array) -> Array:
        """The score of each token of the vocabulary, `[n, vocabulary]` in float32, from outputs `[n, d_model]`.

        output: some rows of the `output` of any layer, as it stands before the last norm, which comes first here: of
        the last layer they give what the model says, of an earlier one the logit lens (nostalgebraist 2020). Each row
        by itself, so `output[-1:]` is enough for the next token. Of an encoder–decoder those of its decoder. A softmax
        over a row gives probabilities.

        Raises:
            ResourceError: there is no output layer, or an array of it does not fit config.json or gives no finite
                numbers.
        """
        return checked_logits(self.name, self._family, self._tensors, output)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it classifies texts by, or the one score of a reranker; none without such a head."""
        return self._labels.names

    def class_logits(self, ids: Sequence[int], output: Array) -> Array:
        """The score of each label `[labels]` in float32, from the last layer's output `[n, d_model]` on the ids `[n]`.

        Raises:
            ResourceError: there are no labels, or an array does not fit config.json or gives no finite numbers.
        """
        if not self.labels:
            raise ResourceError(f"{self.name} has no labels: its files have no head that classifies texts")
        with np.errstate(all="ignore"):
            scores = label_logits(self._family, self._tensors, self._labels, ids, output)
        return checked_scores(self.name, scores)

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

    def final(self, output: Array) -> Array:
        """The last hidden state `[n, d_model]`, from the last layer's output."""
        return self._family.final(self._tensors, output)


def _precision(n: int) -> DTypeLike:
    """The dtype that a text of n tokens is computed in."""
    return np.float64 if n <= PRECISE else np.float32


def open_model(name_or_path: str | Path) -> Model:
    """Open a trained model, to explain many sentences with it.

    name_or_path: a folder with config.json, safetensors and tokenizer.json, a GGUF file, or `org/name` or `name` of
        the local Hugging Face cache; nothing is downloaded.

    Raises:
        ResourceError: no such model, a family that is not supported, files that are damaged or of another kind, or an
            extra that is not installed.
    """
    files = open_files(find_model(name_or_path))
    config = files.config
    family = _family_of(config, files.path)
    tied = {family.output.embedding: family.output.weights} if family.tied else {}
    tensors = Checkpoint(files.arrays(), family.names, tied)
    family = family.stored(tensors.bare_names)
    unused = check_arrays(family, tensors, config.place)
    tokenizer_class = family.tokenizer_class(config.values["model_type"])
    tokenizer = files.tokenizer(vocabulary(family, tensors), tokenizer_class)
    return Model(
        name=files.name,
        family=config.values["model_type"],
        shape=family.shape,
        parameters=count_parameters(family, tensors),
        folder=files.path,
        warnings=(*files.warnings, *warnings_about(config, family, unused), *tokenizer.warnings),
        _family=family,
        _tensors=tensors,
        _tokenizer=tokenizer,
        _labels=read_labels(config, family, tensors),
        _ends=files.ends,
    )


def _family_of(config: Config, path: Path) -> Family:
    """The family of a config; ResourceError as `read_family`, and for an unknown type with the nearest family."""
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or model_type in FAMILIES:
        return read_family(config)
    from attncli.models.nearest import unknown_type  # only an error needs it

    raise unknown_type(model_type, path)
