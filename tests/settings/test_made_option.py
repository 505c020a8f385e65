"""An option is one line: added to the settings alone, it is wherever options are taken, checked and shown."""

import json
import shutil
import subprocess
import sys

import pytest
from support.places import ROOT

LINE = '    loudness: float = attention_option(1.0, "How loud words are.", check=check_positive, metavar="X")\n'
BEFORE = "    memory: str | None = attention_option("
SCRIPT = """
import io, json, os, sys
from contextlib import redirect_stderr
from attncli import UsageError, open_vectors
from attncli.cli.app import run
from attncli.explore.command_line import explain_command
from attncli.explore.header import title_lines
from attncli.explore.state import Ask, State
from attncli.explore.view import View
from attncli.recipes.explaining import explain_with
from attncli.settings.explanation import check_settings
from attncli.views.screen import Screen

def said(*arguments):
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    sys.stdout, sys.argv = out, ["attn", *arguments]
    with redirect_stderr(err):
        run([*arguments])
    sys.stdout = sys.__stdout__
    out.flush()
    return out.buffer.getvalue().decode() + err.getvalue()

loud = "explain", "a dog", "--loudness", "2"
found = {name: said(name, "-h") for name in ("explain", "compare", "corpus", "explore")}
found |= {"word": said(*loud[:3], "much"), "check": said(*loud[:3], "-1"), "manual": said("man")}
found |= {"title": said(*loud), "record": said(*loud, "--json"), "schema": said("schema", "explain")}
os.environ["ACCESSIBLE"] = "1"
found["sentences"] = said(*loud)
try:
    check_settings(loudness=-1)
except UsageError as error:
    found["python"] = str(error)
explanation = explain_with("a dog", check_settings(loudness=2), open_vectors())
state = State(Ask("a dog", check_settings(loudness=2)))
found["header"] = title_lines(View(state, explanation, Screen()), 120, 1)[0].plain
found["command"] = explain_command(state, explanation)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What a copy of the package says that has the line too."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(ROOT / "attncli", folder / "attncli", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "data").symlink_to(ROOT / "data")
    settings = folder / "attncli" / "settings" / "explanation.py"
    text = settings.read_text()
    assert text.count(BEFORE) == 1
    settings.write_text(text.replace(BEFORE, LINE + BEFORE))
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        *((name, "--loudness X") for name in ("explain", "compare", "corpus", "explore")),
        ("explain", "How loud words are.  [default: 1.0]"),
        ("manual", "\\fB\\-\\-loudness\\fR \\fIX\\fR"),
        ("word", "error: --loudness 'much': expected a number"),
        ("check", "error: --loudness -1.0: expected a number above 0"),
        ("python", "loudness=-1: expected a number above 0"),
        ("title", "loudness 2"),
        ("sentences", "loudness 2"),
        ("header", "loudness 2"),
        ("command", "--loudness 2"),
    ],
)
def test_a_made_up_option_is_everywhere(found, place, shown):
    assert shown in " ".join(found[place].split()) or shown in found[place]


def test_a_made_up_option_is_in_records_and_their_schema(found):
    assert json.loads(found["record"])["settings"]["loudness"] == 2
    settings = json.loads(found["schema"])["$defs"]["settings"]
    assert settings["properties"]["loudness"] == {"type": "number"}
    assert "loudness" in settings["required"]
