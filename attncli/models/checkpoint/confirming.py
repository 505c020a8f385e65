"""What config.json claims of a model, held against the headers of its files; and what of both is left over."""

from collections.abc import Iterator

from attncli.errors import ResourceError
from attncli.models.checkpoint.config import size
from attncli.models.checkpoint.config_keys import MASKS, named, unknown_keys
from attncli.models.checkpoint.tensors import SAME, Checkpoint, bare
from attncli.models.family import Config, Family, ModelShape

#: What stands behind the last block or beside them, as tasks need it.
HEADS = (
    *("pooler.", "cls.", "classifier.", "score.", "lm_head.", "qa_outputs.", "vocab_projector.", "vocab_transform."),
    *("vocab_layer_norm.", "pre_classifier.", "discriminator_predictions.", "generator_predictions.", "summary."),
    *("generator_lm_head.", "multiple_choice_head.", "sequence_summary.", "qa_classifier.", "v_head.", "dropout."),
)
#: Numbers of places and segments that earlier versions saved.
BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")


def check_arrays(config: Config, blocks: Family, tensors: Checkpoint) -> list[str]:
    """The arrays that the model leaves out, by name.

    Before anything is made for a layer or a head that the config only claims.

    Raises:
        ResourceError: an array that is missing, or of another shape than config.json says; or more layers.
    """
    if (told := size(config, blocks.LAYERS)) != tensors.layers:
        raise ResourceError(f"config.json says {told:,} layers, and the weights have {tensors.layers:,}", SAME)
    used = set()
    for name, shape in blocks.arrays(config):
        found = tensors.shape(name)
        if len(found) != len(shape) or any(want not in (None, have) for have, want in zip(found, shape, strict=True)):
            needed = ", ".join("…" if want is None else str(want) for want in shape)
            raise ResourceError(f"{name} has shape {list(found)}; by its config.json the model needs [{needed}]", SAME)
        used.add(bare(name))
    tied = {bare(other) for others in blocks.TIED.values() for other in others}
    return [name for name in tensors.others(used | tied) if not name.startswith(HEADS) and name not in BUFFERS]


def doubts(config: Config, blocks: Family, shape: ModelShape, unused: list[str]) -> Iterator[str]:
    """What may make the numbers others than the model's own: keys that nobody here knows, arrays that are left out."""
    if keys := unknown_keys(config, blocks.keys(config), shape):
        code = ": the code that auto_map names is not run" if config.get("auto_map") else ""
        seen = "what stands before it" if shape.causal else "all others"
        mask = f", and a token sees {seen}" if MASKS.keys() & set(keys) else ""
        yield f"config.json has keys that attn does not know: {named(keys)}; its numbers may differ{code}{mask}"
    if unused:
        yield f"arrays of the model's files that its config.json has no use for are left out: {named(unused, 3, 72)}"
