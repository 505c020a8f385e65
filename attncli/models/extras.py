"""The packages of the extra `transformers`, imported where a model is opened."""

from importlib import import_module
from typing import Any

from attncli.errors import ResourceError


def package(name: str) -> Any:
    """The package `name`.

    Raises:
        ResourceError: it is not installed; the hint is the command that brings it.
    """
    try:
        return import_module(name)
    except ImportError:
        raise ResourceError(
            f"a model needs the package {name}, which is not installed", "pip install 'attncli[transformers]'"
        ) from None
