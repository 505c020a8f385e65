"""BERT (Devlin et al. 2019), RoBERTa (Liu et al. 2019), XLM-R (Conneau et al. 2020), ELECTRA (Clark et al. 2020).

Their encoders have one block in common, that of Vaswani et al. 2017 (section 3.1): a layer norm behind each sum.
"""

from collections.abc import Mapping

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError, quoted
from attncli.models.blocks.activations import activation_named
from attncli.models.blocks.encoder import Names, encoder_block
from attncli.models.blocks.layers import dense, dense_arrays, embedding, linear, normed, norms
from attncli.models.checkpoint.config import MOST, epsilon, head_size, listed, rows_said, size, switch
from attncli.models.family import Arrays, Config, ModelLayer, ModelShape, Tensors

NAMES = Names(
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
)


LAYERS = "num_hidden_layers"
ALIASES: Mapping[str, str] = {}
#: By the first of these that a checkpoint has: the output layers of BERT, RoBERTa and ELECTRA.
TIED = {
    "embeddings.word_embeddings.weight": (
        "cls.predictions.decoder.weight",
        "lm_head.decoder.weight",
        "generator_lm_head.weight",
    )
}
KEYS = listed(
    """hidden_size num_attention_heads num_hidden_layers intermediate_size max_position_embeddings hidden_act
    layer_norm_eps position_embedding_type is_decoder add_cross_attention"""
)


def keys(config: Config) -> frozenset[str]:
    """The keys that it honours."""
    return KEYS | {"embedding_size"} if config["model_type"] == "electra" else KEYS


def ties(config: Config) -> bool:
    """Whether the embedding is the output layer too: unless the config says no."""
    return switch(config, "tie_word_embeddings", True)


def shape(config: Config) -> ModelShape:
    """Its sizes; RoBERTa and its kin leave the positions up to padding_idx unused."""
    kind = config.get("position_embedding_type") or "absolute"
    if kind != "absolute":
        raise ResourceError(f"position_embedding_type {quoted(kind)} in config.json is not supported: 'absolute' is")
    if switch(config, "is_decoder", False) or switch(config, "add_cross_attention", False):
        raise ResourceError("config.json has is_decoder or add_cross_attention set: of BERT, encoders are supported")
    d_k, d_model = head_size(config, "hidden_size", "num_attention_heads"), size(config, "hidden_size")
    positions = size(config, "max_position_embeddings") - _first_position(config)
    if positions < 1:
        raise ResourceError(f"max_position_embeddings in config.json leaves {positions} positions")
    return ModelShape(size(config, "num_hidden_layers"), d_model // d_k, d_model // d_k, d_model, d_k, positions, False)


def arrays(config: Config) -> Arrays:
    """Every array with its shape, block by block."""
    d_model, d, d_ff = size(config, "hidden_size"), _embedding_size(config), size(config, "intermediate_size")
    tables = {"word": "vocab_size", "position": "max_position_embeddings", "token_type": "type_vocab_size"}
    for table, rows in tables.items():
        yield f"embeddings.{table}_embeddings.weight", (rows_said(config, rows), d)
    yield from norms(d, "embeddings.LayerNorm")
    if d != d_model:
        yield from dense_arrays({"embeddings_project": (d, d_model)})
    for number in range(size(config, "num_hidden_layers")):
        yield from NAMES.of(f"encoder.layer.{number}").arrays(d_model, d_ff)


def embed(config: Config, tensors: Tensors, ids: Array) -> Array:
    """LayerNorm(word + position + segment 0), and ELECTRA's step from its embedding's size to the blocks'."""
    d_model = size(config, "hidden_size")
    d = _embedding_size(config)
    x = embedding(tensors, "embeddings.word_embeddings.weight", ids, d)  # [n, d]
    x += embedding(tensors, "embeddings.token_type_embeddings.weight", np.zeros(1, np.intp), d)
    x += embedding(tensors, "embeddings.position_embeddings.weight", _positions(config, ids), d)
    x = normed(tensors, "embeddings.LayerNorm", x, _eps(config))
    return x if d == d_model else linear(x, *dense(tensors, "embeddings_project", d, d_model))  # [n, d_model]


def layer(config: Config, tensors: Tensors, number: int, x: Array) -> ModelLayer:
    """One block: a = LayerNorm(x + Attention(x)); output = LayerNorm(a + FeedForward(a))."""
    return encoder_block(
        tensors,
        NAMES.of(f"encoder.layer.{number}"),
        x,
        size(config, "num_attention_heads"),
        size(config, "intermediate_size"),
        _eps(config),
        activation_named(config.get("hidden_act", "gelu")),
    )


def final(config: Config, tensors: Tensors, x: Array) -> Array:
    """The last block's output is already normed."""
    return x


def _embedding_size(config: Config) -> int:
    d_model = size(config, "hidden_size")
    return size(config, "embedding_size", d_model) if config["model_type"] == "electra" else d_model


def _eps(config: Config) -> float:
    return epsilon(config, "layer_norm_eps", 1e-12)


def _padding(config: Config) -> int | None:
    """The token that RoBERTa and its kin count no position for; None for those that start at position 0."""
    if config["model_type"] in ("bert", "electra"):
        return None
    padding = config.get("pad_token_id", 1)
    if type(padding) is not int or not 0 <= padding < MOST:
        raise ResourceError(f"pad_token_id in config.json is {quoted(padding)}; needed is a token's number")
    return padding


def _first_position(config: Config) -> int:
    padding = _padding(config)
    return 0 if padding is None else padding + 1


def _positions(config: Config, ids: Array) -> Array:
    """The position of each token: 0, 1, 2 …; or padding_idx + 1, + 2 … with padding tokens at padding_idx: `[n]`."""
    padding = _padding(config)
    if padding is None:
        return np.arange(len(ids))
    counted = ids != padding  # [n]
    positions: Array = np.cumsum(counted) * counted + padding
    return positions
