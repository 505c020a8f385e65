"""The pooling of a model's folder: modules.json and the folders that it names, as sentence-transformers saves them."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from attncli.arrays import Array
from attncli.errors import ResourceError, quoted
from attncli.files.json_files import read_json, read_object
from attncli.models.checkpoint.config import LARGEST, Config
from attncli.models.checkpoint.folders import MODULES, is_inside
from attncli.models.checkpoint.tensors import SAME, Checkpoint
from attncli.models.pooling import FUNCTIONS, JOIN, MODES, Activation, Dense, LayerNorm, Pooling
from attncli.tokenizer.settings import read_settings

SETTINGS = "config_sentence_transformers.json"
#: Names of the settings of the first module, of which the first one that is there counts.
FIRST = tuple(
    f"sentence_{each}_config.json"
    for each in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
#: Keys of the settings of older pooling, in the order in which their vectors are joined → modes.
OLDER: Mapping[str, str] = MappingProxyType(
    {
        "pooling_mode_cls_token": "cls",
        "pooling_mode_max_tokens": "max",
        "pooling_mode_mean_tokens": "mean",
        "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
        "pooling_mode_weightedmean_tokens": "weightedmean",
        "pooling_mode_lasttoken": "lasttoken",
    }
)
OWN = "sentence_transformers."  # its own modules; of others the names mean nothing
#: Keys of the first module's settings that may change what a text's tokens or its numbers are.
NOT_HONOURED = (
    *("tokenizer_args", "processor_kwargs", "processing_kwargs", "tokenizer_name_or_path"),
    *("config_args", "config_kwargs"),
)
EMBEDDING, TOKENS = "sentence_embedding", "token_embeddings"
MOST_MODULES, MOST_PROMPTS = 32, 256
LONGEST, LONGEST_NAME = 2**14, 100  # characters of a prompt, and of its name
EMPTY = ("query", "document")  # prompts that are there without a text where the folder has none of that name
NOTHING_SAID = "the folder says nothing about pooling: the mean over all tokens is taken"


def _sigmoid(x: Array) -> Array:
    found: Array = np.exp(-np.logaddexp(0, -x))
    return found


def _gelu(x: Array) -> Array:
    """x·Φ(x) (Hendrycks & Gimpel 2016, equation 1)."""
    normal: Array = np.array([(1 + math.erf(each / math.sqrt(2))) / 2 for each in x.tolist()])
    return x * normal


#: Classes of PyTorch in the settings of Dense → functions; None: the identity.
ACTIVATIONS: Mapping[str, Activation | None] = {
    "torch.nn.modules.linear.Identity": None,
    "torch.nn.modules.activation.Tanh": np.tanh,
    "torch.nn.modules.activation.ReLU": lambda x: np.maximum(x, 0),
    "torch.nn.modules.activation.GELU": _gelu,
    "torch.nn.modules.activation.SiLU": lambda x: x * _sigmoid(x),
    "torch.nn.modules.activation.Sigmoid": _sigmoid,
}


class Sizes(Protocol):
    """The sizes of a model that pooling needs."""

    @property
    def d_model(self) -> int:
        """The numbers of a token's output."""
        ...


class Encoder(Protocol):
    """A model whose output is pooled."""

    @property
    def shape(self) -> Sizes:
        """Its sizes."""
        ...


@dataclass
class _Pipeline:
    """The modules behind the model, as they are read: each takes the vector of the one before, of `width` numbers."""

    width: int
    modes: tuple[str, ...] = ()
    include_prompt: bool = True
    dense: list[Dense | LayerNorm] = field(default_factory=list)
    normalize: bool = False

    def add(self, kind: str, folder: Path) -> None:
        """Take a module by its class; ResourceError for one that is not honoured, or not in this place."""
        read = {"Pooling": self._pool, "Dense": self._dense, "LayerNorm": self._norm, "Normalize": self._unit}.get(kind)
        if read is None or (not self.modes) != (kind == "Pooling") or (self.normalize and kind != "Normalize"):
            place = "" if read is None else " in this place"
            raise ResourceError(
                f"{MODULES} has a module {quoted(kind)}{place}: expected Pooling, then Dense, LayerNorm or Dropout, "
                "and Normalize last"
            )
        read(_config(folder, needed=kind != "Normalize"), folder)

    def _pool(self, config: Config, folder: Path) -> None:
        self.modes, self.include_prompt = tuple(_modes(config)), config.switch("include_prompt", True)
        key = "embedding_dimension" if "embedding_dimension" in config.values else "word_embedding_dimension"
        if config.size(key, self.width) != self.width:
            raise config.error(key, f"{self.width}, the size of the model's output")
        self.width *= len(self.modes)

    def _dense(self, config: Config, folder: Path) -> None:
        _check_names(config)
        taken, made = config.size("in_features"), config.size("out_features")
        if taken != self.width:
            raise config.error("in_features", f"{self.width}, the size of the vector before it")
        arrays, adds = Checkpoint(folder), config.switch("use_residual", False)
        self.dense.append(
            Dense(
                _taken(arrays, "linear.weight", made, taken),
                _taken(arrays, "linear.bias", made) if config.switch("bias", True) else None,
                _activation(config),
                adds,
                _taken(arrays, "residual.weight", made, taken) if adds and made != taken else None,
            )
        )
        self.width = made

    def _norm(self, config: Config, folder: Path) -> None:
        if config.size("dimension") != self.width:
            raise config.error("dimension", f"{self.width}, the size of the vector before it")
        arrays = Checkpoint(folder)
        gain, bias = (_taken(arrays, f"norm.{each}", self.width) for each in ("weight", "bias"))
        self.dense.append(LayerNorm(gain, bias))

    def _unit(self, config: Config, folder: Path) -> None:
        _check_names(config)
        self.normalize = True


def read_pooling(folder: Path, model: Encoder) -> Pooling:
    """The pooling of a model that was opened from this folder, or file; the mean where it says nothing.

    Raises:
        ResourceError: files that are damaged, arrays of other sizes, or a module that is not honoured, by its name.
    """
    if folder.is_file() and (mode := _of_gguf(folder)):
        return Pooling(mode=mode)
    root = _root(folder)
    if root is None:
        return Pooling(said=NOTHING_SAID, max_tokens=_longest(folder))
    (_, first), *modules = read_modules(root)
    pipeline = _Pipeline(model.shape.d_model)
    for kind, place in modules:
        if kind != "Dropout":  # of training
            pipeline.add(kind, place)
    config = _config(root, SETTINGS)
    width = config.optional_size("truncate_dim")
    return Pooling(
        mode=JOIN.join(pipeline.modes or ("mean",)),
        dense=tuple(pipeline.dense),
        normalize=pipeline.normalize,
        similarity=_function(config),
        **_prompts(config),
        include_prompt=pipeline.include_prompt,
        said=None if pipeline.modes else NOTHING_SAID,
        truncate_dim=width if width is not None and width < pipeline.width else None,
        **_of_texts(_first_config(first), folder),
    )


def _of_gguf(path: Path) -> str | None:
    from attncli.models.checkpoint.gguf_pooling import pooling_of  # late: few models are GGUF

    return pooling_of(path)


def read_modules(root: Path) -> list[tuple[str, Path]]:
    """The class and the folder of each module that modules.json names; a foreign class by its whole path.

    Raises:
        ResourceError: it is damaged, or a path leads out of the folder.
    """
    path = root / MODULES
    found = read_json(path)
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_MODULES:
        raise ResourceError(f"{str(path)!r}: expected a list of 1 to {MOST_MODULES} modules")
    return [_module(each, path) for each in found]


def _module(entry: Any, path: Path) -> tuple[str, Path]:
    kind, place = (entry.get("type"), entry.get("path")) if isinstance(entry, dict) else (None, None)
    if not isinstance(kind, str) or not isinstance(place, str) or not is_inside(place):
        raise ResourceError(f"{str(path)!r} has the module {quoted(entry)}: expected its type, and its path inside")
    package, _, name = kind.rpartition(".")
    return name if package.startswith(OWN) else kind, path.parent / place


def _root(folder: Path) -> Path | None:
    """The folder with the modules.json that names the model's folder; None where there is none."""
    if os.path.isfile(folder / MODULES):
        return folder
    there = folder.absolute()
    if not os.path.isfile(there.parent / MODULES):
        return None
    (_, first), *_ = read_modules(there.parent)
    return there.parent if first == there else None


def _config(folder: Path, name: str = "config.json", *, needed: bool = False) -> Config:
    """The settings in a file of a folder; none where there may be no file."""
    path = folder / name
    there = needed or os.path.lexists(path)
    return Config(read_object(path) if there else {}, str(PurePosixPath(folder.name, name)))


def _first_config(folder: Path) -> Config:
    """The settings of the first module; none where it has no such file."""
    name = next((name for name in FIRST if os.path.lexists(folder / name)), FIRST[0])
    return _config(folder, name)


def _modes(config: Config) -> Sequence[str]:
    """The modes of pooling, by today's key or by the older ones, without which it is the mean."""
    named = config.get("pooling_mode")
    if named is None:
        return [mode for key, mode in OLDER.items() if config.switch(key, False)] or ["mean"]
    modes = named if isinstance(named, list) else [named]
    if not 1 <= len(modes) <= len(MODES) or any(mode not in MODES for mode in modes):
        raise config.error("pooling_mode", f"one of {', '.join(MODES)}, or a list of them")
    return modes


def _check_names(config: Config) -> None:
    """ResourceError for a module that takes or gives anything but the vector of a text."""
    for key in ("module_input_name", "module_output_name"):
        if config.get(key) not in (None, EMBEDDING):
            raise config.error(key, EMBEDDING)


def _activation(config: Config) -> Activation | None:
    name = config.get("activation_function", "torch.nn.modules.activation.Tanh")
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise config.error("activation_function", f"one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


def _taken(arrays: Checkpoint, name: str, *shape: int) -> Array:
    """An array of a module of finite numbers; ResourceError where it is missing, or has another shape."""
    if arrays.shape(name) != shape:
        raise ResourceError(f"{name} has shape {list(arrays.shape(name))}: expected {list(shape)}", SAME)
    found = arrays[name]
    if not np.isfinite(found).all():
        raise ResourceError(f"{name} of {str(arrays.files[0].path)!r} has a NaN or an infinity: its file is damaged")
    return found


def _function(config: Config) -> str:
    found = config.get("similarity_fn_name")
    if found is not None and found not in FUNCTIONS:
        raise config.error("similarity_fn_name", f"one of {', '.join(FUNCTIONS)}")
    return found or "cosine"


def _prompts(config: Config) -> dict[str, Any]:
    """The prompts by name, and the name of the default one."""
    found, default = config.get("prompts") or {}, config.get("default_prompt_name")
    if not isinstance(found, dict) or len(found) > MOST_PROMPTS or not all(map(_is_prompt, found.items())):
        raise config.error("prompts", f"at most {MOST_PROMPTS} texts of at most {LONGEST:,} characters by short names")
    prompts = {name: text or "" for name, text in found.items()}
    if default is not None and default not in (*prompts, *EMPTY):
        raise config.error("default_prompt_name", "the name of one of its prompts")
    return {"prompts": MappingProxyType(prompts), "default_prompt": default if default in prompts else None}


def _is_prompt(named: tuple[str, object]) -> bool:
    name, text = named
    return len(name) <= LONGEST_NAME and (text is None or (isinstance(text, str) and len(text) <= LONGEST))


def _of_texts(config: Config, folder: Path) -> dict[str, Any]:
    """How texts are read: how many tokens, in lower case or not."""
    for key, expected in (("transformer_task", "feature-extraction"), ("module_output_name", TOKENS)):
        if config.get(key) not in (None, expected):
            raise config.error(key, expected)
    return {
        "max_tokens": config.optional_size("max_seq_length") or _longest(folder),
        "lower_case": config.switch("do_lower_case", False),
        "warnings": tuple(_not_honoured(config)),
    }


def _longest(folder: Path) -> int | None:
    """The tokens that a folder's tokenizer reads of a text, None where it does not say: 10³⁰ means as many as fit."""
    found = read_settings(folder).get("model_max_length")
    return found if type(found) is int and 1 <= found < LARGEST else None


def _not_honoured(config: Config) -> Iterator[str]:
    for key in NOT_HONOURED:
        if config.get(key):
            yield f"{key} {quoted(config.values[key])} of {config.place} is not honoured"
