import re
from dataclasses import fields

import numpy as np
import pytest
from support.places import TESTS

from attncli.cli.app import run
from attncli.errors import ExitCode, UsageError, in_python, quoted
from attncli.explore.keys import by_key
from attncli.settings.explanation import Settings, check_settings
from attncli.settings.model import ModelSettings, check_model_settings
from attncli.settings.wording import as_option


def test_the_defaults_are_those_of_the_contract():
    settings = check_settings()
    assert settings == Settings("self", "scaled", heads=1, layers=1, mask=(), temperature=1.0)
    assert settings.top == 5


@pytest.mark.parametrize(
    ("options", "quoted", "told"),
    [
        ({"method": "scald"}, "method='scald'", "did you mean scaled?"),
        ({"mode": "multi-head"}, "mode='multi-head'", "did you mean multihead?"),
        ({"heads": 2}, "heads=2", "mode='multihead'"),
        ({"mode": "qkv", "heads": 3}, "heads=3", "mode='multihead'"),
        ({"mode": "multihead", "heads": 0}, "heads=0", "from 1"),
        ({"mode": "multihead", "heads": 10**6}, "heads=1000000", "1,024"),
        ({"layers": 0}, "layers=0", "from 1"),
        ({"layers": 10**9}, "layers=1000000000", "to 100"),
        ({"mask": "casual"}, "mask='casual'", "did you mean causal?"),
        ({"mask": "window"}, "mask='window'", "mask='window:3'"),
        ({"mask": "window:-1"}, "mask='window:-1'", "window:3"),
        ({"mask": ["causal", "window:x"]}, "mask='window:x'", "window:3"),
        ({"mask": "causal:3"}, "mask='causal:3'", "did you mean causal?"),
        ({"temperature": 0.0}, "temperature=0.0", "above 0"),
        ({"temperature": float("nan")}, "temperature=nan", "above 0"),
        ({"sigma": -1.0}, "sigma=-1.0", "above 0"),
        ({"top": 0}, "top=0", "from 1"),
        ({"positions": "learned"}, "positions='learned'", "sinusoidal"),
        ({"unknown": "keep"}, "unknown='keep'", "skip"),
        ({"memory": "a dog", "exclude_self": True}, "exclude_self=True", "leave one"),
        ({"heads": True, "mode": "multihead"}, "heads=True", "whole number"),
        ({"top": "5"}, "top='5'", "whole number"),
        ({"exclude_self": "no"}, "exclude_self='no'", "True or False"),
        ({"temperature": "2"}, "temperature='2'", "above 0"),
        ({"mask": 3}, "mask=3", "text"),
        ({"memory": 3}, "memory=3", "text"),
        ({"projections": 3}, "projections=3", "text"),
        ({"tempature": 2.0}, "'tempature'", "did you mean temperature?"),
    ],
)
def test_a_mistake_is_quoted_with_what_is_expected(options, quoted, told):
    with pytest.raises(UsageError) as caught:
        check_settings(**options)
    assert quoted in caught.value.message
    assert told in "; ".join(filter(None, caught.value.in_words()))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("/data/" + "of many folders/" * 9 + "heads-of-the-seventh-night.npz", r"\.npz'"),
        ("x" * 10**6, "'x+…x+'"),
        (b"x" * 10**6, "b'x+…x+'"),
        (list(range(10**5)), r"\[0, 1, .*….*, 99999\]"),
    ],
)
def test_a_long_value_keeps_its_beginning_and_its_end(value, shown):
    text = quoted(value)
    assert len(text) == 62
    assert re.fullmatch(rf".*{shown}", text)


def test_every_door_names_the_file_at_the_end_of_a_long_path(tmp_path):
    path = str(tmp_path.joinpath(*["folder"] * 20, "heads-of-the-seventh-night.npz"))
    error = UsageError("expected two heads", setting="projections", value=path)
    for naming in (in_python, as_option, by_key):
        assert "heads-of-the-seventh-night.npz" in error.in_words(naming)[0]


@pytest.mark.parametrize(
    ("mask", "causal", "window"),
    [
        ("none", False, None),
        ((), False, None),
        ("causal", True, None),
        (["none", "causal"], True, None),
        (["window:3", "causal"], True, (3, 3)),
        (["window:3", "window:1"], False, (1, 1)),
    ],
)
def test_masks_combine(mask, causal, window):
    settings = check_settings(mask=mask)
    assert (settings.causal, settings.window) == (causal, window)


@pytest.mark.parametrize(
    ("options", "heads"),
    [({}, 1), ({"mode": "qkv"}, 1), ({"mode": "multihead"}, 3), ({"mode": "multihead", "projections": "a.npz"}, None)],
)
def test_heads_belong_to_multihead(options, heads):
    assert check_settings(**options).heads == heads


def test_python_values_become_plain_ones(tmp_path):
    given = {
        "mode": "multihead",
        "heads": np.int64(2),
        "temperature": np.float32(2),
        "projections": tmp_path,
        "word": 1,
    }
    settings = check_settings(**given)
    assert (settings.heads, settings.temperature, settings.projections, settings.word) == (2, 2.0, str(tmp_path), "1")
    assert (type(settings.heads), type(settings.temperature)) == (int, float)


def test_errors_are_value_errors_too():
    with pytest.raises(ValueError, match="scald"):
        check_settings(method="scald")


WRONG = {
    check_settings: {
        **{"mode": "x", "method": "x", "heads": 0, "layers": 0, "projections": 3, "seed": -1, "mask": "x"},
        **{
            "exclude_self": "x",
            "temperature": 0,
            "sigma": -1.0,
            "positions": "x",
            "memory": 3,
            "word": 2.5,
            "cut": "x",
        },
        **{"top": 0, "unknown": "x"},
    },
    check_model_settings: {
        **{"pair": 3, "target": 3, "part": "x", "source_lang": 3, "target_lang": 3},
        **{"bos": "x", "truncate": "x", "stride": -1, "without": "x", "ablate": "x"},
        **{"layer": "x", "head": "x", "combine": "x", "words": "x", "hide_special": "x", "hide_first": "x"},
        **{"word": 2.5, "cut": "x", "generate": 0, "sample": 0, "top_p": 1.5, "seed": -1, "top": 0},
    },
}
KEYED = {
    "mode": "M",
    "method": "m",
    "mask": "a",
    "exclude_self": "x",
    "word": "/",
    "layer": "}",
    "head": "]",
    "without": "w",
}
CASES = [(check, name, value) for check, wrong in WRONG.items() for name, value in wrong.items()]


def test_every_option_has_a_wrong_value():
    tables = {check_settings: Settings, check_model_settings: ModelSettings}
    assert all([*wrong] == [each.name for each in fields(tables[check])] for check, wrong in WRONG.items())


@pytest.mark.parametrize(("check", "name", "value"), CASES)
def test_every_door_names_the_setting_its_own_way(check, name, value):
    with pytest.raises(UsageError) as caught:
        check(**{name: value})
    assert str(caught.value).startswith(f"{name}={value!r}: expected ")
    assert caught.value.in_words(as_option)[0].startswith(f"--{name.replace('_', '-')} {value!r}: expected ")
    key = f" (key {KEYED[name]})" if name in KEYED else " (keys + - 0)" if name == "temperature" else ""
    assert caught.value.in_words(by_key)[0].startswith(f"{name.replace('_', ' ')} {value}{key}: expected ")


TEXTS = ("projections", "memory", "word", "pair", "target", "source_lang", "target_lang")  # which take any value
TYPED = [(name, value) for check, name, value in CASES if name not in TEXTS]
SWITCHES = ("exclude_self", "words", "hide_special", "hide_first", "bos", "truncate")  # which take no value
OF_PREDICTIONS = ("generate", "sample", "top_p")
OF_MODELS = ("layer", "head", "combine", "part", "stride", "without", "ablate")


@pytest.mark.parametrize(("name", "value"), [each for each in TYPED if each[0] not in (*SWITCHES, *OF_PREDICTIONS)])
def test_the_command_line_names_the_option(name, value, capsys):
    option = f"--{name.replace('_', '-')}"
    model = ["--model", str(TESTS / "oracles" / "tiny" / "bert")] * (name in OF_MODELS)
    assert run(["explain", "a dog", *model, option, str(value)]) == ExitCode.WRONG_USAGE
    assert capsys.readouterr().err.startswith(f"error: {option} ")
