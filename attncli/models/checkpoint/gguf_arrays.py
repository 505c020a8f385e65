"""The arrays of a GGUF file under the names, and in the order of rows, of a family's own checkpoints."""

from collections import Counter
from dataclasses import replace

from attncli.arrays import Array
from attncli.files.gguf_file import TYPES, GgufFile
from attncli.files.safetensors_file import Stored
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.gguf_architectures import Architecture
from attncli.models.checkpoint.gguf_config import FACTORS


class GgufArrays:
    """The arrays of a file by the names of its family; dequantised when they are read."""

    def __init__(self, file: GgufFile, architecture: Architecture, config: Config) -> None:
        self.path, self._file, self._architecture = file.path, file, architecture
        n_head = config.values.get("num_attention_heads")
        self._heads = {"q_proj": n_head, "k_proj": config.values.get("num_key_value_heads", n_head)}
        self._stored = {architecture.name(name): name for name in file.arrays if name not in FACTORS}
        self.arrays = {name: self._turned_round(name, file.arrays[stored]) for name, stored in self._stored.items()}

    def widened(self, name: str, rows: Array | None = None) -> Array:
        """The array `name`, or these rows of it, in float32 as the family has it."""
        stored, architecture = self._stored[name], self._architecture
        if self._is_transposed(name):
            array = self._file.widened(stored).T
        elif architecture.turned and (n_head := self._heads.get(name.split(".")[-2])):
            array = in_halves(self._file.widened(stored), n_head)
        else:
            array = self._file.widened(stored, rows)
            return array - 1 if architecture.one_more and name.endswith("norm.weight") else array
        return array if rows is None else array[rows]

    def same_bytes(self, name: str, other: "GgufArrays", its: str) -> bool:
        """Whether two arrays are the same one."""
        return self is other and name == its

    def _is_transposed(self, name: str) -> bool:
        return name.endswith(".weight") and ".".join(name.split(".")[2:-1]) in self._architecture.transposed

    def _turned_round(self, name: str, stored: Stored) -> Stored:
        return replace(stored, shape=stored.shape[::-1]) if self._is_transposed(name) else stored


def in_halves(rows: Array, n_head: int) -> Array:
    """Rows of queries or keys `[n_head·d_k, ...]`, of which neighbours turn together, as the halves of each head.

    llama.cpp's converter puts the rows of Llama's checkpoints in the other order (`permute`), which is undone here.
    """
    pairs = rows.reshape(n_head, -1, 2, *rows.shape[1:])  # [n_head, d_k/2, 2, ...]
    return pairs.swapaxes(1, 2).reshape(rows.shape)


def quantisation(file: GgufFile) -> str | None:
    """The types of the quantised arrays of a file with how many there are of each; None where there are none."""
    counts = Counter(stored.dtype for stored in file.arrays.values() if TYPES[stored.dtype].numbers > 1)
    return ", ".join(f"{dtype} ({count} of {len(file.arrays)} arrays)" for dtype, count in counts.most_common()) or None
