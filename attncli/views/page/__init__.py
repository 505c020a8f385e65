"""Pages for a browser: an explanation, or a comparison; `alignment` and `similarity` have those of two texts."""

from attncli.errors import AttnError
from attncli.recipes.comparison import Comparison
from attncli.recipes.explanation import Explanation
from attncli.recipes.head_effects import HeadEffects
from attncli.recipes.model_comparison import ModelComparison
from attncli.text.tokens import Sentence
from attncli.views.page.effects import effects_record
from attncli.views.page.measured import methods_measured, models_measured
from attncli.views.page.opening import affecting_head, changed_head
from attncli.views.page.page import page_html


def explanation_page(explanation: Explanation, scale: str = "auto") -> str:
    """The page of one explanation; scale: the name of the scale of its colours."""
    sources = {explanation.source.method: explanation}
    return page_html(sources, f"attn: {_titled(explanation.sentence)}", scale=scale)


def effects_page(effects: HeadEffects, scale: str = "auto") -> str:
    """The page of the weights that the effects are of, with a map of the heads by their effect.

    Raises:
        AttnError: effects of so long a text that the weights were not kept.
    """
    if effects.explanation is None:
        raise AttnError("a page needs the weights of all heads, which are too many to be kept", "shorten the text")
    explanation = effects.explanation
    record = effects_record(effects, explanation)
    sources = {explanation.source.method: explanation}
    opens, title = affecting_head(effects, record["effects"]), f"attn heads: {_titled(explanation.sentence)}"
    return page_html(sources, title, scale=scale, effects=record, opens=opens)


def comparison_page(comparison: Comparison | ModelComparison, scale: str = "auto") -> str:
    """The page of several methods, of two models, or of one on a sentence and its changed twin, with a switch."""
    if isinstance(comparison, ModelComparison):
        sources, compared, opens = _runs(comparison), models_measured(comparison), changed_head(comparison)
    else:
        sources = {each.method: each.explanation for each in comparison.methods}
        compared, opens = methods_measured(comparison), None
    sentence = _titled(next(iter(sources.values())).sentence)
    return page_html(sources, f"attn compare: {sentence}", comparison.warnings, compared, scale, opens=opens)


def _titled(sentence: Sentence) -> str:
    """The text, or both, in one line."""
    return " / ".join(part.text for part in sentence.parts)


def _runs(comparison: ModelComparison) -> dict[str, Explanation]:
    """Both runs, by the word that was changed, or by the models' names."""
    one, other = comparison.swap or (comparison.baseline.source.model.name, comparison.other.source.model.name)
    return {one: comparison.baseline, other if other != one else f"{other} (the other)": comparison.other}
