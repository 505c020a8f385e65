"""The input of a model: the tokens of its text and, for a decoder that attends to it, of a target."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attncli.models.checkpoint.tokenizing import ModelSentence, ModelToken
from attncli.models.windows import Windows


@dataclass(frozen=True)
class ModelInput:
    """The tokens that a model is given, and the part of it whose attention is asked for.

    text: the text, or the source of an encoder–decoder; target: what its decoder reads; part: `encoder` (also of models
    that have no parts), `decoder` (the target attends to itself) or `cross` (it attends to the source). windows: those
    that a text of more tokens than positions is read in; warnings: of what the model does not see.
    """

    text: ModelSentence
    target: ModelSentence | None = None
    part: str = "encoder"
    windows: Windows | None = None
    warnings: tuple[str, ...] = ()

    @property
    def queries(self) -> ModelSentence:
        """The tokens of the rows of the weights."""
        return self.text if self.part == "encoder" or self.target is None else self.target

    @property
    def keys(self) -> ModelSentence:
        """The tokens of the columns of the weights."""
        return self.text if self.crosses else self.queries

    @property
    def texts(self) -> tuple[ModelSentence, ...]:
        """The texts that are run for the part: for the encoder's not the target."""
        return (self.text,) if self.part == "encoder" or self.target is None else (self.text, self.target)

    @property
    def crosses(self) -> bool:
        """Whether the keys are of another text than the queries."""
        return self.part == "cross"


def shifted(sentence: ModelSentence, ids: Sequence[int], piece: str) -> ModelSentence:
    """The tokens that a decoder reads in training for a target: a start token first, the last token dropped.

    ids: those of the shifted tokens; piece: that of the first, which is the target's last or none of its tokens.
    """
    *kept, last = sentence.tokens
    start = last if last.special and last.id == ids[0] else ModelToken(0, ids[0], piece, "", 0, 0, True, None)
    moved = (replace(token, index=index) for index, token in enumerate((start, *kept)))
    return replace(sentence, tokens=tuple(moved))
