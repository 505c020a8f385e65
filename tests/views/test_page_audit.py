"""Every kind of page in a real browser, judged by axe-core: no rule is broken, in either scheme, at any width."""

import pytest
from oracles.checkpoints import TINY
from oracles.sentences import words
from support.audit import violations
from support.chromium import needs_chromium
from support.encoders import encoder_folder
from support.two_languages import EN, FR, small_set
from test_views_pages import explained

from attncli import align, compare, explain, similar
from attncli.models.model import open_model
from attncli.recipes.head_effects import head_effects_with
from attncli.recipes.model_comparison import compare_swap
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import check_model_settings

pytestmark = needs_chromium
SENTENCE = "Bark is very cute and he is a dog"
BERT = TINY / "bert"


def swap():
    return compare_swap(SENTENCE, open_model(str(BERT)), "he=she", check_model_settings())


def effects():
    return head_effects_with("the dog is", open_model(TINY / "gpt2"), check_model_settings(), explained=True)


PAGES = {
    "self": lambda vectors, _: explain(SENTENCE, vectors),
    "masked": lambda vectors, _: explain(SENTENCE, vectors, mask="causal", exclude_self=True, mode="multihead"),
    "memory": lambda vectors, _: explain(SENTENCE, vectors, memory="the king spoke to her"),
    "pinned": lambda vectors, _: explain(SENTENCE, vectors, word="he"),
    "26 words": lambda *_: explained(words(26), mode="multihead", heads=2),
    "150 words": lambda *_: explained(words(150), mode="multihead", heads=2),
    "model": lambda *_: explain_model(SENTENCE, BERT),
    "a row": lambda *_: explain_model(words(36), BERT, combine="flow", word="1"),
    "methods": lambda vectors, _: compare(SENTENCE, vectors),
    "swap": lambda *_: swap(),
    "effects": lambda *_: effects(),
    "alignment": lambda _, folder: align(EN, FR, small_set(folder / "small")),
    "sum": lambda _, folder: similar(EN, FR, small_set(folder / "small"), drop="dog"),
    "no sum": lambda _, folder: similar("Stop the dogs " * 9, "the dog.", model=encoder_folder(folder / "cls", "cls")),
}
READ = """
for (const each of document.querySelectorAll("details")) each.open = true;
if (window.pinRow && page.sources.length) pinRow(Math.min(3, view.queries.length - 1));
"""


@pytest.mark.parametrize("kind", PAGES)
def test_no_rule_is_broken(show, vectors, tmp_path, kind):
    record = PAGES[kind](vectors, tmp_path)
    assert violations(show(record)) == []
    browser = show(record, width=390, scheme="dark")
    browser.run(READ)
    browser.settle()
    assert violations(browser) == [], "on a phone, dark, all open, a word pinned"
