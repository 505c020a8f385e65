"""An output format is one row: a made-up one, registered in FORMATS alone, works wherever formats do."""

import json
import subprocess
import sys
import textwrap

import pytest
from support.command import BARE

from attncli.recipes.explanation import Explanation
from attncli.views.formats import FORMATS, offered
from attncli.views.records.rows import explanation_rows

PROGRAM = """
    import json, sys, types
    from attncli.views.formats import FORMATS, Format

    made = types.ModuleType("attncli.views.made")
    made.explanation = lambda record: f"made of {record.sentence.text}"
    made.comparison = lambda record: f"made of {len(record.methods)} methods".encode()
    sys.modules["attncli.views.made"] = made
    FORMATS["made"] = Format("made", {"Explanation": "views.made:explanation", "Comparison": "views.made:comparison"})
    from attncli.cli.app import run
    for arguments in json.load(sys.stdin):
        print("=", run(arguments), file=sys.stderr)
"""


def made(tmp_path, *commands, **env):
    """The streams after these commands in a process that has the row."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        input=json.dumps(commands),
        cwd=tmp_path,
        env=BARE | {"COLUMNS": "200"} | env,
        capture_output=True,
        text=True,
    )
    return done.stdout, done.stderr


def test_a_format_is_one_row(tmp_path):
    out, errors = made(
        tmp_path,
        ["explain", "a dog", "-o", "x.made"],
        ["compare", "a dog", "--against", "dot", "--format", "made"],
        ["explain", "-h"],
        ["explain", "a dog", "-o", "x.unmade"],
        ["explain", "a dog", "--format", "unmade"],
        ["heads", "a dog", "--model", "m", "--format", "made"],
    )
    assert (tmp_path / "x.made").read_text() == "made of a dog"
    assert out.startswith("made of 2 methods")
    assert "|screen.svg|made" in out  # the help
    first, ending, value, heads = errors.split("error: ")
    assert first == "= 0\n= 0\n= 0\n"
    assert ".screen.svg, .made" in ending
    assert "screen.svg, made" in value
    assert "made" not in heads.partition("hint")[2]  # it has no view of ranked heads
    assert errors.count("= 2") == 3


def test_completion_offers_it(tmp_path):
    typed = "attn explain --format m"
    completing = {"_ATTN_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": "3"}
    assert made(tmp_path, [], **completing)[0].split()[0] == "made"


@pytest.mark.parametrize("name", FORMATS)
def test_every_view_of_a_row_exists(name):
    """A row names its views by text, so that no start imports them: each must be there."""
    for record in FORMATS[name].views:
        assert callable(FORMATS[name].view(type(record, (), {})))


def test_the_rows_say_which_records_they_show():
    assert [*offered("HeadRanking")] == ["txt", "json", "csv", "screen.svg"]
    assert [*offered("Explanation")] == [*offered("Comparison")] == [name for name in FORMATS if name != "parquet"]
    assert FORMATS["csv"].view(Explanation) is explanation_rows
