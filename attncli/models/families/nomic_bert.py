"""Nomic BERT (Nussbaum et al. 2024, section 3.1): BERT with rotary positions and a gated feed-forward, without biases.

Its configs have the names of its authors' code or those of transformers; its files the former ones alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation, tanh
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.heads import read_head_size
from attncli.models.blocks.layers import Dense, Embeddings, GatedFeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Fused
from attncli.models.blocks.residual import PostNormBlock
from attncli.models.blocks.rotary import Rotary, read_rotary
from attncli.models.blocks.transform import Transform
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Classifier, Family, ModelShape, OutputLayer, Prediction

#: Switches of its authors' code → the value that the published models have.
FIXED: Mapping[str, Any] = {
    **{"activation_function": "swiglu", "scale_attn_weights": True, "rotary_emb_fraction": 1},
    **dict.fromkeys(("rotary_emb_scale_base", "rotary_scaling_factor", "last_layer_subset")),
    **dict.fromkeys(("prenorm", "parallel_block", "causal", "use_rms_norm", "rotary_emb_interleaved"), False),
    **dict.fromkeys(("qkv_proj_bias", "mlp_fc1_bias", "mlp_fc2_bias", "scale_attn_by_inverse_layer_idx"), False),
}
IGNORED = "dense_seq_output use_xentropy parallel_block_tied_norm"


@dataclass(frozen=True, kw_only=True)
class NomicBert(Family):
    """An encoder."""

    names = Names(blocks="encoder.layers", prefixes=("nomic_bert.", "bert."), heads=("cls.",))
    output = OutputLayer(
        "embeddings.word_embeddings.weight",
        ("cls.predictions.decoder.weight",),
        ("cls.predictions.decoder.bias", "cls.predictions.bias"),
        bias_needed=False,
    )
    aliases: ClassVar = {
        **{"n_embd": "hidden_size", "n_head": "num_attention_heads", "n_layer": "num_hidden_layers"},
        **{"n_inner": "intermediate_size", "n_positions": "max_position_embeddings"},
        **{"layer_norm_epsilon": "layer_norm_eps", "rotary_emb_base": "rope_theta"},
    }
    tokenizers: ClassVar = {"nomic_bert": "BertTokenizer"}

    d_ff: int
    eps: float
    activation: Activation
    rotary: Rotary

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder of a config."""
        config.ignore(IGNORED)
        _refuse_others(config)
        d_k, d, n_head = read_head_size(config), config.size("hidden_size"), config.size("num_attention_heads")
        n_layer, eps = config.size("num_hidden_layers"), config.epsilon("layer_norm_eps", 1e-12)
        rotary = read_rotary(config, d_k, config.size("max_position_embeddings", 2048), base=1000.0)
        return cls(
            shape=ModelShape(n_layer, n_head, n_head, d, d_k, rotary.reach, causal=False),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(
                Table("embeddings.word_embeddings", config.optional_size("vocab_size"), d),
                segments=Table("embeddings.token_type_embeddings", config.size("type_vocab_size", 2), d),
                norm=LayerNorm("emb_ln", d, eps),
            ),
            d_ff=config.size("intermediate_size"),
            eps=eps,
            activation=read_activation(config, "hidden_act", "silu"),
            classifier=Classifier("classifier", Transform(Dense("pooler.dense", d, d), tanh)),
            rotary=rotary,
        )

    def stored(self, names: Iterable[str]) -> Self:
        """The family with the head of a checkpoint with arrays of these bare names: its authors' has no biases."""
        name, d = "cls.predictions.transform", self.shape.d_model
        dense = Dense(f"{name}.dense", d, d, biased=f"{name}.dense.bias" in names)
        transform = Transform(dense, self.activation, LayerNorm(f"{name}.layer_norm", d, self.eps))
        return replace(self, prediction=Prediction(transform))

    def block(self, number: int) -> PostNormBlock:
        """Block `number`."""
        name, d, d_ff, width = f"encoder.layers.{number}", self.shape.d_model, self.d_ff, self.shape.d_k
        n_head = self.shape.n_head
        fused = Fused(Dense(f"{name}.attn.Wqkv", d, 3 * n_head * width, biased=False), n_head, n_head)
        mixing = Dense(f"{name}.attn.out_proj", n_head * width, d, biased=False)
        up, gate = (Dense(f"{name}.mlp.fc1{part}", d, d_ff, biased=False) for part in (1, 2))
        return PostNormBlock(
            SelfAttention(fused, mixing, rotary=self.rotary),
            LayerNorm(f"{name}.norm1", d, self.eps),
            GatedFeedForward(gate, up, Dense(f"{name}.mlp.fc2", d_ff, d, biased=False), self.activation),
            LayerNorm(f"{name}.norm2", d, self.eps),
        )


FAMILY = NomicBert


def _refuse_others(config: Config) -> None:
    """ResourceError for a switch that has another value than the published models."""
    for key, value in FIXED.items():
        if config.get(key) not in (None, value):
            raise config.error(key, "null" if value is None else repr(value))
