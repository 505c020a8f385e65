"""One of the two sentences of an alignment by a model: its words, and a layer's output for each."""

from collections.abc import Iterator, Sequence

import numpy as np

from attncli.arrays import Array
from attncli.errors import AttnError
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.model import Model
from attncli.models.model_input import ModelInput
from attncli.recipes import sides
from attncli.recipes.inputs import check_sentence
from attncli.recipes.model_run import ModelRun, check_room
from attncli.recipes.word_sides import BY_SENTENCE, Side, Words, tokens_of
from attncli.settings.alignment import AlignmentSettings
from attncli.settings.model import ModelSettings, chosen
from attncli.text.tokens import Sentence, Token, Unknown

#: Words of pieces, without the tokens that the tokenizer adds.
READ = ModelSettings(words=True, hide_special=True)


def layer_of(model: Model, settings: AlignmentSettings) -> int:
    """The layer whose output is compared: after two thirds of the layers, where none is given.

    SimAlign found the eighth of mBERT's twelve best (Jalili Sabet et al. 2020, section 4.2).

    Raises:
        UsageError: a layer that the model does not have.
    """
    n_layer = model.shape.n_layer
    if settings.layer is None:
        return max(round(2 * n_layer / 3) - 1, 0)
    return chosen("layer", [settings.layer], n_layer, model.name)[0]


def read_model_side(setting: str, given: Words, model: Model, settings: AlignmentSettings) -> Side:
    """The words of a text, or the tokens of a tokenized one, each with the mean of the output of its pieces.

    setting: its name in errors; settings: with a layer.

    Raises:
        UsageError: an empty text.
        AttnError: more pieces than the model has positions, or no piece in any word.
        ResourceError: as `Model.run`.
    """
    whole = isinstance(given, str) and not settings.tokenized
    text, spans = (check_sentence(setting, given), []) if whole else tokens_of(setting, given)
    read = _read(text, model)
    side = sides.Side.of(read, READ)
    sentence, members = (side.sentence, side.members) if whole else _tokenized(read, spans)
    if not any(members):
        raise AttnError(f"{model.name} makes no word of {text!r}", "give it a word")
    x = _means(_output(read, model, settings.layer or 0), members)  # [n, d_model]
    return Side(sentence, x, np.array([bool(each) for each in members]))


def _read(text: str, model: Model) -> ModelSentence:
    """The pieces of a text; AttnError for more than the model has positions."""
    read = model.texts().read_long(text)
    n, most = len(read.tokens), model.shape.positions
    if n > most:
        raise AttnError(f"the text has {n:,} tokens for {model.name}, which takes {most:,}", BY_SENTENCE)
    return read


def _output(read: ModelSentence, model: Model, layer: int) -> Array:
    """The output of one layer on all pieces: `[tokens, d_model]` in float64."""
    run = ModelRun(model, ModelInput(read), (layer,), (0,))
    check_room(run)
    (output,) = run.each(lambda step: step.layer.output.astype(np.float64))
    return output


def _means(output: Array, members: Sequence[Sequence[int]]) -> Array:
    """The mean of each word's pieces: `[n, d_model]`; 0 of a word without pieces."""
    return np.stack([output[list(each)].mean(axis=0) if each else np.zeros_like(output[0]) for each in members])


def _tokenized(read: ModelSentence, spans: Sequence[tuple[int, int]]) -> tuple[Sentence, list[list[int]]]:
    """The stretches of a text as tokens, and the pieces of each; a space that is a piece belongs to the next one."""
    ends = [end for _, end in spans]
    members: list[list[int]] = [[] for _ in spans]
    for piece in read.tokens:
        place = int(np.searchsorted(ends, piece.start, side="right"))
        if not piece.special and place < len(spans):
            members[place].append(piece.index)
    tokens = tuple(_token(read, i, span, members[i]) for i, span in enumerate(spans))
    return Sentence(read.text, tokens, tuple(_unknown(tokens))), members


def _token(read: ModelSentence, index: int, span: tuple[int, int], members: Sequence[int]) -> Token:
    pieces, text = tuple(read.tokens[member].piece for member in members), read.text[slice(*span)]
    return Token(
        index, text, "".join(pieces) or text, *span, read.tokens[members[0]].id if members else None, pieces=pieces
    )


def _unknown(tokens: Sequence[Token]) -> Iterator[Unknown]:
    return (Unknown(each.text, each.start, each.end) for each in tokens if not each.pieces)
