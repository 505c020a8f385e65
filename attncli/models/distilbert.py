"""DistilBERT (Sanh et al. 2019): BERT's block without segments, under names of its own."""

import numpy as np

from attncli.attention import attend
from attncli.models.activations import activation_named
from attncli.models.config import head_size, size
from attncli.models.family import Config, ModelLayer, ModelShape, Tensors
from attncli.models.layers import (
    dense,
    embedding,
    feed_forward,
    join_heads,
    linear,
    normed,
    split_heads,
)
from attncli.similarity import Array

EPS = 1e-12  # no setting of the config


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
    d_model, d_ff = size(config, "dim"), size(config, "hidden_dim")
    name = f"transformer.layer.{number}"
    q, k, v = (  # [n_head, n, d_k]
        split_heads(linear(x, *dense(tensors, f"{name}.attention.{part}", d_model, d_model)), size(config, "n_heads"))
        for part in ("q_lin", "k_lin", "v_lin")
    )
    attention = attend(q, k, v)
    w_o, b_o = dense(tensors, f"{name}.attention.out_lin", d_model, d_model)
    a = linear(join_heads(attention.context), w_o, b_o)  # [n, d_model]
    a = normed(tensors, f"{name}.sa_layer_norm", a + x, EPS)
    inner, outer = dense(tensors, f"{name}.ffn.lin1", d_model, d_ff), dense(tensors, f"{name}.ffn.lin2", d_ff, d_model)
    output = a + feed_forward(a, inner, outer, activation_named(config.get("activation", "gelu")))
    return ModelLayer(q, k, v, attention, w_o.T, normed(tensors, f"{name}.output_layer_norm", output, EPS))


def final(config: Config, tensors: Tensors, x: Array) -> Array:
    """The last block's output is already normed."""
    return x
