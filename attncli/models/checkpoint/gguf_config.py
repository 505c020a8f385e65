"""The metadata of a GGUF file as the config.json that its family reads."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from attncli.errors import ResourceError, quoted
from attncli.files.gguf_file import GgufFile
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.gguf_architectures import ARCHITECTURES, Architecture

METADATA = "the metadata"
#: Keys behind the architecture's name that change nothing: sizes that the arrays have, marks of converters.
HARMLESS = ("vocab_size", "tensor_data_layout", "rope.scaling.finetuned", "attention.group_norm_groups", "pooling_type")
FACTORS = {"rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight"}  # of rotations
MOST_FACTORS = 2**15
MOST_LISTED = 2**12  # numbers, one a layer
BASE = 10_000.0  # of a rotation whose file does not say
WIDTH = 256  # of a head: the scores of all but one Gemma are divided by its root


class Metadata(Config):
    """The metadata of one architecture: keys without its name in front, each noted when it is read."""

    def __init__(self, file: GgufFile, name: str) -> None:
        own = {key: value for key, value in file.metadata.items() if key.startswith(f"{name}.")}
        super().__init__({key: _single(value) for key, value in own.items()}, METADATA)
        self.file, self.name = file, name

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a key of the architecture, unchecked."""
        return super().get(f"{self.name}.{name}", default)

    def error(self, name: str, expected: str) -> ResourceError:
        """The error for a value of a key of the architecture."""
        return super().error(f"{self.name}.{name}", expected)

    def number(self, name: str) -> float | None:
        """A number; None where there is none, or 0, which stands for none."""
        found = self.get(name)
        if found is not None and (type(found) not in (int, float) or not math.isfinite(found)):
            raise self.error(name, "a number")
        return found or None

    def factors(self, name: str) -> list[float] | None:
        """The numbers of a small array that a rotation is made of; None without one."""
        stored = self.file.arrays.get(name)
        if stored is None:
            return None
        if len(stored.shape) != 1 or stored.numbers > MOST_FACTORS:
            raise ResourceError(f"{name}: expected up to {MOST_FACTORS:,} numbers, got shape {list(stored.shape)}")
        return [float(each) for each in self.file.widened(name)]

    def unread(self) -> dict[str, Any]:
        """The keys of the architecture that nothing has read, with their values."""
        harmless = {f"{self.name}.{key}" for key in HARMLESS}
        return {key: value for key, value in self.values.items() if key not in self.honoured | harmless and value}


def read_metadata(file: GgufFile) -> tuple[Architecture, Config]:
    """The architecture of a file, and the config of its family.

    Raises:
        ResourceError: an architecture that is not known, a part of a model or no model, or a size that is missing.
    """
    keys = {"general.architecture": None, "general.type": "model", "split.count": 1}
    name, kind, parts = (_single(file.metadata.get(key, default)) for key, default in keys.items())
    if kind != "model":
        raise ResourceError(f"general.type in {METADATA}: expected 'model', got {quoted(kind)}")
    if parts not in (0, 1):
        raise ResourceError(
            f"{str(file.path)!r} is one of {quoted(parts)} parts of a model", "llama-gguf-split --merge joins them"
        )
    if not isinstance(name, str) or name not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ResourceError(f"general.architecture in {METADATA}: expected one of {known}, got {quoted(name)}")
    architecture, metadata = ARCHITECTURES[name], Metadata(file, name)
    values = dict(_values(architecture, metadata))
    return architecture, Config({**values, **metadata.unread()}, METADATA)


def _single(value: Any) -> Any:
    """A value as it is; numbers that every layer has for itself as one where all are the same, else as a list."""
    if not isinstance(value, np.ndarray):
        return value
    same = len(value) and (value == value[0]).all()
    return value[0].item() if same else value[:MOST_LISTED].tolist()


def _values(architecture: Architecture, metadata: Metadata) -> Iterator[tuple[str, Any]]:
    """The keys of config.json."""
    yield "model_type", architecture.model_type
    for key, name in architecture.sizes.items():
        if key != "num_key_value_heads" or metadata.get(name) is not None:
            yield key, metadata.size(name)
    key, name = architecture.eps
    yield key, metadata.epsilon(name, 1e-5)
    yield "tie_word_embeddings", "output.weight" not in metadata.file.arrays
    for key, name in architecture.options.items():
        if (found := metadata.number(name)) is not None:
            yield key, found
    if architecture.widest is not None:
        by_width = metadata.size("block_count") == architecture.widest
        yield "query_pre_attn_scalar", _width(metadata) if by_width else WIDTH
    yield "num_local_experts", metadata.get("expert_count")
    yield "is_causal", metadata.switch("attention.causal", True)
    if "num_key_value_heads" in architecture.sizes:
        yield from _rotation(architecture, metadata)
        yield from _biases(metadata)


def _width(metadata: Metadata) -> int:
    return metadata.size("embedding_length") // metadata.size("attention.head_count")


def _rotation(architecture: Architecture, metadata: Metadata) -> Iterator[tuple[str, Any]]:
    """The size of a head, and its rotation."""
    turned = metadata.optional_size("rope.dimension_count")
    d_k = metadata.optional_size("attention.key_length") or (not architecture.partial and turned) or _width(metadata)
    for name in ("attention.value_length", *(() if architecture.partial else ("rope.dimension_count",))):
        if metadata.optional_size(name) not in (None, d_k):
            raise metadata.error(name, f"the size of a key, {d_k},")
    yield "head_dim", d_k
    scaling = dict(_scaling(metadata))
    if trained := scaling.get("original_max_position_embeddings"):
        yield "original_max_position_embeddings", trained
    if architecture.partial and turned not in (None, d_k):
        scaling["partial_rotary_factor"] = (turned + 0.5) / d_k  # of which the family takes the whole dimensions
    if metadata.name == "gemma3":
        within = metadata.number("rope.freq_base_swa") or BASE
        yield "rope_parameters", {"full_attention": scaling, "sliding_attention": {"rope_theta": within}}
        yield _pattern(metadata.get("attention.sliding_window_pattern", 6))
    else:
        yield "rope_parameters", scaling


def _pattern(given: Any) -> tuple[str, Any]:
    """Which layers have a window: all but every so many, or those that an array says."""
    if not isinstance(given, list):
        return "sliding_window_pattern", given
    return "layer_types", [f"{'sliding' if each else 'full'}_attention" for each in given]


def _scaling(metadata: Metadata) -> Iterator[tuple[str, Any]]:
    yield "rope_theta", metadata.number("rope.freq_base") or BASE
    factors = metadata.factors("rope_freqs.weight")
    factor = metadata.number("rope.scaling.factor") or metadata.number("rope.scale_linear")
    kind = metadata.get("rope.scaling.type") or ("linear" if factor not in (None, 1.0) else "none")
    trained = metadata.optional_size("rope.scaling.original_context_length")
    if factors is not None:  # Llama 3.1's, as llama.cpp computes them; they divide as LongRoPE's do
        yield from {"rope_type": "longrope", "short_factor": factors, "long_factor": factors}.items()
        yield "attention_factor", 1.0
    elif metadata.factors("rope_factors_long.weight") is not None:
        yield "rope_type", "longrope"
        for each in ("short", "long"):
            yield f"{each}_factor", metadata.factors(f"rope_factors_{each}.weight")
        yield "original_max_position_embeddings", trained
        yield "attention_factor", metadata.number("rope.scaling.attn_factor")
    elif kind == "yarn":
        yield from {"rope_type": "yarn", "factor": factor, "original_max_position_embeddings": trained}.items()
        for bound in ("beta_fast", "beta_slow"):
            yield bound, metadata.number(f"rope.scaling.yarn_{bound}")
        if (more := metadata.number("rope.scaling.attn_factor")) and factor:
            yield "attention_factor", more * (0.1 * math.log(factor) + 1 if factor > 1 else 1)
    elif kind != "none":
        yield from {"rope_type": kind, "factor": factor}.items()


def _biases(metadata: Metadata) -> Iterator[tuple[str, Any]]:
    """The switches of Llama's and Qwen3's configs, by the arrays that are there."""
    yield "attention_bias", "blk.0.attn_q.bias" in metadata.file.arrays and metadata.name != "qwen2"
    yield "mlp_bias", "blk.0.ffn_up.bias" in metadata.file.arrays
