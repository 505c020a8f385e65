"""ModernBERT (Warner et al. 2024, section 2.1): norms before each half, rotary positions, a gated feed-forward.

Every third block sees all tokens, the others a window; each kind has a rotation of its own. The first block has no
norm before its attention, since one stands behind the embeddings.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.attention.masks import Window
from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.gates import FusedGate
from attncli.models.blocks.layers import Dense, Embeddings, LayerNorm, Table
from attncli.models.blocks.projections import Fused
from attncli.models.blocks.residual import PreNormBlock
from attncli.models.blocks.rotary import Rotary
from attncli.models.blocks.rotary_by_type import FULL, SLIDING, read_rotaries
from attncli.models.blocks.transform import Transform
from attncli.models.blocks.windows import read_types
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Classifier, Family, ModelShape, OutputLayer, Prediction

BASES = {FULL: ("global_rope_theta", 160_000.0), SLIDING: ("local_rope_theta", 10_000.0)}
#: Ways to compute, training, and an epsilon and positions that the model does not have.
IGNORED = """deterministic_flash_attn reference_compile repad_logits_with_grad sparse_prediction
sparse_pred_ignore_index layer_norm_eps position_embedding_type"""


@dataclass(frozen=True, kw_only=True)
class ModernBert(Family):
    """Sizes and switches of every block.

    types: whether each block has a window; without them every `every`-th has none, from the first one on. window: to
    each side; rotary, local: the rotations of blocks without and with one. The biases are of the attention's, the
    feed-forward's and the norms' arrays.
    """

    names = Names(blocks="layers", prefixes=("model.",), buffers=("*rotary_emb*inv_freq",), heads=("head.", "decoder."))
    output = OutputLayer("embeddings.tok_embeddings.weight", ("decoder.weight",), ("decoder.bias",))
    tokenizers: ClassVar = {"modernbert": "TokenizersBackend"}

    d_ff: int
    eps: float
    activation: Activation
    types: tuple[bool, ...] | None
    every: int
    window: int
    rotary: Rotary
    local: Rotary
    attention_bias: bool
    feed_forward_bias: bool
    norm_bias: bool

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder of a config."""
        config.ignore(IGNORED)
        d_k, n_layer = config.head_size("hidden_size", "num_attention_heads"), config.size("num_hidden_layers")
        n_head, d = config.size("num_attention_heads"), config.size("hidden_size")
        rotaries = read_rotaries(config, d_k, config.size("max_position_embeddings", 8192), BASES, scaled=BASES)
        eps, norm_bias = config.epsilon("norm_eps", 1e-5), config.switch("norm_bias", False)
        words = Table("embeddings.tok_embeddings", config.optional_size("vocab_size"), d)
        heads = _read_heads(config, d, LayerNorm("head.norm", d, eps, norm_bias))
        return cls(
            shape=ModelShape(n_layer, n_head, n_head, d, d_k, rotaries[FULL].reach, causal=False),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(words, norm=LayerNorm("embeddings.norm", d, eps, norm_bias)),
            last=LayerNorm("final_norm", d, eps, norm_bias),
            prediction=heads[0],
            classifier=heads[1],
            d_ff=config.size("intermediate_size"),
            eps=eps,
            activation=read_activation(config, "hidden_activation", "gelu"),
            types=read_types(config, n_layer),
            every=config.size("global_attn_every_n_layers", 3),
            window=config.size("local_attention", 128) // 2,
            rotary=rotaries[FULL],
            local=rotaries[SLIDING],
            attention_bias=config.switch("attention_bias", False),
            feed_forward_bias=config.switch("mlp_bias", False),
            norm_bias=norm_bias,
        )

    def block(self, number: int) -> PreNormBlock:
        """Block `number`."""
        name, d, d_ff, biased = f"layers.{number}", self.shape.d_model, self.d_ff, self.feed_forward_bias
        inner, outer = Dense(f"{name}.mlp.Wi", d, 2 * d_ff, biased), Dense(f"{name}.mlp.Wo", d_ff, d, biased)
        return PreNormBlock(
            self._norm(f"{name}.attn_norm") if number else None,
            self._attention(f"{name}.attn", self.slides(number)),
            self._norm(f"{name}.mlp_norm"),
            FusedGate(inner, outer, self.activation),
        )

    def slides(self, number: int) -> bool:
        """Whether block `number` has a window."""
        return number % self.every > 0 if self.types is None else self.types[number]

    def _norm(self, name: str) -> LayerNorm:
        return LayerNorm(name, self.shape.d_model, self.eps, self.norm_bias)

    def _attention(self, name: str, slides: bool) -> SelfAttention:
        d, n_head = self.shape.d_model, self.shape.n_head
        window: Window | None = (self.window, self.window) if slides else None
        return SelfAttention(
            Fused(Dense(f"{name}.Wqkv", d, 3 * d, self.attention_bias), n_head, n_head),
            Dense(f"{name}.Wo", d, d, self.attention_bias),
            window=window,
            rotary=self.local if slides else self.rotary,
        )


FAMILY = ModernBert


def _read_heads(config: Config, d: int, norm: LayerNorm) -> tuple[Prediction, Classifier]:
    """Those of tokens and of labels, which have the same layers in front; linear layers may have biases."""
    dense = Dense("head.dense", d, d, config.switch("classifier_bias", False))
    transform = Transform(dense, read_activation(config, "classifier_activation", "gelu"), norm)
    biases = None if config.switch("decoder_bias", True) else ()
    pooled = {"cls": "first", "mean": "mean"}.get(config.get("classifier_pooling", "cls"))
    if pooled is None:
        raise config.error("classifier_pooling", "'cls' or 'mean'")
    return Prediction(transform, biases=biases), Classifier("classifier", transform, pooled)
