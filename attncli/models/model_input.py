"""The input of a model: the tokens of its text and, for a decoder that attends to it, of a target."""

from dataclasses import dataclass

from attncli.arrays import Array
from attncli.models.changes import UNCHANGED, Changes
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.models.windows import Windows


@dataclass(frozen=True)
class ModelInput:
    """The tokens that a model is given, and the part of it whose attention is asked for.

    text: the text, or the source of an encoder–decoder; target: what its decoder reads; part: `encoder` (also of models
    that have no parts), `decoder` (the target attends to itself) or `cross` (it attends to the source). windows: those
    that a text of more tokens than positions is read in; warnings: of what the model does not see; changes: of the
    forward pass.
    """

    text: ModelSentence
    target: ModelSentence | None = None
    part: str = "encoder"
    windows: Windows | None = None
    warnings: tuple[str, ...] = ()
    changes: Changes = UNCHANGED

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
    def begun(self) -> ModelSentence:
        """The tokens that a decoder goes on from: those of the target, or of the only text."""
        return self.text if self.target is None else self.target

    @property
    def reader(self) -> str:
        """The part whose last layer answers: the decoder where there is a target, else the only part, `encoder`."""
        return "encoder" if self.target is None else "decoder"

    @property
    def hidden(self) -> Array | None:
        """The keys that queries are not shown, boolean `[n_query, n_key]`; None: none."""
        return self.changes.hidden(len(self.queries.tokens), len(self.keys.tokens))

    @property
    def crosses(self) -> bool:
        """Whether the keys are of another text than the queries."""
        return self.part == "cross"
