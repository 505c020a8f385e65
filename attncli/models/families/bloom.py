"""BLOOM (Le Scao et al. 2022, section 3.2): no table of positions, but a slope by distance in the scores of each head.

ALiBi (Press et al. 2022, section 3), and a norm of the embedding (Dettmers et al. 2021); the blocks are GPT-2's.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.models.blocks.activations import gelu_tanh
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.offsets import Slopes
from attncli.models.blocks.projections import Grouped
from attncli.models.blocks.residual import PreNormBlock
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, OutputLayer

LENGTH = (
    2048  # tokens of the texts that it was trained with (Le Scao et al. 2022, table 3): no key of the config has it
)


@dataclass(frozen=True, kw_only=True)
class Bloom(Family):
    """from_norms: whether each half of a block is added to the norm that it took, not to the hidden state.

    biased: whether the linear layer at the end of each half has a bias; transformers leaves it out where it sums a
    layer that was trained in parts by its parts.
    """

    names = Names(blocks="h", prefixes=("transformer.",))
    output = OutputLayer("word_embeddings.weight", ("lm_head.weight",))
    aliases: ClassVar = {"n_embed": "hidden_size", "num_attention_heads": "n_head", "num_hidden_layers": "n_layer"}

    eps: float
    from_norms: bool
    biased: bool

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config."""
        config.ignore("is_decoder add_cross_attention n_inner offset_alibi")
        config.ignore("masked_softmax_fusion bias_dropout_fusion skip_bias_add skip_bias_add_qkv")
        n_layer, n_head, d_k = config.size("n_layer"), config.size("n_head"), config.head_size("hidden_size", "n_head")
        d, eps = n_head * d_k, config.epsilon("layer_norm_epsilon", 1e-5)
        words, norm = Table("word_embeddings", config.optional_size("vocab_size"), d), "word_embeddings_layernorm"
        return cls(
            shape=ModelShape(n_layer, n_head, n_head, d, d_k, LENGTH, config.switch("is_causal", True)),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(words, norm=LayerNorm(norm, d, eps)),
            last=LayerNorm("ln_f", d, eps),
            eps=eps,
            from_norms=config.switch("apply_residual_connection_post_layernorm", False),
            biased=not (config.switch("slow_but_exact", False) and config.size("pretraining_tp", 1) > 1),
        )

    def block(self, number: int) -> PreNormBlock:
        """Block `number`."""
        name, d, n_head = f"h.{number}", self.shape.d_model, self.shape.n_head
        attention = SelfAttention(
            Grouped(Dense(f"{name}.self_attention.query_key_value", d, 3 * d), n_head, n_head),
            Dense(f"{name}.self_attention.dense", d, d, self.biased),
            self.shape.causal,
            offset_bias=Slopes(n_head),
        )
        inner = Dense(f"{name}.mlp.dense_h_to_4h", d, 4 * d)
        outer = Dense(f"{name}.mlp.dense_4h_to_h", 4 * d, d, self.biased)
        first, second = (LayerNorm(f"{name}.{part}_layernorm", d, self.eps) for part in ("input", "post_attention"))
        feed_forward = FeedForward(inner, outer, gelu_tanh)
        return PreNormBlock(first, attention, second, feed_forward, from_norms=self.from_norms)


FAMILY = Bloom
