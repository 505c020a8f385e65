"""ALBERT (Lan et al. 2020): BERT's block, the same arrays for many blocks, and smaller embeddings.

Embeddings of size e are projected to d_model (section 3.1, factorized embedding parameterization), and all blocks of a
group share their arrays (cross-layer parameter sharing); a group may itself be several blocks.
"""

from dataclasses import dataclass
from itertools import product
from typing import ClassVar, Self

from attncli.models.blocks.activations import Activation, read_activation, tanh
from attncli.models.blocks.attention import SelfAttention
from attncli.models.blocks.layers import Dense, Embeddings, FeedForward, LayerNorm, Table, arrays_of
from attncli.models.blocks.projections import Separate
from attncli.models.blocks.residual import PostNormBlock
from attncli.models.blocks.transform import Transform
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Names
from attncli.models.family import Arrays, Classifier, Family, ModelShape, OutputLayer, Prediction

MOST = 2**10  # blocks; the files do not say how often their arrays are used


@dataclass(frozen=True, kw_only=True)
class Albert(Family):
    """repeats: how many times a group is run, all together; groups: of shared arrays; inner: the blocks of a group."""

    names = Names(
        blocks="encoder.albert_layer_groups",
        prefixes=("albert.",),
        buffers=("embeddings.position_ids", "embeddings.token_type_ids"),
        heads=("predictions.", "sop_classifier."),
    )
    output = OutputLayer(
        "embeddings.word_embeddings.weight",
        ("predictions.decoder.weight",),
        ("predictions.decoder.bias", "predictions.bias"),
    )
    tokenizers: ClassVar = {"albert": "AlbertTokenizer"}

    repeats: int
    groups: int
    inner: int
    d_ff: int
    eps: float
    activation: Activation

    @classmethod
    def read(cls, config: Config) -> Self:
        """The encoder of a config."""
        config.ignore("down_scale_factor gap_size net_structure_type num_memory_blocks")  # of its authors' experiments
        d_k, d_model = config.head_size("hidden_size", "num_attention_heads"), config.size("hidden_size")
        n_head, eps = config.size("num_attention_heads"), config.epsilon("layer_norm_eps", 1e-12)
        (repeats, inner), positions = _read_depth(config), config.size("max_position_embeddings", 512)
        return cls(
            shape=ModelShape(repeats * inner, n_head, n_head, d_model, d_k, positions, causal=False),
            tied=config.switch("tie_word_embeddings", cls.output.tied),
            embedding=_read_embeddings(config, positions, eps),
            prediction=_read_prediction(config, eps),
            classifier=Classifier("classifier", Transform(Dense("pooler", d_model, d_model), tanh)),
            repeats=repeats,
            groups=config.size("num_hidden_groups", 1),
            inner=inner,
            d_ff=config.size("intermediate_size"),
            eps=eps,
            activation=read_activation(config, "hidden_act", "gelu_new"),
        )

    @property
    def stored_blocks(self) -> int:
        """The groups."""
        return self.groups

    def arrays(self) -> Arrays:
        """Those of the embeddings, and of each group that is run, once."""
        used = sorted({self._group(repeat) for repeat in range(self.repeats)})
        blocks = (self._block(group, place) for group, place in product(used, range(self.inner)))
        yield from self.embedding.arrays()
        yield from arrays_of(blocks)

    def block(self, number: int) -> PostNormBlock:
        """Block `number`."""
        repeat, place = divmod(number, self.inner)
        return self._block(self._group(repeat), place)

    def _group(self, repeat: int) -> int:
        """The group that is run so many groups after the first: each one as often, divided as the model's code does."""
        return int(repeat / (self.repeats / self.groups))

    def _block(self, group: int, place: int) -> PostNormBlock:
        name, d = f"encoder.albert_layer_groups.{group}.albert_layers.{place}", self.shape.d_model
        parts = ("query", "key", "value", "dense")
        query, key, value, mixing = (Dense(f"{name}.attention.{part}", d, d) for part in parts)
        feed_forward = FeedForward(
            Dense(f"{name}.ffn", d, self.d_ff), Dense(f"{name}.ffn_output", self.d_ff, d), self.activation
        )
        return PostNormBlock(
            SelfAttention(Separate(query, key, value, self.shape.n_head, self.shape.n_head), mixing),
            LayerNorm(f"{name}.attention.LayerNorm", d, self.eps),
            feed_forward,
            LayerNorm(f"{name}.full_layer_layer_norm", d, self.eps),
        )


FAMILY = Albert


def _read_depth(config: Config) -> tuple[int, int]:
    """How many times a group is run, and the blocks of a group."""
    repeats, inner = config.size("num_hidden_layers"), config.size("inner_group_num", 1)
    for key, blocks in (("num_hidden_layers", repeats), ("inner_group_num", repeats * inner)):
        if blocks > MOST:
            raise config.error(key, f"at most {MOST:,} blocks")
    return repeats, inner


def _read_embeddings(config: Config, positions: int, eps: float) -> Embeddings:
    """LayerNorm(word + segment + position), projected to d_model also where that is their size."""
    d = config.size("embedding_size", 128)
    return Embeddings(
        Table("embeddings.word_embeddings", config.optional_size("vocab_size"), d),
        Table("embeddings.position_embeddings", positions, d),
        Table("embeddings.token_type_embeddings", config.size("type_vocab_size", 2), d),
        LayerNorm("embeddings.LayerNorm", d, eps),
        projection=Dense("encoder.embedding_hidden_mapping_in", d, config.size("hidden_size")),
    )


def _read_prediction(config: Config, eps: float) -> Prediction:
    """BERT's, to the width of the embedding."""
    d, activation = config.size("embedding_size", 128), read_activation(config, "hidden_act", "gelu_new")
    dense = Dense("predictions.dense", config.size("hidden_size"), d)
    return Prediction(Transform(dense, activation, LayerNorm("predictions.LayerNorm", d, eps)))
