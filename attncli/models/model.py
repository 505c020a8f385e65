"""A model of a folder or of the Hugging Face cache: its sizes, its tokens, and its scores of tokens and labels."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError
from attncli.models.checking import check_arrays, count_parameters, vocabulary, warnings_about
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.finding import find_model
from attncli.models.checkpoint.opening import open_files
from attncli.models.checkpoint.saying import Saying
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.checkpoint.token_text import piece_text
from attncli.models.checkpoint.tokenizing import ModelSentence, ModelTokenizer
from attncli.models.classification import Labels, label_logits, pooled_place, read_labels
from attncli.models.contribution import Shares, check_parts, of_label, of_token, residual, shares
from attncli.models.encoder_decoder import EncoderDecoder
from attncli.models.families import FAMILIES, read_family
from attncli.models.family import Family, ModelShape
from attncli.models.forward import Forward
from attncli.models.generating import Choose, Reading, Rules, Said, likeliest, say
from attncli.models.model_input import ModelInput
from attncli.models.output import check_output, checked_logits, checked_scores, missing_output
from attncli.models.reading import TargetReader, TextReader
from attncli.models.speech import Speech
from attncli.models.stream import Stream
from attncli.tokenizer.encoded import Mark


@dataclass(frozen=True, kw_only=True, repr=False)
class Model(Forward):
    """An opened model: its name, its family by the model_type of config.json, its sizes, the number of its parameters.

    folder: its folder, or its file. warnings: why its numbers may differ from those of the code that it was made with.
    """

    family: str
    parameters: int
    folder: Path
    warnings: tuple[str, ...]
    _tokenizer: ModelTokenizer = field(repr=False)
    _labels: Labels = field(repr=False)
    _saying: Callable[[], Saying] = field(repr=False)

    def __repr__(self) -> str:
        sizes = f"{self.shape.n_layer} layers × {self.shape.n_head} heads, {self.parameters:,} parameters"
        return f"<Model {self.name!r}: {self.family}, {sizes}>"

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
    def saying(self) -> Saying:
        """The rules for the tokens that it says; ResourceError where the file that has them is damaged."""
        return self._saying()

    @property
    def ends(self) -> tuple[int, ...]:
        """The ids of the tokens that end what it says; ResourceError where the file that has them is damaged."""
        return self.saying.ends

    def piece(self, id: int) -> str:
        """The piece of a token that it says; `<id>` where the vocabulary has none."""
        return self._speaking.piece(id)

    def token_text(self, id: int) -> str:
        """The text that a token stands for when the model says it, a space in front included: ` Paris`.

        Raises:
            ResourceError: the tokenizer fails.
        """
        return piece_text(self.piece(id), self._speaking.of_bytes)

    def speech(self, given: ModelInput) -> Speech:
        """The text of the tokens that it says behind what it is given, as they come."""
        tokenizer, begin = self._speaking, given.begun.tokens[0]
        start = (begin.id,) if begin.special else ()
        silent = frozenset((*tokenizer.silent, *self.ends, *start))
        return Speech(self.piece, tokenizer.spelling, silent, given.begun)

    @property
    def _speaking(self) -> ModelTokenizer:
        """The tokenizer of what it says."""
        return self._tokenizer.target if self.has_decoder else self._tokenizer

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
        return TargetReader(reader, family.shifted, lambda: self.ends)

    @property
    def has_output(self) -> bool:
        """Whether its files have an output layer, with which `logits` scores tokens."""
        return missing_output(self._family, self._tensors) is None

    def check_output(self) -> None:
        """ResourceError: its files have no output layer."""
        check_output(self.name, self._family, self._tensors)

    def logits(self, output: Array, *, capped: bool = True) -> Array:
        """The score of each token of the vocabulary, `[n, vocabulary]` in float32, from outputs `[n, d_model]`.

        output: some rows of the `output` of any layer, as it stands before the last norm, which comes first here: of
        the last layer they give what the model says, of an earlier one the logit lens (nostalgebraist 2020). Each row
        by itself, so `output[-1:]` is enough for the next token. Of an encoder–decoder those of its decoder. A softmax
        over a row gives probabilities. capped: behind the softcap of models that have one.

        Raises:
            ResourceError: there is no output layer, or an array of it does not fit config.json or gives no finite
                numbers.
        """
        return checked_logits(self.name, self._family, self._tensors, output, capped=capped)

    def check_parts(self) -> None:
        """UsageError: its scores are no sum of what parts add, for norms of the sums or a head that is not linear.

        Raises:
            ResourceError: it has no output layer.
        """
        check_parts(self.name, self._family, labels=bool(self.labels))
        if not self.labels:
            self.check_output()

    def residual(self, given: ModelInput, place: int) -> tuple[Stream, Array]:
        """The last layer's output at a token as a sum of parts, and the output of all tokens `[n, d_model]`.

        given: of one text, under its changes; its part is the decoder of an encoder–decoder; place: of the token.

        Raises:
            ValueError: its blocks norm their sums (`check_parts`).
            ResourceError: as `layers` does.
        """
        return residual(self.packed(given), place)

    def shares(self, stream: Stream, answer: int) -> Shares:
        """What each part of the last layer's output adds to the score of a token, before any softcap, or of a label.

        Raises:
            ResourceError: an array of the output layer does not fit config.json.
        """
        family, tensors, labels = self._family, self._tensors, len(self.labels)
        read = of_label(family, tensors, labels, answer) if labels else of_token(family, tensors, answer)
        return shares(read, tensors, stream)

    def room(self, given: ModelInput) -> int:
        """How many tokens can be said behind a text, or behind a target: the last of them needs no position."""
        return (self.decoder or self.shape).positions - len(given.begun.tokens) + 1

    def say(self, given: ModelInput, most: int, choose: Choose = likeliest) -> Iterator[Said]:
        """The tokens behind a text, or behind a target that the decoder goes on from: as many as are wanted at most.

        given: its changes hold for the tokens that are said too. most: at most `room`; the last one is an end token
        (`ends`) where there is one before. choose: of the tokens by their scores; greedy search by default. A model
        without a causal mask has nothing to say.

        Raises:
            ResourceError: as of `run` and `logits`; rules of the folder that name tokens which it does not have.
        """
        self.check_output()
        rules = Rules(self.saying, self.vocabulary)
        return say(Reading(self, given), given.begun.ids, self.logits, rules, min(most, self.room(given)), choose)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it classifies texts by, or the one score of a reranker; none without such a head."""
        return self._labels.names

    def class_place(self, ids: Sequence[int]) -> int | None:
        """The token whose state the labels are scored by; None: the mean over all."""
        return pooled_place(self._family, self._labels, ids)

    @property
    def labels_apart(self) -> bool:
        """Whether each label is probable by itself, as where several may hold, and not one of them for sure."""
        return self._labels.apart

    def label_shares(self, scores: Array) -> Array:
        """The probability of each label by scores `[..., labels]`, in float64.

        Their softmax; the logistic function of each where there is a single one, as of rerankers, or several may hold.
        """
        return self._labels.shares(scores)

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
        _saying=files.saying,
    )


def _family_of(config: Config, path: Path) -> Family:
    """The family of a config; ResourceError as `read_family`, and for an unknown type with the nearest family."""
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or model_type in FAMILIES:
        return read_family(config)
    from attncli.models.nearest import unknown_type  # only an error needs it

    raise unknown_type(model_type, path)
