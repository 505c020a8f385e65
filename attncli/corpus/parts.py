"""Part files: what one shard came to, named by what it was made from, whole or not there at all."""

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from attncli.corpus.folder import PARTS, whole_file
from attncli.errors import AttnError
from attncli.npz import write_npz
from attncli.similarity import Array


def part_path(folder: Path, name: str) -> Path:
    """Where the part `name` of a run into `folder` stands."""
    return folder / PARTS / f"{name}.npz"


def write_part(folder: Path, name: str, told: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """A part: its numbers and texts as JSON, and its arrays."""
    text = np.frombuffer(json.dumps(told).encode(), np.uint8)
    with whole_file(part_path(folder, name)) as file:
        write_npz(file, {"told": text, **arrays})


def is_whole(folder: Path, name: str) -> bool:
    """Whether a part is there, and every byte of it as it was written."""
    try:
        with zipfile.ZipFile(part_path(folder, name)) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile, EOFError):
        return False


class Part:
    """A part that is there: `told`, and arrays that are mapped, not read."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = part_path(folder, name)
        try:
            with zipfile.ZipFile(self._path) as archive:
                self._places = {each.filename.removesuffix(".npy"): each.header_offset for each in archive.infolist()}
            self.told: dict[str, Any] = json.loads(self["told"].tobytes())
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise AttnError(f"the part {str(self._path)!r} is damaged", "remove it and go on with --resume") from error

    def __getitem__(self, name: str) -> Array:
        """The array `name`, as it stands in the file: members are stored as they are."""
        with open(self._path, "rb") as file:
            file.seek(self._places[name] + 26)
            lengths = int.from_bytes(file.read(2), "little"), int.from_bytes(file.read(2), "little")
            file.seek(sum(lengths), os.SEEK_CUR)  # the name and the extra field of the local header
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            if not shape or 0 in shape:
                return np.frombuffer(file.read(dtype.itemsize * int(np.prod(shape))), dtype).reshape(shape)
            mapped: Array = np.memmap(self._path, dtype, "r", file.tell(), shape)
            return mapped

    def group(self, name: str) -> dict[str, Array]:
        """The arrays of one collector."""
        return {each.partition(".")[2]: self[each] for each in self._places if each.startswith(f"{name}.")}
