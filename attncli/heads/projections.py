"""The source of projections and a method's parameters: a file, a seed, the identity, or the vectors themselves."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from attncli.arrays import Array
from attncli.attention.similarity import method_of
from attncli.errors import ResourceError, Setting, UsageError
from attncli.heads.parameters import Heads, identity_heads, random_heads
from attncli.settings.explanation import MULTIHEAD_DEFAULT, PROJECTIONS, Settings
from attncli.settings.option import check_choice
from attncli.settings.wording import Remark
from attncli.vectors import Vectors

SIGMA = "kernel_sigma"  # the parameter that --sigma sets
FOLDER_SUFFIX = "-heads"
_NAME = re.compile(r"heads-(\d+)\.npz")
_SELF = "self.npz"  # parameters of the methods at d_model, for the vectors themselves


@dataclass(frozen=True, eq=False)
class Blocks:
    """One entry a layer: its heads (None in mode `self`) and the parameters of its method."""

    d_model: int
    heads: tuple[Heads | None, ...]
    parameters: tuple[Mapping[str, Array], ...]
    in_embedding_space: bool
    warnings: tuple[str, ...] = ()
    projections: str | None = None  # where the settings have None: the choice
    trained: bool = False  # whether the heads were trained with every word hidden from itself

    @property
    def n_head(self) -> int:
        """The number of heads of each layer; mode `self` has one."""
        first = self.heads[0]
        return 1 if first is None else len(first.w_q)


def choose_blocks(settings: Settings, vectors: Vectors) -> Blocks:
    """The heads and parameters of every layer, by `--mode`, `--projections`, `--seed` and `--sigma`.

    Raises:
        UsageError: a name that is neither a known kind nor a file, or another number of heads than the file has.
        ResourceError: a file that cannot be read, does not fit, or lacks a parameter of the method.
    """
    chosen, warnings = _choose(settings, vectors)
    if settings.mode == "self":
        blocks = _self_blocks(chosen, vectors)
        return replace(blocks, projections=chosen.projections if _learned(settings) else settings.projections)
    blocks = _projected_blocks(chosen, vectors)
    trained = any(heads is not None and heads.trained for heads in blocks.heads)
    return replace(blocks, projections=chosen.projections, trained=trained, warnings=(*warnings, *blocks.warnings))


def _choose(settings: Settings, vectors: Vectors) -> tuple[Settings, tuple[str, ...]]:
    """The settings with None projections replaced: by trained ones where some fit, else by random ones."""
    if settings.projections is not None:
        return settings, ()
    if settings.mode == "self":
        served = trained_parameters(vectors, settings.method) is not None
        return replace(settings, projections="trained" if served else "random"), ()
    if trained_block(vectors, settings.heads or 1, settings.method):
        return replace(settings, projections="trained"), ()
    return replace(settings, projections="random"), (_untrained(settings, vectors),)


def _untrained(settings: Settings, vectors: Vectors) -> str:
    """The error for a missing trained block, with the existing ones and the command that trains another."""
    known = ", ".join(map(str, trained_blocks(vectors)))
    wanted = f"none with {settings.heads}" + ("" if settings.method == "scaled" else f" for {settings.method}")
    there = f"has trained blocks with {known} heads, {wanted}" if known else "has no trained heads"
    train = how_to_train(vectors, settings.heads or 1, settings.method)
    return f"{vectors.name} {there}; train some: {train}"


def _projected_blocks(settings: Settings, vectors: Vectors) -> Blocks:
    heads = tuple(_heads(settings, vectors, layer) for layer in range(settings.layers))
    parameters = tuple(_parameters(settings, each.parameters, each.w_q.shape[-1], len(each.w_q)) for each in heads)
    mixed = heads[-1].w_o is not None or heads[-1].w_v.shape[0] * heads[-1].w_v.shape[2] == vectors.dimensions
    return Blocks(
        vectors.dimensions,
        heads,
        parameters,
        mixed and settings.projections != "random",
        (*_about(settings, "projections are"), *_about_method(settings, heads[0])),
    )


def _heads(settings: Settings, vectors: Vectors, layer: int) -> Heads:
    n_head, d_model = settings.heads or 0, vectors.dimensions
    if settings.projections == "random":
        return random_heads(n_head, d_model, _generator(settings, layer))
    if settings.projections == "identity":
        return identity_heads(n_head, d_model)
    from attncli.heads.file import read_heads  # only a file should cost its import

    if settings.projections == "trained":
        path = trained_block(vectors, n_head, settings.method)
        if path is None:
            raise UsageError(_untrained(settings, vectors), "or leave it out", setting="projections", value="trained")
        return read_heads(path, d_model, n_head, vectors.info.checksum)
    return _file_heads(settings, read_heads(_path(settings), d_model, checksum=vectors.info.checksum))


def _file_heads(settings: Settings, heads: Heads) -> Heads:
    """Heads from the user's file, if they are as many as the options ask for."""
    found = len(heads.w_q)
    if settings.heads not in (None, found):
        several = (Setting("mode", "multihead"), " ", Setting("heads", found))
        hint = ("use ", *(several if found > 1 else (Setting("mode", "qkv"),)))
        reason = f"expected a file of {settings.heads} heads for mode {settings.mode}, got {found} heads"
        raise UsageError(reason, hint, setting="projections", value=settings.projections)
    return heads


def _path(settings: Settings) -> str:
    """The file that `--projections` names, to the letter."""
    name = settings.projections or ""
    if os.path.splitext(name)[1] or os.path.dirname(name) or os.path.exists(name):
        return name
    return check_choice("projections", name, PROJECTIONS, shown=f"{', '.join(PROJECTIONS)}, FILE.npz")


def _self_blocks(settings: Settings, vectors: Vectors) -> Blocks:
    d = vectors.dimensions
    given = [_self_parameters(settings, vectors, layer) for layer in range(settings.layers)]
    parameters = tuple(_parameters(settings, each, d, 1) for each in given)
    return Blocks(
        d, (None,) * settings.layers, parameters, True, tuple(_about(settings, "parameters of the method are"))
    )


def _self_parameters(settings: Settings, vectors: Vectors, layer: int) -> Mapping[str, Array]:
    d_model = vectors.dimensions
    if settings.projections in ("trained", "random") and not _learned(settings):
        return {}  # a generator would cost the import of numpy.random
    if settings.projections == "random":
        return method_of(settings.method).random(1, d_model, _generator(settings, layer))
    if settings.projections == "identity":
        return method_of(settings.method).identity(1, d_model)
    from attncli.heads.file import read_parameters  # only a file should cost its import

    path = trained_parameters(vectors, settings.method) if settings.projections == "trained" else _path(settings)
    if path is None:
        reason = f"{vectors.name} has no trained parameters for mode self"
        raise UsageError(reason, ("choose ", Setting("projections", "random")), setting="projections", value="trained")
    return read_parameters(path, settings.method, d_model, vectors.info.checksum)


def _parameters(settings: Settings, given: Mapping[str, Array], d_k: int, n_head: int) -> dict[str, Array]:
    """The method's parameters: from `--sigma`, else given, else untrained."""
    method = method_of(settings.method)
    parameters = method.untrained(n_head, d_k) | {name: given[name] for name in method.parameters if name in given}
    if settings.sigma and SIGMA in method.parameters:
        parameters[SIGMA] = np.full(n_head, settings.sigma)
    missing = [name for name in method.parameters if name not in parameters]
    if missing:
        raise ResourceError(
            f"lacks {missing[0]}, which the method {settings.method} needs",
            "use another method, or add the array to the file",
            setting="projections",
            value=settings.projections,
        )
    return parameters


def _about_method(settings: Settings, heads: Heads) -> Iterator[str]:
    """Remarks on a user's file that was trained with another method, or lacks a parameter of this one."""
    if settings.projections in PROJECTIONS:
        return
    if heads.method not in (None, settings.method):
        yield f"{settings.projections!r} was trained with the method {heads.method}, not with {settings.method}"
        return
    for name, number in method_of(settings.method).untrained(1, heads.w_q.shape[-1]).items():
        if name not in heads.parameters and not (settings.sigma and name == SIGMA):
            yield f"{settings.projections!r} has no {name}: it is untrained, {number[0]:.4g}"


def _generator(settings: Settings, layer: int) -> "np.random.Generator":
    return np.random.default_rng([settings.seed, layer])


def _about(settings: Settings, what: str) -> Iterator[str]:
    """Warnings about random or repeated parameters."""
    if not _learned(settings):
        return
    if settings.projections == "random" and (settings.mode != "self" or method_of(settings.method).learned):
        yield f"the {what} random (seed {settings.seed}), not trained: these weights show the steps and mean nothing"
    elif settings.layers > 1 and settings.projections != "identity":
        yield f"the block of {settings.projections} is applied {settings.layers} times; it was made for one layer"


def without_effect(settings: Settings, resolved: Settings) -> Iterator[str]:
    """A seed where the projections turned out to be trained ones."""
    if settings.seed and settings.projections is None and resolved.projections not in (None, "random"):
        yield Remark((Setting("seed", settings.seed), " has no effect without ", Setting("projections", "random")))


def _learned(settings: Settings) -> bool:
    return settings.mode != "self" or bool(method_of(settings.method).parameters)


def trained_blocks(vectors: Vectors) -> dict[int, Path]:
    """The files of a set's trained blocks by their number of heads; empty where it has none.

    They are in a folder beside the store, `attn-en-heads` for `attn-en`.
    """
    folder = _folder(vectors)
    return {} if folder is None else _blocks(folder)


@lru_cache(maxsize=8)
def _blocks(folder: Path) -> dict[int, Path]:
    matches = (_NAME.fullmatch(path.name) for path in (folder.iterdir() if folder.is_dir() else ()))
    return {n: folder / f"heads-{n}.npz" for n in sorted(int(match[1]) for match in matches if match)}


def trained_block(vectors: Vectors, heads: int, method: str) -> Path | None:
    """The file with so many trained heads for a method: its own, or that of `scaled` if it has the parameters."""
    blocks = trained_blocks(vectors)
    if heads not in blocks:
        return None
    own = blocks[heads].with_name(f"heads-{heads}-{method}.npz")
    if own.is_file():
        return own
    return blocks[heads] if _serves(blocks[heads], method) else None


def trained_parameters(vectors: Vectors, method: str) -> Path | None:
    """The file with a method's parameters for mode `self`; None where a set has none."""
    folder = _folder(vectors)
    path = None if folder is None else folder / _SELF
    return path if path is not None and path.is_file() and _serves(path, method) else None


def _serves(path: Path, method: str) -> bool:
    """Whether the file holds the parameters of a method."""
    from zipfile import ZipFile  # 10 ms, which only a method with parameters should cost

    needed = method_of(method).parameters
    if not needed:
        return True
    with ZipFile(path) as archive:
        return {f"{name}.npy" for name in needed} <= {*archive.namelist()}


def how_to_train(vectors: Vectors, heads: int, method: str = "scaled") -> str:
    """The command that trains a block with so many heads on a text of one's own."""
    wanted = "" if heads == MULTIHEAD_DEFAULT else f" --heads {heads}"
    chosen = "" if method == "scaled" else f" --method {method}"
    named = "" if vectors.name == "attn-en" else f" --vectors {vectors.name}"
    return f"attn train TEXT… -o my.npz{wanted}{chosen}{named}"


def _folder(vectors: Vectors) -> Path | None:
    folder: Path | None = getattr(vectors, "folder", None)  # a set that lives in memory only has none
    return None if folder is None else folder.parent / f"{folder.name}{FOLDER_SUFFIX}"
