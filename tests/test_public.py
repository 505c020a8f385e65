"""The public functions: their parameters are the settings, written out, and their docstrings are complete."""

import inspect
import subprocess
import sys
from dataclasses import fields
from typing import Any

import pytest
from oracles.checkpoints import TINY

import attncli
from attncli.settings.alignment import AlignmentSettings, check_alignment
from attncli.settings.explanation import Settings, check_settings
from attncli.settings.given import GivenSettings, check_given
from attncli.settings.model import DRAWS, ModelSettings, check_model_settings
from attncli.settings.similarity import SimilaritySettings, check_similarity

FUNCTIONS = [name for name in attncli.__all__ if name[0].islower()]
BERT = str(TINY / "bert")
REDUCTION = {"combine", "words", "hide_special", "hide_first", "word"}
SAID = {"generate", *DRAWS}
CHECKS = {
    Settings: check_settings,
    ModelSettings: check_model_settings,
    AlignmentSettings: check_alignment,
    SimilaritySettings: check_similarity,
    GivenSettings: check_given,
}
#: The function, the class of its settings, those that it has not, and its own parameters.
TABLE = [
    ("explain", Settings, set(), set()),
    ("compare", Settings, {"word"}, {"against"}),
    ("explain_model", ModelSettings, {*DRAWS}, set()),
    ("compare_models", ModelSettings, REDUCTION | SAID, {"swap"}),
    ("rank_heads", ModelSettings, REDUCTION | SAID, {"from_", "to", "pattern", "lift"}),
    ("head_effects", ModelSettings, (REDUCTION - {"word"}) | SAID | {"stride"}, {"for_"}),
    ("head_contributions", ModelSettings, (REDUCTION - {"word"}) | SAID | {"stride"}, {"for_"}),
    ("align", AlignmentSettings, set(), {"model"}),
    ("similar", SimilaritySettings, set(), {"model"}),
    ("show", GivenSettings, set(), set()),
    ("predict", ModelSettings, REDUCTION - {"word"} | {"stride", "layer", "head"}, set()),
]


def keywords(name):
    """The parameters of a public function that are given by name."""
    parameters = inspect.signature(getattr(attncli, name)).parameters.values()
    return {each.name: each for each in parameters if each.kind is each.KEYWORD_ONLY}


@pytest.mark.parametrize(("name", "settings", "lacking", "own"), TABLE)
def test_the_parameters_are_the_settings(name, settings, lacking, own):
    wanted = [field.name for field in fields(settings) if field.name not in lacking]
    assert [each for each in keywords(name) if each not in own] == wanted
    assert own <= {*keywords(name)}


@pytest.mark.parametrize(("name", "settings", "lacking", "own"), TABLE)
def test_the_defaults_are_those_of_the_settings(name, settings, lacking, own):
    given = {each.name: each.default for each in keywords(name).values() if each.name not in own}
    check = CHECKS[settings]
    assert check(**given) == check()
    for field in fields(settings):
        assert field.name in lacking or given[field.name] == field.default, field.name


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_has_a_type_and_is_explained(name):
    function = getattr(attncli, name)
    signature = inspect.signature(function)
    for each in signature.parameters.values():
        assert each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
        assert each.annotation not in (each.empty, Any)
        assert each.name in function.__doc__, each.name
    assert signature.return_annotation is not signature.empty
    assert "Raises" in function.__doc__
    assert "Error" in function.__doc__


def test_every_public_name_can_be_had_and_is_listed():
    assert [name for name in dir(attncli) if not name.startswith("__")] == attncli.__all__
    assert "__version__" in dir(attncli)
    assert [name for name in attncli.__all__ if not getattr(attncli, name).__doc__] == []
    assert attncli.__all__ == sorted(attncli.__all__)


def test_the_package_itself_costs_nothing():
    code = "import sys, attncli; print(*(name for name in sys.modules if name.split('.')[0] in ('attncli', 'numpy')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["attncli"]


def test_a_model_is_opened_or_given():
    opened = attncli.open_model(BERT)
    by_name, by_value = attncli.explain_model("the dog", BERT), attncli.explain_model("the dog", opened)
    assert (by_name.weights == by_value.weights).all()


def test_models_are_compared_and_sentences():
    assert len(attncli.compare_models("the dog", BERT, BERT, layer=0).heads) == 4
    assert attncli.compare_models("the dog", BERT, swap="dog=cat", head="0-1").swap == ("dog", "cat")


@pytest.mark.parametrize("given", [{}, {"against": BERT, "swap": "dog=cat"}])
def test_a_comparison_needs_one_other(given):
    with pytest.raises(attncli.UsageError, match="expected either"):
        attncli.compare_models("the dog", BERT, **given)


def test_heads_are_ranked():
    ranked = attncli.rank_heads("the dog sat", BERT, pattern="previous", layer=[0, 1], top=3)
    assert ranked.top == 3
    assert {each.layer for each in ranked.heads} == {0, 1}
    scores = [each.score for each in ranked.heads]
    assert scores == sorted(scores, reverse=True)


def test_the_words_of_a_pair_may_be_indices():
    by_index, by_word = (attncli.rank_heads("the dog sat", BERT, from_=a, to=b) for a, b in ((2, 1), ("dog", "the")))
    assert by_index.heads == by_word.heads


@pytest.mark.parametrize("nothing", [None, [], ()])
def test_no_number_of_layers_or_heads_means_all(nothing):
    assert attncli.explain_model("the dog", BERT, layer=nothing, head=nothing).weights.shape[:2] == (2, 4)


@pytest.mark.parametrize(
    ("function", "given", "setting"),
    [
        ("rank_heads", {"from_": 1.5, "to": "dog"}, "from_"),
        ("rank_heads", {"from_": "the", "to": "dog", "lift": "yes"}, "lift"),
        ("compare_models", {"swap": 3}, "swap"),
    ],
)
def test_a_wrong_value_is_an_error_about_its_setting(function, given, setting):
    with pytest.raises(attncli.UsageError, match="expected") as error:
        getattr(attncli, function)("the dog sat", BERT, **given)
    assert error.value.setting.name == setting


@pytest.mark.parametrize("against", [3, None, [3]])
def test_a_wrong_method_to_compare_is_an_error_about_against(against):
    with pytest.raises(attncli.UsageError, match=r"against.*expected one of"):
        attncli.compare("a dog", against=against)


def test_an_empty_sentence_gets_the_same_hint_from_vectors_and_models():
    hints = set()
    for explaining in (lambda: attncli.explain(" "), lambda: attncli.explain_model(" ", BERT)):
        with pytest.raises(attncli.UsageError, match="expected a sentence") as error:
            explaining()
        hints.add(error.value.hint)
    assert len(hints) == 1
    assert "--" not in hints.pop()


def test_the_help_of_attend_names_its_types_in_short():
    assert "query: 'ArrayLike'" in str(inspect.signature(attncli.attend))
