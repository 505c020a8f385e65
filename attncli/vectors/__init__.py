"""Vector sets: opening, reading, keeping. Names are loaded on first use: importing the package costs nothing."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attncli.vectors.catalogue import open_vectors
    from attncli.vectors.store.layout import StoreInfo
    from attncli.vectors.store.opened import Vectors
    from attncli.vectors.store.writing import write_store

__all__ = ["StoreInfo", "Vectors", "open_vectors", "write_store"]

_HOME = {
    "StoreInfo": "store.layout",
    "Vectors": "store.opened",
    "open_vectors": "catalogue",
    "write_store": "store.writing",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
