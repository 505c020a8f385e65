"""Llama and its kin: Mistral, Qwen2, Qwen3. RMS norms, rotary positions, grouped heads, a gated feed-forward.

Touvron et al. 2023 (Llama, section 2.2); Jiang et al. 2023 (Mistral, section 2: a sliding window); Yang et al. 2024
(Qwen2, section 2.2: biases of q, k and v) and 2025 (Qwen3, section 2: an RMS norm of every query and key).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, GatedFeedForward, RMSNorm, Table
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import PreNormBlock
from attncli.models.blocks.rotary import Rotary, read_rotary
from attncli.models.blocks.windows import Windows, read_windows
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, ModelShape, OutputLayer


@dataclass(frozen=True)
class Kind:
    """One model_type of the family, with its defaults of keys that a config leaves out.

    positions, n_kv_head, d_k: of max_position_embeddings, num_key_value_heads (None: as many as heads) and head_dim
    (None: d_model / n_head). sliding_window: None where the model has no windows; window_switch: whether the config
    turns them on. biased: the linear layers that have a bias; bias_keys: a key → those that have one where it is on;
    ignored: keys that change nothing; head_norms: whether queries and keys have an RMS norm each.
    """

    positions: int
    n_kv_head: int | None = None
    d_k: int | None = None
    sliding_window: int | None = None
    window_switch: bool = False
    biased: str = ""
    bias_keys: Mapping[str, str] = field(default_factory=dict)
    ignored: str = ""
    head_norms: bool = False


KINDS = {
    "llama": Kind(2048, bias_keys={"attention_bias": "q k v o", "mlp_bias": "gate up down"}),
    "mistral": Kind(131_072, n_kv_head=8, sliding_window=4096),
    "qwen2": Kind(32_768, 32, None, 4096, window_switch=True, biased="q k v", ignored="attention_bias"),
    "qwen3": Kind(32_768, 32, 128, 4096, window_switch=True, bias_keys={"attention_bias": "q k v o"}, head_norms=True),
}


@dataclass(frozen=True, kw_only=True)
class Llama(Family):
    """biased: the linear layers that have a bias (q, k, v, o, gate, up, down); head_norms: of queries and keys."""

    names = Names(blocks="layers", prefixes=("model.",), buffers=("*rotary_emb.inv_freq",))
    output = OutputLayer("embed_tokens.weight", ("lm_head.weight",), tied=False)
    tokenizers: ClassVar = dict.fromkeys(("qwen2", "qwen3"), "Qwen2Tokenizer")

    d_ff: int
    eps: float
    activation: Activation
    rotary: Rotary
    windows: Windows
    biased: frozenset[str]
    head_norms: bool

    @classmethod
    def read(cls, config: Config) -> Self:
        """The decoder of a config."""
        kind = KINDS[config.get("model_type")]
        config.ignore(f"is_decoder add_cross_attention max_window_layers {kind.ignored}")
        n_layer, d_k = config.size("num_hidden_layers"), _read_head_size(config, kind)
        rotary = read_rotary(config, d_k, config.size("max_position_embeddings", kind.positions))
        d_model, eps = config.size("hidden_size"), config.epsilon("rms_norm_eps", 1e-6)
        causal = config.switch("is_causal", True)
        return cls(
            shape=ModelShape(n_layer, *_read_head_counts(config, kind), d_model, d_k, rotary.reach, causal),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(Table("embed_tokens", config.optional_size("vocab_size"), d_model)),
            last=RMSNorm("norm", d_model, eps),
            d_ff=config.size("intermediate_size"),
            eps=eps,
            activation=read_activation(config, "hidden_act", "silu"),
            rotary=rotary,
            windows=_read_windows(config, kind, n_layer),
            biased=_read_biased(config, kind),
            head_norms=kind.head_norms,
        )

    def block(self, number: int) -> PreNormBlock:
        """Block `number`."""
        name, d_model = f"layers.{number}", self.shape.d_model
        return PreNormBlock(
            RMSNorm(f"{name}.input_layernorm", d_model, self.eps),
            self._attention(f"{name}.self_attn", number),
            RMSNorm(f"{name}.post_attention_layernorm", d_model, self.eps),
            GatedFeedForward(
                self._dense(f"{name}.mlp", "gate", d_model, self.d_ff),
                self._dense(f"{name}.mlp", "up", d_model, self.d_ff),
                self._dense(f"{name}.mlp", "down", self.d_ff, d_model),
                self.activation,
            ),
        )

    def _attention(self, name: str, number: int) -> SelfAttention:
        sizes = self.shape
        heads = {"q": sizes.n_head, "k": sizes.n_kv_head, "v": sizes.n_kv_head}
        query, key, value = (self._dense(name, part, sizes.d_model, n * sizes.d_k) for part, n in heads.items())
        norm_q, norm_k = (RMSNorm(f"{name}.{part}_norm", sizes.d_k, self.eps) for part in "qk")
        return SelfAttention(
            Separate(query, key, value, sizes.n_head, sizes.n_kv_head),
            self._dense(name, "o", sizes.n_head * sizes.d_k, sizes.d_model),
            sizes.causal,
            self.windows.of(number, sizes.causal),
            head_norms=(norm_q, norm_k) if self.head_norms else None,
            rotary=self.rotary,
        )

    def _dense(self, name: str, part: str, d_in: int, d_out: int) -> Dense:
        return Dense(f"{name}.{part}_proj", d_in, d_out, part in self.biased)


FAMILY = Llama


def _read_head_size(config: Config, kind: Kind) -> int:
    if config.get("head_dim", kind.d_k) is None:
        return config.head_size("hidden_size", "num_attention_heads")
    return config.size("head_dim", kind.d_k)


def _read_head_counts(config: Config, kind: Kind) -> tuple[int, int]:
    """n_head and n_kv_head."""
    n_head, name = config.size("num_attention_heads"), "num_key_value_heads"
    n_kv_head = n_head if config.get(name, kind.n_kv_head) is None else config.size(name, kind.n_kv_head)
    if n_head % n_kv_head:
        raise config.error("num_attention_heads", f"a multiple of {name} {n_kv_head}")
    return n_head, n_kv_head


def _read_windows(config: Config, kind: Kind, n_layer: int) -> Windows:
    if kind.sliding_window is None:
        return Windows()
    return read_windows(config, n_layer, kind.sliding_window, kind.window_switch)


def _read_biased(config: Config, kind: Kind) -> frozenset[str]:
    """The linear layers that have a bias."""
    on = (layers for key, layers in kind.bias_keys.items() if config.switch(key, False))
    return frozenset(" ".join((kind.biased, *on)).split())
