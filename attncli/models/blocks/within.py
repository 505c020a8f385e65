"""A layer, an embedding or a block of one part of a model, by the names that the whole model's files have for it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from attncli.arrays import Array
from attncli.models.family import Arrays, Learned, Tensors

NOWHERE: Mapping[str, str] = MappingProxyType({})


class Within(NamedTuple):
    """A part whose arrays are named without the prefix that they have in the files.

    elsewhere: the names of arrays → the others under which their numbers are stored.
    """

    part: Any
    prefix: str
    elsewhere: Mapping[str, str] = NOWHERE

    def arrays(self) -> Arrays:
        """Those of the part, by the names of the whole."""
        part: Learned = self.part
        for name, shape in part.arrays():
            whole = self.prefix + name
            yield self.elsewhere.get(whole, whole), shape

    def __call__(self, tensors: Tensors, *inputs: Any) -> Any:
        """The part's own result on its inputs."""
        call: Callable[..., Any] = self.part
        return call(_PartTensors(tensors, self.prefix, self.elsewhere), *inputs)


class _PartTensors(NamedTuple):
    """The arrays of a part by their names without the prefix: `Tensors`."""

    whole: Tensors
    prefix: str
    elsewhere: Mapping[str, str]

    def __getitem__(self, name: Any) -> Any:
        return self.whole[self._whole_name(name)]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._whole_name(name) in self.whole

    def rows(self, name: str, indices: Array) -> Array:
        """The rows at the indices `[n]` of an array."""
        return self.whole.rows(self._whole_name(name), indices)

    def _whole_name(self, name: str) -> str:
        whole = self.prefix + name
        return self.elsewhere.get(whole, whole)
