"""The arrays of a checkpoint against its config.json, and warnings about arrays and keys that the model leaves out."""

import math
from collections.abc import Iterator

from attncli.errors import ResourceError
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.config_keys import MASKS, named, unknown_keys
from attncli.models.checkpoint.tensors import SAME, Checkpoint
from attncli.models.family import Family


def check_arrays(family: Family, tensors: Checkpoint, place: str = "config.json") -> list[str]:
    """The bare names of the arrays that the model leaves out, without heads and buffers.

    It comes before anything is made of a size that the config claims. place: how an error calls its file.

    Raises:
        ResourceError: an array that is missing, or has another shape than config.json says; another count of layers.
    """
    if (n_layer := family.stored_blocks) != tensors.layers:
        raise ResourceError(f"{place} says {n_layer:,} layers, but the weights have {tensors.layers:,}", SAME)
    used = {*family.output.weights, *family.output.biases}
    for name, shape in family.arrays():
        found = tensors.shape(name)
        if len(found) != len(shape) or any(want not in (None, have) for have, want in zip(found, shape, strict=True)):
            expected = ", ".join("…" if want is None else str(want) for want in shape)
            raise ResourceError(f"{name}: expected shape [{expected}] by {place}, got {list(found)}", SAME)
        used.add(name)
    return tensors.others(used)


def warnings_about(config: Config, family: Family, unused: list[str]) -> Iterator[str]:
    """Why the numbers may differ from the model's own: keys that no code here knows, arrays that are left out."""
    causal = family.shape.causal
    if keys := unknown_keys(config, family.shape.d_model, causal):
        code = ": the code that auto_map names is not run" if config.values.get("auto_map") else ""
        seen = "the tokens before it" if causal else "all others"
        mask = f", and a token sees {seen}" if MASKS.keys() & set(keys) else ""
        yield f"{config.place} has keys that attn does not know: {named(keys)}; its numbers may differ{code}{mask}"
    if unused:
        unread = f"arrays of the model's files that its {config.place.removeprefix('the ')} has no use for"
        yield f"{unread} are left out: {named(unused, 3, 72)}"


def count_parameters(family: Family, tensors: Checkpoint) -> int:
    """The number of learned parameters; an output layer that is the embedding once more does not count."""
    copies = family.output.weights if family.tied and family.output.embedding in tensors else ()
    return tensors.parameters - sum(math.prod(tensors.size(name) or (0,)) for name in copies)


def vocabulary(family: Family, tensors: Checkpoint) -> int:
    """The number of tokens in the vocabulary: the rows of its embedding or of its output layer."""
    output, words = family.output, next(name for name, _ in family.embedding.arrays())
    sizes = (tensors.size(name) for name in (output.embedding, *output.weights, words))
    return max((size[0] for size in sizes if size), default=0)
