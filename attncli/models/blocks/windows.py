"""Sliding windows (Beltagy et al. 2020, section 3.1): the blocks of a model that have one, and its width."""

from typing import NamedTuple

from attncli.attention.masks import Window
from attncli.errors import ResourceError, quoted
from attncli.models.checkpoint.config import Config

#: The names that a config has for a block's attention → whether the block has a window.
LAYER_TYPES = {"full_attention": False, "sliding_attention": True}


class Windows(NamedTuple):
    """width: in tokens; slides: whether each block has a window; without that list, all blocks from `first` on have.

    With no width no block has a window.
    """

    width: int | None = None
    slides: tuple[bool, ...] | None = None
    first: int = 0

    def of(self, number: int, causal: bool) -> Window | None:
        """The window of block `number`, (left, right); None: it sees all keys.

        A causal window of W counts the token itself (Jiang et al. 2023, section 2). Without a causal mask it has W
        keys to each side and the token, as in transformers.
        """
        slides = number >= self.first if self.slides is None else self.slides[number]
        if self.width is None or not slides:
            return None
        return (self.width - 1, 0) if causal else (self.width, self.width)


def read_windows(config: Config, n_layer: int, default: int, switched: bool) -> Windows:
    """The windows by `sliding_window`, `layer_types` and, if switched, `use_sliding_window` and `max_window_layers`.

    default: the width where the config does not give one.

    Raises:
        ResourceError: a width that is no positive integer, unknown layer types, or a block that slides without a width.
    """
    width, slides = config.get("sliding_window", default), _read_types(config, n_layer)
    on = config.switch("use_sliding_window", False) if switched else True
    if width is None or not on:
        if slides and any(slides):
            raise ResourceError("layer_types in config.json has sliding_attention: expected a width in sliding_window")
        return Windows()
    if slides is not None and not any(slides):
        return Windows()
    first = _read_first(config) if switched and slides is None else 0
    return Windows(config.size("sliding_window", default), slides, first)


def _read_first(config: Config, default: int = 28) -> int:
    """The first block with a window."""
    return 0 if config.get("max_window_layers", default) == 0 else config.size("max_window_layers", default)


def _read_types(config: Config, n_layer: int) -> tuple[bool, ...] | None:
    """Whether each block slides by layer_types; None where the config does not say."""
    types = config.get("layer_types")
    if types is None:
        return None
    if not isinstance(types, list) or len(types) != n_layer:
        raise config.error("layer_types", f"a list of {n_layer:,} names")
    for name in types:
        if not isinstance(name, str) or name not in LAYER_TYPES:
            names = ", ".join(LAYER_TYPES)
            raise ResourceError(f"layer_types in config.json: expected names among {names}, got {quoted(name)}")
    return tuple(LAYER_TYPES[name] for name in types)
