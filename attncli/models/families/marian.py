"""Marian, Pegasus and M2M-100: BART's kin whose positions are computed, and stored in some checkpoints."""

from dataclasses import dataclass

from attncli.models.families.bart import Bart


@dataclass(frozen=True, kw_only=True)
class Marian(Bart):
    """Positions are no parameters."""

    names = Bart.names._replace(buffers=("*.embed_positions.weight",))


FAMILY = Marian
