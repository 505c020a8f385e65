"""MPNet (Song et al. 2020): BERT's block, with a learned addition to every score by the bucket of its offset.

The buckets are those of T5 (Raffel et al. 2020, section 2.1), one table for all blocks; positions are added to the
vectors of the words too (Song et al. 2020, section 2.2), counted as RoBERTa counts them.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from attncli.arrays import Array
from attncli.models.blocks.activations import Activation, gelu, read_activation, tanh
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.offsets import Buckets
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import PostNormBlock
from attncli.models.blocks.transform import Transform
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Classifier, Family, ModelShape, OutputLayer, Prediction

PADDING = 1  # the token that counts no position, whatever the config says
BUCKETS, FARTHEST = 32, 128  # no settings of the config
BUCKETS_KEY = "relative_attention_num_buckets"


@dataclass(frozen=True, kw_only=True)
class MPNet(Family):
    """bias: the addition to the scores of every block."""

    names = Names(blocks="encoder.layer", prefixes=("mpnet.",), buffers=("embeddings.position_ids",))
    output = OutputLayer(
        "embeddings.word_embeddings.weight", ("lm_head.decoder.weight",), ("lm_head.decoder.bias", "lm_head.bias")
    )
    tokenizers: ClassVar = {"mpnet": "MPNetTokenizer"}

    d_ff: int
    eps: float
    activation: Activation
    bias: Buckets

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder of a config."""
        n_layer, d_k = config.size("num_hidden_layers"), config.head_size("hidden_size", "num_attention_heads")
        d, n_head = config.size("hidden_size"), config.size("num_attention_heads")
        rows, eps = config.size("max_position_embeddings", 512), config.epsilon("layer_norm_eps", 1e-12)
        if rows <= PADDING + 1:
            raise config.error("max_position_embeddings", f"more than {PADDING + 1} positions")
        return cls(
            shape=ModelShape(n_layer, n_head, n_head, d, d_k, rows - PADDING - 1, causal=False),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(
                Table("embeddings.word_embeddings", config.optional_size("vocab_size"), d),
                Table("embeddings.position_embeddings", rows, d),
                norm=LayerNorm("embeddings.LayerNorm", d, eps),
            ),
            prediction=Prediction(
                Transform(Dense("lm_head.dense", d, d), gelu, LayerNorm("lm_head.layer_norm", d, eps))
            ),
            classifier=Classifier("classifier.out_proj", Transform(Dense("classifier.dense", d, d), tanh)),
            d_ff=config.size("intermediate_size"),
            eps=eps,
            activation=read_activation(config, "hidden_act", "gelu"),
            bias=_read_bias(config, n_head),
        )

    def positions(self, ids: Array) -> Array:
        """2, 3, 4 …, padding tokens at 1: `[b, n]`."""
        counted = ids != PADDING  # [b, n]
        positions: Array = np.cumsum(counted, axis=-1) * counted + PADDING
        return positions

    def block(self, number: int) -> PostNormBlock:
        """Block `number`."""
        name, d, d_ff, n_head = f"encoder.layer.{number}", self.shape.d_model, self.d_ff, self.shape.n_head
        query, key, value, mixing = (Dense(f"{name}.attention.attn.{part}", d, d) for part in "qkvo")
        inner, outer = Dense(f"{name}.intermediate.dense", d, d_ff), Dense(f"{name}.output.dense", d_ff, d)
        return PostNormBlock(
            SelfAttention(Separate(query, key, value, n_head, n_head), mixing, offset_bias=self.bias),
            LayerNorm(f"{name}.attention.LayerNorm", d, self.eps),
            FeedForward(inner, outer, self.activation),
            LayerNorm(f"{name}.output.LayerNorm", d, self.eps),
        )


FAMILY = MPNet


def _read_bias(config: Config, n_head: int) -> Buckets:
    """The table of the additions, of which the first 32 rows are used."""
    rows = config.size(BUCKETS_KEY, BUCKETS)
    if rows < BUCKETS:
        raise config.error(BUCKETS_KEY, f"at least {BUCKETS}, the buckets that the model has")
    return Buckets("encoder.relative_attention_bias", BUCKETS, FARTHEST, n_head, rows=rows)
