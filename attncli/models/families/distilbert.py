"""DistilBERT (Sanh et al. 2019): BERT's block under other names, and no segments."""

from dataclasses import dataclass
from typing import ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation, relu
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import PostNormBlock
from attncli.models.blocks.transform import Transform
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Classifier, Family, ModelShape, OutputLayer, Prediction

EPS = 1e-12  # no setting of the config


@dataclass(frozen=True, kw_only=True)
class DistilBert(Family):
    """An encoder."""

    names = Names(
        blocks="transformer.layer",
        prefixes=("distilbert.", "model."),
        heads=("vocab_projector.", "vocab_transform.", "vocab_layer_norm.", "pre_classifier."),
    )
    output = OutputLayer("embeddings.word_embeddings.weight", ("vocab_projector.weight",), ("vocab_projector.bias",))
    aliases: ClassVar = {"hidden_size": "dim", "num_attention_heads": "n_heads", "num_hidden_layers": "n_layers"}
    tokenizers: ClassVar = {"distilbert": "BertTokenizer"}

    d_ff: int
    activation: Activation

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder of a config. Sinusoidal positions are stored like learned ones."""
        config.ignore("sinusoidal_pos_embds is_decoder add_cross_attention")
        n_layer, d_k, d_model = config.size("n_layers"), config.head_size("dim", "n_heads"), config.size("dim")
        n_head, positions = d_model // d_k, config.size("max_position_embeddings")
        activation, norm = read_activation(config, "activation", "gelu"), LayerNorm("vocab_layer_norm", d_model, EPS)
        return cls(
            shape=ModelShape(n_layer, n_head, n_head, d_model, d_k, positions, causal=False),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=Embeddings(
                Table("embeddings.word_embeddings", config.optional_size("vocab_size"), d_model),
                Table("embeddings.position_embeddings", positions, d_model),
                norm=LayerNorm("embeddings.LayerNorm", d_model, EPS),
            ),
            prediction=Prediction(Transform(Dense("vocab_transform", d_model, d_model), activation, norm)),
            classifier=Classifier("classifier", Transform(Dense("pre_classifier", d_model, d_model), relu)),
            d_ff=config.size("hidden_dim"),
            activation=activation,
        )

    def block(self, number: int) -> PostNormBlock:
        """Block `number`."""
        name, d, d_ff, n_head = f"transformer.layer.{number}", self.shape.d_model, self.d_ff, self.shape.n_head
        query, key, value, mixing = (Dense(f"{name}.attention.{part}_lin", d, d) for part in ("q", "k", "v", "out"))
        inner, outer = Dense(f"{name}.ffn.lin1", d, d_ff), Dense(f"{name}.ffn.lin2", d_ff, d)
        return PostNormBlock(
            SelfAttention(Separate(query, key, value, n_head, n_head), mixing),
            LayerNorm(f"{name}.sa_layer_norm", d, EPS),
            FeedForward(inner, outer, self.activation),
            LayerNorm(f"{name}.output_layer_norm", d, EPS),
        )


FAMILY = DistilBert
