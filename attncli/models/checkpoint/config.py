"""A model's config.json: each key is checked where it is read, and noted, so that keys nothing reads can be named."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attncli.errors import ResourceError, quoted
from attncli.files.json_files import read_object
from attncli.models.checkpoint.folders import static_error

#: Keys with a value where the weights are no plain numbers.
QUANTISED = ("quantization_config", "quantization", "compression_config")
#: Keys that change the computation → the computation; a config with one is refused unless its family reads the key.
UNSUPPORTED: Mapping[str, str] = {
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts"), "a mixture of experts"),
    **dict.fromkeys(("alibi", "use_alibi"), "ALiBi positions"),
    "attention_sinks": "attention sinks",
    "attn_logit_softcapping": "capped attention scores",
    "per_layer_config": "a config of its own for each layer",
    "pruned_heads": "heads taken out",
}
LARGEST = 2**40  # no size of a model is as large


class Config:
    """The keys of a config.json with their values; `honoured` holds those that were read or noted.

    known: of a key that holds an object, the keys that the object may have; inner: of a key that holds an object whose
    keys are read one by one, that object; place: how an error calls the file.
    """

    def __init__(self, values: Mapping[str, Any], place: str = "config.json") -> None:
        self.values: dict[str, Any] = dict(values)
        self.place = place
        self.honoured: set[str] = set()
        self.known: dict[str, frozenset[str]] = {}
        self.inner: dict[str, Config] = {}

    def rename(self, aliases: Mapping[str, str]) -> None:
        """Put each size under the family's own name where it has the name that other families use.

        Raises:
            ResourceError: both names are there with different values.
        """
        for alias, own in aliases.items():
            value = self.values.pop(alias, None)
            if value is not None and value != self.values.setdefault(own, value):
                both = f"{own} {quoted(self.values[own])} and {alias} {quoted(value)}"
                raise ResourceError(f"config.json has {both}: expected one value, since both name the same size")

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a key, unchecked; the default where the key is missing."""
        self.honoured.add(name)
        return self.values.get(name, default)

    def ignore(self, names: str) -> None:
        """Note keys, blanks between them, that change nothing in this family, with any value."""
        self.honoured |= keys_in(names)

    def object(self, name: str, known: frozenset[str]) -> Any:
        """The value of a key that should hold an object with some of the `known` keys, unchecked."""
        self.known[name] = known
        return self.get(name)

    def nested(self, name: str) -> "Config | None":
        """The object under a key, None where the key is missing or null; ResourceError unless it is an object."""
        if self.get(name) is None:
            return None
        if not isinstance(self.values[name], Mapping):
            raise self.error(name, "an object")
        return self.inner.setdefault(name, type(self)(self.values[name]))

    def size(self, name: str, default: int | None = None) -> int:
        """The value of a key; ResourceError unless it is a positive integer."""
        found = self.get(name, default)
        if type(found) is not int or not 1 <= found < LARGEST:
            raise self.error(name, "a positive integer")
        return found

    def count(self, name: str, default: int) -> int:
        """The value of a key; ResourceError unless it is 0 or a positive integer."""
        return 0 if self.get(name, default) == 0 else self.size(name, default)

    def optional_size(self, name: str) -> int | None:
        """A size; None where the key is missing or null."""
        return None if self.get(name) is None else self.size(name)

    def epsilon(self, name: str, default: float) -> float:
        """The ε of a norm; ResourceError unless it is a number between 0 and 1."""
        found = self.get(name, default)
        if type(found) not in (int, float) or not 0 < found < 1:
            raise self.error(name, "a number between 0 and 1")
        return float(found)

    def positive(self, name: str, default: float | None = None) -> float:
        """The value of a key; ResourceError unless it is a positive number, from 1e-12 to 1e12."""
        found = self.get(name, default)
        if type(found) not in (int, float) or not 1e-12 <= found <= 1e12:
            raise self.error(name, "a number from 1e-12 to 1e12")
        return float(found)

    def token(self, name: str, default: int) -> int:
        """The id of a token; ResourceError for anything else, the default for null."""
        found = default if self.get(name) is None else self.get(name)
        if type(found) is not int or not 0 <= found < LARGEST:
            raise self.error(name, "the id of a token")
        return found

    def switch(self, name: str, default: bool) -> bool:
        """Whether a key is on; null is off. ResourceError unless it is true or false."""
        found = self.get(name, default)
        if found is not None and (type(found) not in (bool, int) or found not in (0, 1)):
            raise self.error(name, "true or false")
        return bool(found)

    def head_size(self, d_model: str, n_head: str) -> int:
        """d_model / n_head, both under their names; ResourceError where it leaves a remainder."""
        width, heads = self.size(d_model), self.size(n_head)
        if width % heads:
            raise self.error(d_model, f"a multiple of {n_head} {heads}")
        return width // heads

    def error(self, name: str, expected: str) -> ResourceError:
        """The error for a value that is not as expected; it quotes the value."""
        got = quoted(self.values[name]) if name in self.values else "no such key"
        return ResourceError(f"{name} in {self.place}: expected {expected}, got {got}")


def keys_in(text: str) -> frozenset[str]:
    """The keys in a text, blanks between them."""
    return frozenset(text.split())


def read_config(folder: Path) -> Config:
    """The config.json of a folder.

    Raises:
        ResourceError: no such file, no JSON object, or static vectors without attention.
    """
    values = read_object(folder / "config.json")
    if values.get("model_type") == "model2vec":
        raise static_error(folder)
    return Config(values)


def refuse_quantised(config: Config) -> None:
    """ResourceError for a config whose weights are no plain numbers."""
    for key in QUANTISED:
        if config.values.get(key):
            raise ResourceError(
                f"config.json has {key}: expected weights in F32, F16 or BF16, got quantised weights",
                "take the checkpoint it was made from",
            )


def refuse_unsupported(config: Config) -> None:
    """ResourceError for a key that changes the computation and that the config's family has not read."""
    for key, meaning in UNSUPPORTED.items():
        if config.values.get(key) and key not in config.honoured:
            raise ResourceError(f"config.json has {key}: expected a model without {meaning}")
    for inner in config.inner.values():
        refuse_unsupported(inner)
