"""BERT (Devlin et al. 2019), RoBERTa (Liu et al. 2019), XLM-R (Conneau et al. 2020), ELECTRA (Clark et al. 2020).

Their encoders share the block of Vaswani et al. 2017 (section 3.1): a layer norm behind each sum.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError, quoted
from attncli.models.blocks.activations import Activation, gelu, read_activation, tanh
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import PostNormBlock
from attncli.models.blocks.transform import Transform
from attncli.models.checkpoint.config import LARGEST, Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Block, Classifier, Family, ModelShape, OutputLayer, Prediction

#: model_type → the linear layer and the norm in front of the output layer; RoBERTa's kin have its names.
TRANSFORMS = {
    "bert": ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm"),
    "electra": ("generator_predictions.dense", "generator_predictions.LayerNorm"),
    "roberta": ("lm_head.dense", "lm_head.layer_norm"),
}


@dataclass(frozen=True, kw_only=True)
class Bert(Family):
    """padding: the token id that counts no position, in RoBERTa and its kin; None where positions start at 0."""

    names = Names(
        blocks="encoder.layer",
        prefixes=("bert.", "roberta.", "electra.", "model."),
        renamed={"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"},
        buffers=("embeddings.position_ids", "embeddings.token_type_ids"),
        heads=("cls.", "discriminator_predictions.", "generator_predictions.", "generator_lm_head."),
    )
    output = OutputLayer(
        "embeddings.word_embeddings.weight",
        ("cls.predictions.decoder.weight", "lm_head.decoder.weight", "generator_lm_head.weight"),
        (
            *("cls.predictions.decoder.bias", "cls.predictions.bias"),
            *("lm_head.decoder.bias", "lm_head.bias", "generator_lm_head.bias"),
        ),
    )

    tokenizers: ClassVar = {
        "bert": "BertTokenizer",
        "electra": "BertTokenizer",
        "roberta": "RobertaTokenizer",
        "xlm-roberta": "XLMRobertaTokenizer",
        "camembert": "CamembertTokenizer",
        "xlm-roberta-xl": "TokenizersBackend",
    }

    default_eps: ClassVar = 1e-12

    d_ff: int
    eps: float
    activation: Activation
    padding: int | None

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder of a config."""
        decoder, cross = (config.switch(name, False) for name in ("is_decoder", "add_cross_attention"))
        if decoder or cross:
            raise ResourceError("config.json has is_decoder or add_cross_attention set: expected an encoder")
        return cls.read_blocks(config)

    @classmethod
    def read_blocks(cls, config: Config) -> Self:
        """The blocks and embeddings of a config, whoever sees whom in it."""
        _refuse_other_positions(config)
        eps, padding = config.epsilon("layer_norm_eps", cls.default_eps), _read_padding(config)
        return cls(
            shape=_read_shape(config, 0 if padding is None else padding + 1),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=read_embeddings(config, eps),
            prediction=_read_prediction(config, eps),
            classifier=_read_classifier(config),
            d_ff=config.size("intermediate_size"),
            eps=eps,
            activation=read_activation(config, "hidden_act", "gelu"),
            padding=padding,
        )

    def positions(self, ids: Array) -> Array:
        """0, 1, 2 …; or padding + 1, padding + 2 … with padding tokens at `padding`: `[b, n]`."""
        if self.padding is None:
            return super().positions(ids)
        counted = ids != self.padding  # [b, n]
        positions: Array = np.cumsum(counted, axis=-1) * counted + self.padding
        return positions

    def block(self, number: int) -> Block:
        """Block `number`."""
        name, d = f"encoder.layer.{number}", self.shape.d_model
        return PostNormBlock(
            self.attention(name),
            LayerNorm(f"{name}.attention.output.LayerNorm", d, self.eps),
            self.feed_forward(name),
            LayerNorm(f"{name}.output.LayerNorm", d, self.eps),
        )

    def attention(self, name: str) -> SelfAttention:
        """The attention of the block of that name."""
        n_head, (query, key, value, mixing) = self.shape.n_head, self.linear_layers(f"{name}.attention")
        return SelfAttention(Separate(query, key, value, n_head, n_head), mixing)

    def linear_layers(self, name: str) -> tuple[Dense, Dense, Dense, Dense]:
        """To queries, keys and values, and w_o, of the attention of that name."""
        d = self.shape.d_model
        query, key, value = (Dense(f"{name}.self.{part}", d, d) for part in ("query", "key", "value"))
        return query, key, value, Dense(f"{name}.output.dense", d, d)

    def feed_forward(self, name: str) -> FeedForward:
        """The feed-forward of the block of that name."""
        d, d_ff = self.shape.d_model, self.d_ff
        inner, outer = Dense(f"{name}.intermediate.dense", d, d_ff), Dense(f"{name}.output.dense", d_ff, d)
        return FeedForward(inner, outer, self.activation)


FAMILY = Bert


def _refuse_other_positions(config: Config) -> None:
    """ResourceError for other positions than learned absolute ones."""
    kind = config.get("position_embedding_type") or "absolute"
    if kind != "absolute":
        raise ResourceError(f"position_embedding_type in config.json: expected 'absolute', got {quoted(kind)}")


def _read_shape(config: Config, first_position: int) -> ModelShape:
    n_layer, d_k = config.size("num_hidden_layers"), config.head_size("hidden_size", "num_attention_heads")
    d_model, positions = config.size("hidden_size"), config.size("max_position_embeddings") - first_position
    if positions < 1:
        raise ResourceError(f"max_position_embeddings in config.json leaves {positions} positions: expected at least 1")
    return ModelShape(n_layer, d_model // d_k, d_model // d_k, d_model, d_k, positions, causal=False)


def _read_padding(config: Config) -> int | None:
    if config.get("model_type") in ("bert", "electra"):
        return None
    padding = config.get("pad_token_id", 1)
    if type(padding) is not int or not 0 <= padding < LARGEST:
        raise config.error("pad_token_id", "the id of a token")
    return padding


def read_embeddings(config: Config, eps: float) -> Embeddings:
    """LayerNorm(word + segment + position), and ELECTRA's projection from its smaller embeddings."""
    d_model = config.size("hidden_size")
    d = config.size("embedding_size", d_model) if config.get("model_type") == "electra" else d_model
    return Embeddings(
        Table("embeddings.word_embeddings", config.optional_size("vocab_size"), d),
        Table("embeddings.position_embeddings", config.optional_size("max_position_embeddings"), d),
        Table("embeddings.token_type_embeddings", config.optional_size("type_vocab_size"), d),
        LayerNorm("embeddings.LayerNorm", d, eps),
        projection=None if d == d_model else Dense("embeddings_project", d, d_model),
    )


def _read_prediction(config: Config, eps: float) -> Prediction:
    """The layers in front of the output layer; ELECTRA's generator, RoBERTa and its kin have GELU with any blocks."""
    dense, norm = TRANSFORMS.get(config.get("model_type"), TRANSFORMS["roberta"])
    own, d_model = dense == TRANSFORMS["bert"][0], config.size("hidden_size")
    d = config.size("embedding_size", d_model) if dense == TRANSFORMS["electra"][0] else d_model
    activation = read_activation(config, "hidden_act", "gelu") if own else gelu
    return Prediction(Transform(Dense(dense, d_model, d), activation, LayerNorm(norm, d, eps)))


def _read_classifier(config: Config) -> Classifier:
    """BERT's behind its pooler; those of the others have a linear layer of their own, ELECTRA's with GELU."""
    kind, d = config.get("model_type"), config.size("hidden_size")
    if kind == "bert":
        return Classifier("classifier", Transform(Dense("pooler.dense", d, d), tanh))
    dense = Dense("classifier.dense", d, d)
    return Classifier("classifier.out_proj", Transform(dense, gelu if kind == "electra" else tanh))
