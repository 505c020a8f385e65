"""attn: every step of attention on your own words.

On word vectors: `explain` a sentence, `compare` similarity methods, `align` two languages, `open_vectors` opens a set.
On either: `similar` says which words make two texts alike.
On trained models: `explain_model`, `compare_models`, `rank_heads`, `predict`, `lens`, `head_effects`,
`head_contributions`; `open_model` opens one. `treebank_heads` holds heads of either against treebanks.
`show` takes attention weights from anywhere else.
`attend` is the mathematics, on arrays. In a notebook a value shows its page; `.plot()`, `.to_frame()` and `.save(path)`
give a figure, a table and a file of it. Each name is imported at its first use, so that `attn --help` needs no NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attncli.attention.attend import Attention, attend
    from attncli.corpus.treebank_heads import TreebankHeads
    from attncli.corpus.treebank_running import treebank_heads
    from attncli.errors import AttnError, ResourceError, UsageError
    from attncli.models.model import Model, open_model
    from attncli.recipes.alignment import Alignment, align
    from attncli.recipes.comparison import Comparison, compare
    from attncli.recipes.contributions import HeadContributions, head_contributions
    from attncli.recipes.explaining import explain
    from attncli.recipes.explanation import Explanation
    from attncli.recipes.given import show
    from attncli.recipes.head_effects import HeadEffects, head_effects
    from attncli.recipes.head_ranking import HeadRanking, rank_heads
    from attncli.recipes.logit_lens import Lens, lens
    from attncli.recipes.model_comparison import ModelComparison, compare_models
    from attncli.recipes.model_explaining import explain_model
    from attncli.recipes.prediction import Prediction, predict
    from attncli.recipes.text_similarity import Similarity, similar
    from attncli.vectors import Vectors, open_vectors

__version__ = "0.1.0"
__all__ = [
    "Alignment",
    "Attention",
    "AttnError",
    "Comparison",
    "Explanation",
    "HeadContributions",
    "HeadEffects",
    "HeadRanking",
    "Lens",
    "Model",
    "ModelComparison",
    "Prediction",
    "ResourceError",
    "Similarity",
    "TreebankHeads",
    "UsageError",
    "Vectors",
    "align",
    "attend",
    "compare",
    "compare_models",
    "explain",
    "explain_model",
    "head_contributions",
    "head_effects",
    "lens",
    "open_model",
    "open_vectors",
    "predict",
    "rank_heads",
    "show",
    "similar",
    "treebank_heads",
]

_HOMES = {
    "attention.attend": ("Attention", "attend"),
    "corpus.treebank_heads": ("TreebankHeads",),
    "corpus.treebank_running": ("treebank_heads",),
    "errors": ("AttnError", "ResourceError", "UsageError"),
    "models.model": ("Model", "open_model"),
    "recipes.alignment": ("Alignment", "align"),
    "recipes.comparison": ("Comparison", "compare"),
    "recipes.contributions": ("HeadContributions", "head_contributions"),
    "recipes.explaining": ("explain",),
    "recipes.explanation": ("Explanation",),
    "recipes.given": ("show",),
    "recipes.head_effects": ("HeadEffects", "head_effects"),
    "recipes.head_ranking": ("HeadRanking", "rank_heads"),
    "recipes.logit_lens": ("Lens", "lens"),
    "recipes.model_comparison": ("ModelComparison", "compare_models"),
    "recipes.model_explaining": ("explain_model",),
    "recipes.prediction": ("Prediction", "predict"),
    "recipes.text_similarity": ("Similarity", "similar"),
    "vectors": ("Vectors", "open_vectors"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"attncli.{module}"), name)
    raise AttributeError(f"module 'attncli' has no attribute {name!r}")


def __dir__() -> list[str]:
    own = [name for name in globals() if name.startswith("__")]
    return [*own, *__all__]
