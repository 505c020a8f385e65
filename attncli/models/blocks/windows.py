"""Sliding windows (Beltagy et al. 2020, section 3.1): the blocks of a model that have one, and its width."""

from typing import NamedTuple

from attncli.attention.masks import Window
from attncli.errors import ResourceError, quoted
from attncli.models.checkpoint.config import Config

#: The names that a config has for a block's attention → whether the block has a window.
LAYER_TYPES = {"full_attention": False, "sliding_attention": True}


class WindowRule(NamedTuple):
    """How the config of a model type says which blocks have a window.

    width: where `sliding_window` is missing; switched: whether `use_sliding_window` turns windows on; first: where
    `max_window_layers` is missing, None where it is not read; every: each so many blocks one has none where
    `layer_types` is missing, 0: all have one; listed: whether `layer_types` is read.
    """

    width: int | None
    switched: bool = False
    first: int | None = None
    every: int = 0
    listed: bool = True


class Windows(NamedTuple):
    """width: in tokens; slides: whether each block has a window.

    Without that list, all blocks from `first` on have one but each `every`-th; with no width no block has.
    """

    width: int | None = None
    slides: tuple[bool, ...] | None = None
    first: int = 0
    every: int = 0

    def of(self, number: int, causal: bool) -> Window | None:
        """The window of block `number`, (left, right); None: it sees all keys.

        A causal window of W counts the token itself (Jiang et al. 2023, section 2). Without a causal mask it has W
        keys to each side and the token, as in transformers.
        """
        width = self.width if self.slide(number) else None
        if width is None:
            return None
        return (width - 1, 0) if causal else (width, width)

    def slide(self, number: int) -> bool:
        """Whether block `number` is one of those that have a window."""
        if self.width is None:
            return False
        if self.slides is not None:
            return self.slides[number]
        return number >= self.first and not (self.every and (number + 1) % self.every == 0)


def read_windows(config: Config, n_layer: int, rule: WindowRule) -> Windows:
    """The windows by `sliding_window` and the keys that the rule names.

    Raises:
        ResourceError: a width that is no positive integer, unknown layer types, or a block that slides without a width.
    """
    width, slides = config.get("sliding_window", rule.width), read_types(config, n_layer) if rule.listed else None
    on = config.switch("use_sliding_window", False) if rule.switched else True
    if width is None or not on:
        if any(slides) if slides else rule.every and on:
            raise ResourceError("layer_types in config.json has sliding_attention: expected a width in sliding_window")
        return Windows()
    if slides is not None and not any(slides):
        return Windows()
    first = 0 if slides is not None or rule.first is None else config.count("max_window_layers", rule.first)
    return Windows(config.size("sliding_window", rule.width), slides, first, rule.every)


def read_types(config: Config, n_layer: int) -> tuple[bool, ...] | None:
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
