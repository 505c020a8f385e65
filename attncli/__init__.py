"""attn: every step of attention on your own words.

`attend` is the mathematics, `explain` and `compare` are the recipes, `open_vectors` opens a set of word vectors;
`explain_model` is the recipe for a transformer checkpoint.
Each is imported when it is first asked for, so that `attn --help` need not wait for NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attncli.attention.attend import Attention, attend
    from attncli.errors import AttnError, ResourceError, UsageError
    from attncli.recipes.comparison import Comparison, compare
    from attncli.recipes.explaining import explain
    from attncli.recipes.explanation import Explanation
    from attncli.recipes.model_explaining import explain_model
    from attncli.vectors import Vectors, open_vectors

__version__ = "0.1.0"
__all__ = [
    "Attention",
    "AttnError",
    "Comparison",
    "Explanation",
    "ResourceError",
    "UsageError",
    "Vectors",
    "attend",
    "compare",
    "explain",
    "explain_model",
    "open_vectors",
]

_HOMES = {
    "attention.attend": ("Attention", "attend"),
    "recipes.comparison": ("Comparison", "compare"),
    "errors": ("AttnError", "ResourceError", "UsageError"),
    "recipes.explaining": ("explain",),
    "recipes.explanation": ("Explanation",),
    "recipes.model_explaining": ("explain_model",),
    "vectors": ("Vectors", "open_vectors"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"attncli.{module}"), name)
    raise AttributeError(f"module 'attncli' has no attribute {name!r}")
