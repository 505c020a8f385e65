"""DistilBERT (Sanh et al. 2019): BERT's block without segments, under names of its own."""

import numpy as np

from attncli.arrays import Array
from attncli.models.blocks.activations import activation_named
from attncli.models.blocks.encoder import Names, encoder_block
from attncli.models.blocks.layers import embedding, normed, norms
from attncli.models.checkpoint.config import head_size, listed, rows_said, size, switch
from attncli.models.family import Arrays, Config, ModelLayer, ModelShape, Tensors

EPS = 1e-12  # no setting of the config
NAMES = Names(
    "attention.q_lin",
    "attention.k_lin",
    "attention.v_lin",
    "attention.out_lin",
    "sa_layer_norm",
    "ffn.lin1",
    "ffn.lin2",
    "output_layer_norm",
)


LAYERS = "n_layers"
ALIASES = {"hidden_size": "dim", "num_attention_heads": "n_heads", "num_hidden_layers": "n_layers"}
TIED = {"embeddings.word_embeddings.weight": ("vocab_projector.weight",)}
KEYS = listed(
    """dim n_heads n_layers hidden_dim max_position_embeddings activation sinusoidal_pos_embds
    is_decoder add_cross_attention"""
)


def keys(config: Config) -> frozenset[str]:
    """The keys that it honours; that it were a decoder is said by none of its own code."""
    return KEYS


def ties(config: Config) -> bool:
    """Whether the embedding is the output layer too: unless the config says no."""
    return switch(config, "tie_word_embeddings", True)


def shape(config: Config) -> ModelShape:
    """Its sizes."""
    d_k, d_model = head_size(config, "dim", "n_heads"), size(config, "dim")
    n_head, positions = d_model // d_k, size(config, "max_position_embeddings")
    return ModelShape(size(config, "n_layers"), n_head, n_head, d_model, d_k, positions, False)


def arrays(config: Config) -> Arrays:
    """Every array with its shape, block by block."""
    d_model, d_ff = size(config, "dim"), size(config, "hidden_dim")
    for table, rows in {"word": "vocab_size", "position": "max_position_embeddings"}.items():
        yield f"embeddings.{table}_embeddings.weight", (rows_said(config, rows), d_model)
    yield from norms(d_model, "embeddings.LayerNorm")
    for number in range(size(config, "n_layers")):
        yield from NAMES.of(f"transformer.layer.{number}").arrays(d_model, d_ff)


def embed(config: Config, tensors: Tensors, ids: Array) -> Array:
    """LayerNorm(word + position); sinusoidal positions are in the file like learned ones."""
    d_model = size(config, "dim")
    x = embedding(tensors, "embeddings.word_embeddings.weight", ids, d_model)  # [n, d_model]
    x += embedding(tensors, "embeddings.position_embeddings.weight", np.arange(len(ids)), d_model)
    return normed(tensors, "embeddings.LayerNorm", x, EPS)


def layer(config: Config, tensors: Tensors, number: int, x: Array) -> ModelLayer:
    """One block: a = LayerNorm(x + Attention(x)); output = LayerNorm(a + FeedForward(a))."""
    return encoder_block(
        tensors,
        NAMES.of(f"transformer.layer.{number}"),
        x,
        size(config, "n_heads"),
        size(config, "hidden_dim"),
        EPS,
        activation_named(config.get("activation", "gelu")),
    )


def final(config: Config, tensors: Tensors, x: Array) -> Array:
    """The last block's output is already normed."""
    return x
