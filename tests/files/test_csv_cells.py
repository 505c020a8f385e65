"""Text in CSV: guarded against spreadsheets, or given back exactly."""

import csv
import io
import sys
from types import SimpleNamespace

import pytest
from support.command import attn

from attncli.cli.options import OutputOptions
from attncli.cli.output import Sink
from attncli.cli.writing import write_each
from attncli.files.csv_cells import CsvWriter
from attncli.views.formats import FORMATS

FORMULAS = ["=1+1", '=HYPERLINK("http://x","y")', "@x", "+1", "-1", "-x", "\tx", "\rx", "\nx", "=1\n2", "＝1"]
HARMLESS = ["dog", "a=b", "1-2", "-", "=", "", "'x", "a,b", '"q"', "a\nb", " =1", "\x1b[31m", "注意"]


def read_back(rows, cells):
    stream = io.BytesIO()
    Sink(stream).rows([("text", "number"), *rows], cells=cells)
    return [row[1:] for row in csv.reader(io.StringIO(stream.getvalue().decode(), newline=""))][1:]


@pytest.mark.parametrize("text", FORMULAS + HARMLESS)
def test_formulas_are_guarded_and_exact_text_is_exact(text):
    assert read_back([(text, -1.5)], "exact") == [[text, "-1.5"]]
    assert read_back([(text, -1.5)], "guarded") == [[f"'{text}" if text in FORMULAS else text, "-1.5"]]


@pytest.mark.parametrize(("cells", "guard"), [("guarded", "'"), ("exact", "")])
def test_the_option_reaches_every_writer(tmp_path, capfd, monkeypatch, cells, guard):
    (tmp_path / "=1.txt").write_text("the dog and the cat\n")
    attn("corpus", "=1.txt", "--collect", "weights", "--format", "csv", "--csv", cells, "-o", "out", cwd=tmp_path)
    (part,) = (tmp_path / "out" / "weights").iterdir()
    with part.open(newline="") as file:
        assert {row["file"] for row in csv.DictReader(file)} == {f"{guard}=1.txt"}
    output = OutputOptions(format="csv", csv=cells)
    monkeypatch.setitem(FORMATS["csv"].views, "SimpleNamespace", "views.made:rows")
    monkeypatch.setitem(sys.modules, "attncli.views.made", SimpleNamespace(rows=lambda each: [["text"], [each.text]]))
    write_each("=1+1", lambda text: SimpleNamespace(text=text, sentences=()), FORMATS["csv"], output)
    assert capfd.readouterr().out == f'"sentence","text"\n0,"{guard}=1+1"\n'


@pytest.mark.parametrize("command", [["explain"], ["compare"], ["corpus", "a.txt"]])
def test_another_choice_is_refused(command):
    done = attn(*command, "--csv", "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'none'" in done.stderr


def test_numbers_stay_numbers():
    stream = io.StringIO()
    CsvWriter(stream).write([(-1, -0.5, None, "-1")])
    assert stream.getvalue() == '-1,-0.5,"","\'-1"\n'
