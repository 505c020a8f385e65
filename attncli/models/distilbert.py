"""DistilBERT (Sanh et al. 2019): BERT's block without segments, under names of its own."""

import numpy as np

from attncli.models.activations import activation_named
from attncli.models.config import head_size, size
from attncli.models.encoder import Names, encoder_block
from attncli.models.family import Config, ModelLayer, ModelShape, Tensors
from attncli.models.layers import embedding, normed
from attncli.similarity import Array

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


def shape(config: Config) -> ModelShape:
    """Its sizes."""
    d_k, d_model = head_size(config, "dim", "n_heads"), size(config, "dim")
    n_head, positions = d_model // d_k, size(config, "max_position_embeddings")
    return ModelShape(size(config, "n_layers"), n_head, n_head, d_model, d_k, positions, False)


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
