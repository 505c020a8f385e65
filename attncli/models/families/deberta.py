"""DeBERTa, the first one (He et al. 2021): disentangled attention with a row for each offset.

Queries, keys and values come of one linear layer, head by head, and queries and values have a bias of their own.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from attncli.models.blocks.disentangled import OffsetRows
from attncli.models.blocks.layers import Dense
from attncli.models.blocks.projections import BiasedGroups, Grouped, Projections
from attncli.models.checkpoint.config import Config
from attncli.models.families.deberta_v2 import DebertaV2, read_reach, read_terms


@dataclass(frozen=True, kw_only=True)
class Deberta(DebertaV2):
    """An encoder."""

    tokenizers: ClassVar = {"deberta": "DebertaTokenizer"}

    @classmethod
    def read_attention(cls, config: Config, positions: int) -> dict[str, Any]:
        """The fields about the scores. The divisor counts a term that is named twice as two."""
        if config.switch("talking_head", False):
            raise config.error("talking_head", "false: heads that are not mixed")
        terms, reach = read_terms(config), read_reach(config, positions)
        return {
            "terms": frozenset(terms),
            "counted": len(terms),
            "rows": None if reach is None else OffsetRows(reach),
            "normed": False,
            "shared": False,
            "convolution": None,
        }

    def projections(self, name: str) -> Projections:
        """To q, k and v of the attention of that name."""
        d, n_head = self.shape.d_model, self.shape.n_head
        groups = Grouped(Dense(f"{name}.in_proj", d, 3 * d, biased=False), n_head, n_head)
        return BiasedGroups(groups, f"{name}.q_bias", f"{name}.v_bias")

    def of_offsets(self, name: str) -> tuple[Dense, Dense]:
        """The linear layers to keys and to queries of offsets."""
        d = self.shape.d_model
        return Dense(f"{name}.pos_proj", d, d, biased=False), Dense(f"{name}.pos_q_proj", d, d)


FAMILY = Deberta
