"""Commands without --vectors on texts of several languages: each text is explained with the set that has its words."""

import json
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest
from support.command import attn, on_terminal
from support.exploring import explorer, press
from support.places import ROOT
from support.two_languages import EN, FR, PARTS, put_in_place

from attncli import explain
from attncli.explore.command_line import explain_command
from attncli.explore.state import Ask, State
from attncli.settings.explanation import check_settings
from attncli.tour import SCREENS

ZH, OWN = "狗很可愛", 0.25
NOTE = "attn-en has no word of this sentence: its vectors are those of attn-world"
BOTH = "attn-en has no word of the memory: the vectors of both are those of attn-world"


@pytest.fixture(autouse=True)
def world(tmp_path, monkeypatch):
    return put_in_place(monkeypatch, tmp_path / "world", cross_temperature=OWN, parts=PARTS)


@pytest.mark.parametrize("command", ["explain", "compare", "tour --screen 1"])
def test_one_line_names_the_set(command):
    done = attn(*command.split(), ZH, env={"COLUMNS": "120"})
    assert (done.returncode, done.stdout.count(NOTE)) == (0, 1)
    assert "attn-world" not in attn(*command.split(), EN).stdout


def test_a_sentence_of_another_language_says_so_in_place_of_spellings():
    note = "note: très is of another language than attn-en, and known to attn-world: --vectors attn-world"
    shown = " ".join(attn("explain", "the très and the dog", env={"COLUMNS": "120"}).stdout.split())
    assert note in shown
    assert "spellings" not in shown
    assert "[très?] is not in attn-en and takes no part" in shown
    on_the_screen = on_terminal("explain", "the très and the dog", env={"COLUMNS": "120", "NO_COLOR": "1"})
    assert note in on_the_screen.replace("\r", "")
    said = attn("explain", "the très and the dog", "--json").stderr.splitlines()
    assert said == [note, "note: 'très' is not a known word and is left out"]


def test_the_header_names_the_set_and_the_temperature():
    lines = attn("explain", EN, "--memory", ZH, env={"COLUMNS": "120"}).stdout.splitlines()
    assert lines[0].endswith("vectors attn-world (33 × 13) · temperature 0.25")
    assert lines[-1] == f"note: {BOTH}"
    assert "temperature 0.25" in attn("explain", EN, "--memory", ZH, env={"ACCESSIBLE": "1"}).stdout


@pytest.mark.parametrize(
    ("typed", "temperature"),
    [("", OWN), ("--method scaled", 1), ("--method cosine", 1), ("--temperature 1", 1), ("--temperature 0.5", 0.5)],
)
@pytest.mark.parametrize("command", ["explain", "compare"])
def test_what_is_typed_wins_over_the_set_s_temperature(command, typed, temperature):
    done = attn(command, EN, "--memory", FR, "--vectors", "attn-world", *typed.split(), "--json")
    assert json.loads(done.stdout)["settings"]["temperature"] == temperature


def test_every_line_of_a_batch_has_its_own_set():
    done = attn("explain", "-", "--json", text=f"{EN}\n{ZH}\nqwzx\n狗 chat\n")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["vectors"]["name"] for each in records] == ["attn-en", "attn-world", "attn-en"]
    assert [NOTE in each["warnings"] for each in records] == [False, True, False]
    assert (done.returncode, "line 3: " in done.stderr) == (4, True)


@pytest.mark.parametrize("command", ["explain", "compare"])
@pytest.mark.parametrize("form", ["csv", "json", "svg"])
def test_files_and_records_say_it_on_standard_error(command, form, tmp_path):
    run = [command, ZH, "-o", f"a.{form}"]
    assert attn(*run, cwd=tmp_path).stderr == f"note: {NOTE}\n"
    assert attn(*run, "-q", cwd=tmp_path).stderr == ""
    batch = attn("explain", "-", "--json", text=f"{EN}\n{ZH}\n")
    assert batch.stderr == f"note: line 2: {NOTE}\n"


def test_a_set_that_was_named_stays():
    done = attn("explain", ZH, "--vectors", "attn-en")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("hint: try another set: --vectors attn-world\n")


def test_the_set_is_one_of_those_of_attn_vectors(tmp_path):
    listed = attn("vectors", "list", "--json").stdout.splitlines()
    assert [json.loads(line)["name"] for line in listed] == ["attn-en", "attn-world"]
    assert json.loads(attn("vectors", "info", "attn-world", "--json").stdout)["cross_temperature"] == OWN
    assert attn("vectors", "verify", "attn-world").returncode == 0
    assert attn("vectors", "export", "attn-world", "world.txt", cwd=tmp_path).returncode == 0
    assert len((tmp_path / "world.txt").read_text().splitlines()) == 34
    for refused in (("remove", "attn-world"), ("add", "world.txt", "--name", "attn-world")):
        done = attn("vectors", *refused, cwd=tmp_path)
        assert (done.returncode, "'attn-world' is an embedded set" in done.stderr) == (2, True)
    assert "chien" in attn("vectors", "near", "狗", "--vectors", "attn-world").stdout


def test_the_tour_tells_to_try_the_set_that_it_shows():
    lines = attn("tour", ZH, "--no-input", env={"COLUMNS": "300"}).stdout.splitlines()
    tries = [line.removeprefix("try: ") for line in lines if line.startswith("try: ")]
    assert len(tries) == len(SCREENS)
    for each in (each for each in tries if not each.startswith(("attn train", "attn explore", "attn predict"))):
        assert each.endswith("--vectors attn-world")
        assert attn(*shlex.split(each)[1:]).returncode == 0


def test_the_explorer_goes_from_one_set_to_the_other():
    app = explorer(ZH)
    lines = press(app, size=(100, 24))
    assert lines[0].endswith("vectors attn-world")
    assert any(NOTE in line for line in lines)
    app = explorer(ZH)
    press(app, "e", *["backspace"] * len(ZH), "d", "o", "g", "enter")
    assert (app.view.whole.source.name, app.state.ask.vectors) == ("attn-en", None)


def test_the_explorer_s_keys_step_from_the_set_s_temperature():
    app = explorer(EN, memory=ZH)
    press(app, "plus", "plus", "minus")
    assert app.view.whole.source.temperature == 0.3
    press(app := explorer(EN, memory=ZH), "m")
    assert (app.view.whole.source.method, app.view.whole.source.temperature) == ("cosine", 1.0)


@pytest.mark.parametrize(
    ("settings", "typed"),
    [
        ({}, ""),
        ({"method": "scaled"}, "--temperature 1"),
        ({"method": "cosine"}, "--method cosine"),
        ({"temperature": 1.0}, "--temperature 1"),
        ({"temperature": 0.5}, "--temperature 0.5"),
    ],
)
def test_the_explorer_s_command_asks_for_the_same(settings, typed):
    whole = explain(EN, memory=ZH, **settings)
    line = explain_command(State(Ask(EN, check_settings(memory=ZH, **settings))), whole)
    assert shlex.split(line) == ["attn", "explain", EN, *typed.split(), "--memory", ZH]
    done = attn(*shlex.split(line)[1:], "--json", "-q")
    np.testing.assert_allclose(json.loads(done.stdout)["weights"], whole.weights, atol=1e-6)


NOTE_ON_CORPUS = "note: attn-en has no word of most of the first lines: the vectors are those of attn-world\n"
LINES = {
    "one language": (f"{ZH}\n狗是狗\n", True),
    "most lines": (f"{ZH}\n{EN}\n狗 3\n\n", True),
    "half of them": (f"{ZH}\n{EN}\n", False),
    "English": (f"{EN}\na cat\n", False),
    "no known word": ("qwzx\nzqwx\n", False),
    "signs": ("…\n", False),
    "a cut line": (f"{ZH}\n狗", True),
}


@pytest.mark.parametrize(("text", "other"), LINES.values(), ids=LINES)
@pytest.mark.parametrize("piped", [False, True])
def test_a_corpus_has_the_set_of_most_of_its_first_lines(text, other, piped, tmp_path):
    (tmp_path / "text.txt").write_text(text)
    run = "corpus", "-" if piped else "text.txt", "-o", "out", "--jobs", "1"
    done = attn(*run, cwd=tmp_path, text=text if piped else None)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["settings"]["source"]["name"] == ("attn-world" if other else None)
    assert (NOTE_ON_CORPUS in done.stderr) == other
    again = attn(*run, "--resume", cwd=tmp_path, text="" if piped else None)
    assert again.returncode in (0, 4)
    assert (NOTE_ON_CORPUS in again.stderr) == other


def test_a_corpus_of_json_lines_and_one_with_a_set_of_its_own(tmp_path):
    (tmp_path / "text.ndjson").write_text(json.dumps({"body": ZH, "id": EN}) + "\n")
    run = "corpus", "text.ndjson", "--field", "body", "--jobs", "1", "--json"
    for typed, name in ((), "attn-world"), (("--vectors", "attn-en"), "attn-en"):
        done = attn(*run, *typed, cwd=tmp_path)
        assert json.loads(done.stdout)["settings"]["source"]["name"] == name
    assert attn(*run, "-q", cwd=tmp_path).stderr == ""


MODULES = """
import atexit, sys
from attncli.cli.app import run
atexit.register(lambda: print("modules", *sys.modules, file=sys.stderr))
run(["explain", sys.argv[1]])
"""


def test_only_a_text_of_another_language_loads_more_and_little(tmp_path, world):
    shutil.copytree(ROOT / "attncli", tmp_path / "attncli", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "data").mkdir()
    for name in ("attn-en", "attn-en-heads"):
        (tmp_path / "data" / name).symlink_to(ROOT / "data" / name)
    (tmp_path / "data" / "attn-world").symlink_to(world.folder)
    loaded = []
    for text in (EN, ZH):
        command = [sys.executable, "-c", MODULES, text]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
        assert (NOTE in done.stdout) == (text == ZH)
        loaded.append({*done.stderr.split()})
    assert not (loaded[0] | loaded[1]) & {"gensim", "numpy.random", "scipy", "attncli.models"}
    others = {name for name in loaded[1] - loaded[0] if name.startswith("attncli")}
    assert others == {"attncli.recipes.other_languages", "attncli.text.splitting"}
