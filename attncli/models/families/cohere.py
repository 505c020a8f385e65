"""Command R and R+ (Cohere 2024): attention and gated feed-forward side by side, on one layer norm without bias.

Dimensions turn with their neighbours (Su et al. 2021, equation 34); the larger model norms the queries and keys of
each head (Dehghani et al. 2023, section 2.2).
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.head_norms import HeadNorms
from attncli.models.blocks.heads import read_head_counts, read_head_size
from attncli.models.blocks.layers import Dense, Embeddings, GatedFeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import ParallelBlock
from attncli.models.blocks.rotary import Rotary, read_rotary
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, OutputLayer, Prediction

BASE = 500_000.0  # of the rotation, where the config does not say


@dataclass(frozen=True, kw_only=True)
class Cohere(Family):
    """biased: whether q, k, v and o are; head_norms: whether queries and keys have a norm, a gain for each head."""

    names = Names(blocks="layers", prefixes=("model.",), buffers=("*rotary_emb.inv_freq",))
    output = OutputLayer("embed_tokens.weight", ("lm_head.weight",))
    tokenizers: ClassVar = {"cohere": "CohereTokenizer"}

    d_ff: int
    eps: float
    activation: Activation
    rotary: Rotary
    biased: bool
    head_norms: bool

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config."""
        config.ignore("is_decoder add_cross_attention")
        n_layer, d, d_k = config.size("num_hidden_layers"), config.size("hidden_size"), read_head_size(config)
        positions, eps = config.size("max_position_embeddings", 8192), config.epsilon("layer_norm_eps", 1e-5)
        rotary = read_rotary(config, d_k, positions, neighbours=True, base=BASE)
        heads, causal = read_head_counts(config), config.switch("is_causal", True)
        return cls(
            shape=ModelShape(n_layer, *heads, d, d_k, rotary.reach, causal),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(Table("embed_tokens", config.optional_size("vocab_size"), d)),
            last=LayerNorm("norm", d, eps, biased=False),
            prediction=Prediction(scale=config.positive("logit_scale", 0.0625)),
            d_ff=config.size("intermediate_size"),
            eps=eps,
            activation=read_activation(config, "hidden_act", "silu"),
            rotary=rotary,
            biased=config.switch("attention_bias", False),
            head_norms=config.switch("use_qk_norm", False),
        )

    def block(self, number: int) -> ParallelBlock:
        """Block `number`."""
        name, d, d_ff = f"layers.{number}", self.shape.d_model, self.d_ff
        gate, up = (Dense(f"{name}.mlp.{part}_proj", d, d_ff, biased=False) for part in ("gate", "up"))
        down = Dense(f"{name}.mlp.down_proj", d_ff, d, biased=False)
        return ParallelBlock(
            LayerNorm(f"{name}.input_layernorm", d, self.eps, biased=False),
            self._attention(f"{name}.self_attn"),
            GatedFeedForward(gate, up, down, self.activation),
        )

    def _attention(self, name: str) -> SelfAttention:
        d, d_k, n_head, n_kv_head = self.shape.d_model, self.shape.d_k, self.shape.n_head, self.shape.n_kv_head
        counts = {"q": n_head, "k": n_kv_head, "v": n_kv_head}
        query, key, value = (Dense(f"{name}.{part}_proj", d, n * d_k, self.biased) for part, n in counts.items())
        norm_q, norm_k = (HeadNorms(f"{name}.{part}_norm", counts[part], d_k, self.eps) for part in "qk")
        return SelfAttention(
            Separate(query, key, value, n_head, n_kv_head),
            Dense(f"{name}.o_proj", n_head * d_k, d, self.biased),
            self.shape.causal,
            head_norms=(norm_q, norm_k) if self.head_norms else None,
            rotary=self.rotary,
        )


FAMILY = Cohere
