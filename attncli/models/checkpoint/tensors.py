"""The arrays of a checkpoint: one safetensors file or several, by the names that its family uses."""

import math
import os
import re
from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np

from attncli.arrays import Array
from attncli.attention.products import row_blocks
from attncli.errors import ResourceError, quoted
from attncli.files.fetching import fetch_again
from attncli.files.json_files import read_object
from attncli.files.safetensors_file import SafetensorsFile, Stored
from attncli.models.checkpoint.folders import weights_error

WHOLE, INDEX = "model.safetensors", "model.safetensors.index.json"
AT_ONCE = 2**24  # numbers of a large array whose rows are read a part at a time
KEPT = 2**30  # bytes in float32: of a checkpoint of up to so many, arrays that are asked for again stay in memory
SAME = "config.json, tokenizer.json and the weights must be of the same model"
#: How the names of arrays begin that tasks need behind the last block or beside the blocks, in any family.
HEADS = (
    *("pooler.", "classifier.", "score.", "lm_head.", "qa_outputs.", "summary.", "multiple_choice_head."),
    *("sequence_summary.", "qa_classifier.", "v_head.", "dropout."),
)


class Names(NamedTuple):
    """The names of arrays in the checkpoints of a family.

    blocks: the list of blocks; prefixes: beginnings that a checkpoint with a head has and one without has not;
    renamed: parts of names in early files → today's; buffers: patterns of arrays that are no parameters; heads: how
    the names of arrays for tasks begin, beside `HEADS`; copies: arrays → another one, which some files have once more
    under their names.
    """

    blocks: str = "layers"
    prefixes: tuple[str, ...] = ()
    renamed: Mapping[str, str] = MappingProxyType({})
    buffers: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    copies: Mapping[str, str] = MappingProxyType({})

    def bare(self, name: str) -> str:
        """The name without prefixes, and in today's words."""
        while prefix := next((each for each in self.prefixes if name.startswith(each)), None):
            name = name.removeprefix(prefix)
        for old, new in self.renamed.items():
            name = name.replace(old, new)
        return name

    def is_buffer(self, bare: str) -> bool:
        """Whether the array of a bare name is no parameter: a mask, numbers of positions, frequencies."""
        return any(fnmatchcase(bare, pattern) for pattern in self.buffers)

    def block_of(self, bare: str) -> int | None:
        """The number of the block that the array of a bare name belongs to."""
        match = re.match(rf"{re.escape(self.blocks)}\.(\d{{1,6}})\.", bare, re.ASCII)
        return None if match is None else int(match[1])


PLAIN = Names()


class ArrayFile(Protocol):
    """A file of arrays: safetensors, or GGUF."""

    @property
    def path(self) -> Path:
        """Its place."""
        ...

    @property
    def arrays(self) -> Mapping[str, Stored]:
        """Its arrays by name."""
        ...

    def widened(self, name: str, rows: Array | None = None) -> Array:
        """The array `name`, or these rows of it, in float32."""
        ...

    def same_bytes(self, name: str, other: Any, its: str) -> bool:
        """Whether two arrays, here or in another file of the same kind, are the same to the bit."""
        ...


class Place(NamedTuple):
    """An array of a file, by the name that it has there."""

    file: ArrayFile
    name: str

    @property
    def stored(self) -> Stored:
        """Its entry in the header of the file."""
        return self.file.arrays[self.name]


class Checkpoint:
    """The arrays of a model's folder, in float32, each read when it is asked for; a `family.Tensors`."""

    def __init__(
        self,
        files: Path | tuple[ArrayFile, ...],
        names: Names = PLAIN,
        tied: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        """Read the header of every file.

        files: those of the arrays, or the folder that they are in; names: how the family names its arrays; tied: an
        array → others that hold the same numbers, the first of which that is there is read where it is missing.

        Raises:
            ResourceError: no safetensors in the folder, or a file that is damaged.
        """
        self.files = array_files(files) if isinstance(files, Path) else files
        self.names = names
        self._bare_of: dict[str, str] = {}  # of the names that were asked for: a run asks for each again
        self._places: dict[str, list[Place]] = {}
        for file in self.files:
            for name in file.arrays:
                self._places.setdefault(names.bare(name), []).append(Place(file, name))
        self._leave_out_copies()
        missing = {name: [other for other in tied[name] if other in self] for name in tied if name not in self}
        self._tied = {name: others[0] for name, others in missing.items() if others}
        self._read: set[str] = set()
        self._kept: dict[str, Array] | None = {} if 4 * self._numbers() <= KEPT else None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.names.bare(name) in self._places

    def __getitem__(self, name: str) -> Array:
        """The array `name`, with or without prefix, not to be written to.

        Raises:
            ResourceError: it is missing, its dtype is not supported, or its file has changed since it was opened.
        """
        key = self._bare(name)
        if self._kept is not None and key in self._kept:
            return self._kept[key]
        place = self._place(name)
        array = place.file.widened(place.name)
        array.flags.writeable = False
        if self._kept is not None and key in self._read:  # one run needs it once, and is faster in little memory
            self._kept[key] = array
        self._read.add(key)
        return array

    def rows(self, name: str, indices: Array) -> Array:
        """The rows at the indices `[n]` of the array `name`, a copy of their own.

        Raises:
            ResourceError: there is no such array, or it has no such row.
        """
        place = self._place(name)
        shape = place.stored.shape
        if len(shape) < 2 or not np.all((indices >= 0) & (indices < shape[0])):
            raise ResourceError(
                f"{name} has shape {list(shape)}, and row {int(np.max(indices, initial=0))} of it is asked for", SAME
            )
        return place.file.widened(place.name, indices)

    def parts(self, name: str) -> Iterator[Array]:
        """The rows of the array `name`, some at a time; all at once where a whole array may stay in memory."""
        if self._kept is not None:
            yield self[name]
            return
        shape = self.shape(name)
        for rows in row_blocks(shape[0], math.prod(shape[1:]), AT_ONCE):
            yield self.rows(name, np.arange(shape[0])[rows])

    @property
    def parameters(self) -> int:
        """The number of learned parameters, by the headers alone: masks and rotations are no parameters."""
        firsts = {name: places[0].stored for name, places in self._places.items()}
        return sum(each.numbers for name, each in firsts.items() if each.is_float and not self.names.is_buffer(name))

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes of the parameters, the one of most arrays first."""
        counts = Counter(places[0].stored.dtype for places in self._places.values() if places[0].stored.is_float)
        return tuple(dtype for dtype, _ in counts.most_common())

    def size(self, name: str) -> tuple[int, ...] | None:
        """The shape of the array `name`, None if it is missing."""
        key = self.names.bare(name)
        return self._places[key][0].stored.shape if key in self._places else None

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of the array `name` or of the tied array that is read in its place.

        Raises:
            ResourceError: it is missing, or there are two that differ.
        """
        return self._place(name).stored.shape

    @property
    def bare_names(self) -> Collection[str]:
        """The names of its arrays without prefixes, and in today's words."""
        return self._places.keys()

    @property
    def layers(self) -> int:
        """The number of layers, by the names."""
        numbers = (self.names.block_of(name) for name in self._places)
        return 1 + max((number for number in numbers if number is not None), default=-1)

    def others(self, used: Container[str]) -> list[str]:
        """The bare names of arrays that are not among the used ones, without buffers and the arrays of heads."""
        heads = (*HEADS, *self.names.heads)
        names = (name for name in self._places if name not in used and not name.startswith(heads))
        return [name for name in names if not self.names.is_buffer(name)]

    def _bare(self, name: str) -> str:
        if name not in self._bare_of:
            self._bare_of[name] = self.names.bare(name)
        return self._bare_of[name]

    def _leave_out_copies(self) -> None:
        """Forget the arrays that are another one once more."""
        for name, of in self.names.copies.items():
            if name in self._places and of in self._places:
                (first, *_), (copy, *_) = self._places[of], self._places[name]
                if first.file.same_bytes(first.name, *copy):
                    del self._places[name]

    def _numbers(self) -> int:
        return sum(stored.numbers for file in self.files for stored in file.arrays.values())

    def _place(self, name: str) -> Place:
        bare = self._bare(name)
        key = self._tied.get(bare, bare)
        if key not in self._places:
            found = ", ".join(quoted(place.name)[1:-1] for place, *_ in list(self._places.values())[:3])
            got = f"got {found} …" if found else "got no arrays at all"
            raise ResourceError(f"the model's files have no array {name!r}: {got}")
        first, *more = places = self._places[key]
        if more:
            if not all(first.file.same_bytes(first.name, *other) for other in more):
                names = " and ".join(dict.fromkeys(quoted(place.name) for place in places[:2]))
                raise ResourceError(f"the model's files have {names}, two arrays under one name", SAME)
            self._places[key] = [first]
        return first


def array_files(folder: Path) -> tuple[ArrayFile, ...]:
    """The safetensors files of a folder; ResourceError as `safetensors_paths`, or for a damaged one."""
    return tuple(SafetensorsFile(path) for path in safetensors_paths(folder))


def safetensors_paths(folder: Path) -> list[Path]:
    """The one file or the shards.

    Raises:
        ResourceError: no safetensors, with the kind of the weights that are there; or an index that names other files.
    """
    if os.path.lexists(folder / WHOLE):
        return [folder / WHOLE]
    if os.path.lexists(folder / INDEX):
        return [folder / name for name in sorted(set(_shards(folder / INDEX)))]
    if other := weights_error(folder, WHOLE):
        raise other
    raise ResourceError(f"{str(folder)!r} has neither {WHOLE} nor {INDEX}", fetch_again(folder))


def _shards(index: Path) -> Iterator[str]:
    """The files that the index names, all of them beside it."""
    names = read_object(index).get("weight_map")
    if not isinstance(names, dict) or not names:
        raise ResourceError(f"{str(index)!r} has no weight_map: expected the file of each array")
    for name in names.values():
        if not isinstance(name, str) or not _is_beside(name):
            raise ResourceError(f"{str(index)!r} names the file {quoted(name)}: expected .safetensors files beside it")
        yield name


def _is_beside(name: str) -> bool:
    """Whether it names a file of the same folder on every system."""
    return name.endswith(".safetensors") and len(name) <= 255 and Path(name).name == name and "\\" not in name
