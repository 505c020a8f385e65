"""Llama (Touvron et al. 2023), Mistral (Jiang et al. 2023), Qwen2 (Yang et al. 2024) and Qwen3 (Yang et al. 2025).

RMS norms, rotary positions, grouped heads, a gated feed-forward (Llama, section 2.2); Mistral has a sliding window
(section 2), Qwen2 biases of q, k and v (section 2.2), Qwen3 an RMS norm of every query and key (section 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.heads import read_head_counts, read_head_size
from attncli.models.blocks.layers import Dense, Embeddings, GatedFeedForward, RMSNorm, Table
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import PreNormBlock
from attncli.models.blocks.rotary import BASE, Rotary, read_rotary
from attncli.models.blocks.windows import WindowRule, Windows, read_windows
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Family, Layer, ModelShape, Norm, OutputLayer


@dataclass(frozen=True)
class Kind:
    """One model_type of the family, with its defaults of keys that a config leaves out.

    positions, n_kv_head, d_k, base: of max_position_embeddings, num_key_value_heads (None: as many as heads), head_dim
    (None: d_model / n_head) and rope_theta. windows: None where the model has none. biased: the linear layers that have
    a bias; bias_keys: a key → those that have one where it is on; bias_on: whether it is where it is missing; ignored:
    keys that change nothing; head_norms: whether queries and keys have a norm each. activation: the key of the
    feed-forward's function, and its default; eps_key, eps: the same of the norms' ε, None where no key is read.
    """

    positions: int
    n_kv_head: int | None = None
    d_k: int | None = None
    windows: WindowRule | None = None
    biased: str = ""
    bias_keys: Mapping[str, str] = field(default_factory=dict)
    bias_on: bool = False
    ignored: str = ""
    head_norms: bool = False
    activation: tuple[str, str] = ("hidden_act", "silu")
    eps_key: str | None = "rms_norm_eps"
    eps: float = 1e-6
    base: float = BASE


ATTENTION_BIAS = {"attention_bias": "q k v o"}
QWEN_WINDOWS = WindowRule(4096, switched=True, first=28)


@dataclass(frozen=True, kw_only=True)
class Llama(Family):
    """A decoder of the family; its kin derive from it.

    biased: the linear layers that have a bias (q, k, v, o, gate, up, down); head_norms: of queries and keys.
    """

    names = Names(blocks="layers", prefixes=("model.",), buffers=("*rotary_emb.inv_freq",))
    output = OutputLayer("embed_tokens.weight", ("lm_head.weight",), tied=False)
    tokenizers: ClassVar = dict.fromkeys(("qwen2", "qwen3"), "Qwen2Tokenizer")
    kinds: ClassVar[Mapping[str, Kind]] = {
        "llama": Kind(2048, bias_keys={**ATTENTION_BIAS, "mlp_bias": "gate up down"}),
        "mistral": Kind(131_072, n_kv_head=8, windows=WindowRule(4096)),
        "qwen2": Kind(32_768, 32, windows=QWEN_WINDOWS, biased="q k v", ignored="attention_bias"),
        "qwen3": Kind(32_768, 32, 128, QWEN_WINDOWS, bias_keys=ATTENTION_BIAS, head_norms=True),
    }

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
        return cls(**cls.fields(config, cls.kinds[config.get("model_type")]))

    @classmethod
    def fields(cls, config: Config, kind: Kind) -> dict[str, Any]:
        """The fields by the config of a model of that kind."""
        config.ignore(f"is_decoder add_cross_attention max_window_layers {kind.ignored}")
        n_layer, d_k = config.size("num_hidden_layers"), read_head_size(config, kind.d_k)
        rotary = cls.read_rotary(config, d_k, config.size("max_position_embeddings", kind.positions), kind)
        d_model, heads = config.size("hidden_size"), read_head_counts(config, kind.n_kv_head)
        eps = config.epsilon(kind.eps_key, kind.eps) if kind.eps_key else kind.eps
        causal = config.switch("is_causal", True)
        return {
            "shape": ModelShape(n_layer, *heads, d_model, d_k, rotary.reach, causal),
            "tied": config.switch("tie_word_embeddings", cls.output.tied),
            "embedding": Embeddings(Table("embed_tokens", config.optional_size("vocab_size"), d_model)),
            "last": cls.norm("norm", d_model, eps),
            "d_ff": config.size("intermediate_size"),
            "eps": eps,
            "activation": read_activation(config, *kind.activation),
            "rotary": rotary,
            "windows": read_windows(config, n_layer, kind.windows) if kind.windows else Windows(),
            "biased": _read_biased(config, kind),
            "head_norms": kind.head_norms,
        }

    @classmethod
    def read_rotary(cls, config: Config, d_k: int, positions: int, kind: Kind) -> Rotary:
        """The rotation of queries and keys."""
        return read_rotary(config, d_k, positions, base=kind.base)

    @classmethod
    def norm(cls, name: str, d: int, eps: float) -> Norm:
        """A norm of d numbers."""
        return RMSNorm(name, d, eps)

    def block(self, number: int) -> PreNormBlock:
        """Block `number`."""
        name, d_model = f"layers.{number}", self.shape.d_model
        return PreNormBlock(
            self.norm(f"{name}.input_layernorm", d_model, self.eps),
            self.attention(f"{name}.self_attn", number),
            self.norm(f"{name}.post_attention_layernorm", d_model, self.eps),
            self.feed_forward(f"{name}.mlp", number),
        )

    def attention(self, name: str, number: int) -> SelfAttention:
        """The attention of block `number`."""
        sizes = self.shape
        heads = {"q": sizes.n_head, "k": sizes.n_kv_head, "v": sizes.n_kv_head}
        query, key, value = (self.dense(name, part, sizes.d_model, n * sizes.d_k) for part, n in heads.items())
        norm_q, norm_k = (self.norm(f"{name}.{part}_norm", sizes.d_k, self.eps) for part in "qk")
        return SelfAttention(
            Separate(query, key, value, sizes.n_head, sizes.n_kv_head),
            self.dense(name, "o", sizes.n_head * sizes.d_k, sizes.d_model),
            sizes.causal,
            self.windows.of(number, sizes.causal),
            head_norms=(norm_q, norm_k) if self.head_norms else None,
            rotary=self.rotary,
        )

    def feed_forward(self, name: str, number: int) -> Layer:
        """The feed-forward of block `number`."""
        gate, up = (self.dense(name, part, self.shape.d_model, self.d_ff) for part in ("gate", "up"))
        return GatedFeedForward(gate, up, self.dense(name, "down", self.d_ff, self.shape.d_model), self.activation)

    def dense(self, name: str, part: str, d_in: int, d_out: int) -> Dense:
        """The linear layer of a part (q, k, v, o, gate, up, down)."""
        return Dense(f"{name}.{part}_proj", d_in, d_out, part in self.biased)


FAMILY = Llama


def _read_biased(config: Config, kind: Kind) -> frozenset[str]:
    """The linear layers that have a bias."""
    on = (layers for key, layers in kind.bias_keys.items() if config.switch(key, kind.bias_on))
    return frozenset(" ".join((kind.biased, *on)).split())
