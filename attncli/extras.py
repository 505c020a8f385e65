"""Packages of the extras, imported where they are needed, and the line that installs what is missing."""

from importlib import import_module
from typing import Any

from attncli.errors import ResourceError

#: A package's own name, and the extra that brings it.
EXTRAS = {
    "safetensors": "transformers",
    "tokenizers": "transformers",
    "matplotlib": "plot",
    "textual": "explore",
    "pyarrow": "parquet",
    "zstandard": "zstd",
    "distributed": "dask",
}


def package(module: str, what_for: str) -> Any:
    """The module `module`, of a package in EXTRAS; `what_for` needs it, as in "a model".

    Raises:
        ResourceError: its package is not installed; the hint is the command that brings it.
    """
    name = module.partition(".")[0]
    try:
        return import_module(module)
    except ImportError:
        raise ResourceError(
            f"{what_for} needs the package {name}, which is not installed", f"pip install 'attncli[{EXTRAS[name]}]'"
        ) from None
