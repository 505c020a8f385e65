"""The arrays of a checkpoint: one safetensors file or several, by the names that its family uses."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from attncli.checkpoint.files import read_object
from attncli.checkpoint.safetensors_file import SafetensorsFile
from attncli.errors import ResourceError
from attncli.similarity import Array

WHOLE, INDEX = "model.safetensors", "model.safetensors.index.json"
#: What a checkpoint of a model with a head has in front of the names that one without a head has.
PREFIXES = ("bert.", "roberta.", "electra.", "distilbert.", "transformer.", "model.")
#: Pickles: opening one can run code, so none is opened.
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


LAYER = re.compile(r"(?:^|\.)(?:layer|layers|h)\.(\d{1,6})\.", re.ASCII)


def _is_buffer(name: str, shape: tuple[int, ...]) -> bool:
    """GPT-2's causal mask and what it hides with, and the frequencies of rotary positions."""
    mask = name.endswith("attn.bias") and len(shape) == 4
    return mask or name.endswith(("attn.masked_bias", "rotary_emb.inv_freq"))


class Checkpoint:
    """The arrays of a model's folder, in float32, each read when it is asked for; a `family.Tensors`."""

    def __init__(self, folder: Path) -> None:
        """Map every file.

        Raises:
            ResourceError: no safetensors in the folder, or one that is damaged.
        """
        self.files = tuple(SafetensorsFile(path) for path in safetensors_paths(folder))
        self._places = {bare(name): (file, name) for file in self.files for name in file.arrays}

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bare(name) in self._places

    def __getitem__(self, name: str) -> Array:
        """The array `name`, with or without prefix; ResourceError if there is none or its dtype is not supported."""
        file, stored = self._place(name)
        return file.widened(stored)

    def rows(self, name: str, indices: Array) -> Array:
        """The rows at the indices `[n]` of the array `name`, a copy of their own.

        Raises:
            ResourceError: there is no such array, or it has no such row.
        """
        file, stored = self._place(name)
        shape = file.arrays[stored].shape
        if len(shape) < 2 or not np.all((indices >= 0) & (indices < shape[0])):
            raise ResourceError(
                f"{name} has shape {list(shape)}, and row {int(np.max(indices, initial=0))} of it is asked for",
                "config.json, tokenizer.json and the weights must be of the same model",
            )
        return file.widened(stored, indices)

    @property
    def parameters(self) -> int:
        """How many numbers the model has learned, by the headers alone: masks and rotations are no parameters."""
        stored = {name: file.arrays[own] for name, (file, own) in self._places.items()}
        return sum(
            math.prod(each.shape) for name, each in stored.items() if each.is_float and not _is_buffer(name, each.shape)
        )

    def size(self, name: str) -> tuple[int, ...] | None:
        """The shape of the array `name`, None if there is none."""
        if name not in self:
            return None
        file, stored = self._place(name)
        return tuple(file.arrays[stored].shape)

    @property
    def layers(self) -> int:
        """How many layers the names count."""
        numbers = (match for match in map(LAYER.search, self._places) if match)
        return 1 + max((int(match[1]) for match in numbers), default=-1)

    def _place(self, name: str) -> tuple[SafetensorsFile, str]:
        if name not in self:
            found = ", ".join(stored for _, stored in list(self._places.values())[:3])
            others = f"; they have {found} …" if found else ", nor any other"
            raise ResourceError(f"the model's files have no array {name!r}{others}")
        return self._places[bare(name)]


def bare(name: str) -> str:
    """The name without the prefixes of its family, and in today's words (BERT's first files: gamma and beta)."""
    while prefix := next((each for each in PREFIXES if name.startswith(each)), None):
        name = name.removeprefix(prefix)
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def safetensors_paths(folder: Path) -> list[Path]:
    """The one file or the shards.

    Raises:
        ResourceError: none, and what there is instead; or an index that names files elsewhere.
    """
    if (folder / WHOLE).exists():
        return [folder / WHOLE]
    if (folder / INDEX).exists():
        return [folder / name for name in sorted(set(_shards(folder / INDEX)))]
    pickled = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
    if pickled:
        raise ResourceError(
            f"{str(folder)!r} has {pickled[0]}, a pickle, which is never opened (it can run code); needed is {WHOLE}",
            "many models have both: hf download gets it if so",
        )
    raise ResourceError(f"{str(folder)!r} has neither {WHOLE} nor {INDEX}", "hf download gets all files of a model")


def _shards(index: Path) -> Iterator[str]:
    """The files that the index names, all of them beside it."""
    names = read_object(index).get("weight_map")
    if not isinstance(names, dict) or not names:
        raise ResourceError(f"{str(index)!r} has no weight_map that says which file has which array")
    for name in names.values():
        if not isinstance(name, str) or Path(name).name != name or not name.endswith(".safetensors") or "\\" in name:
            raise ResourceError(f"{str(index)!r} names the file {name!r}; needed are .safetensors files beside it")
        yield name
