"""Marian (Junczys-Dowmunt et al. 2018), Pegasus (Zhang et al. 2020), M2M-100 (Fan et al. 2021): BART's kin.

Their positions are computed, and stored in some checkpoints.
"""

from dataclasses import dataclass

from attncli.models.families.bart import Bart


@dataclass(frozen=True, kw_only=True)
class Marian(Bart):
    """Positions are no parameters."""

    names = Bart.names._replace(buffers=(*Bart.names.buffers, "*.embed_positions.weight", "*.embed_positions.weights"))


FAMILY = Marian
