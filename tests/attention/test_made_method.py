"""A method is one record in one file: a made-up seventh one is a module and a name in the list, and all else follows.

A package is laid out that is this one but for those two changes; one process in it runs the commands.
"""

import json
import os
import re
import subprocess
import sys

import jsonschema
import pytest
from support.places import PACKAGE, TESTS

from attncli.views.records.schemas import schema_of

NAMES = "settings/explanation.py"  # where the list is
MADE = '''
"""A bilinear form of low rank over a width, (qA)·(kB)/τ."""

import numpy as np

from attncli.attention.products import product
from attncli.attention.similarity import Divisor, Method, Parameter, unbroadcast
from attncli.attention.similarity.dot import dot, dot_backward


def made(query, key, *, made_a, made_b, made_tau, scale=None, out=None):
    """S = scale · qA (kB)ᵀ/τ."""
    return dot(product(query, made_a) / made_tau[..., None, None], product(key, made_b), scale=scale, out=out)


def made_backward(d_scores, query, key, *, made_a, made_b, made_tau, scale=None):
    """S = scale · qA (kB)ᵀ/τ, so dτ = −Σ dS S/τ; the rest is that of a dot product of qA/τ and kB."""
    tau = made_tau[..., None, None]  # [..., 1, 1]
    found = dot_backward(d_scores, query @ made_a / tau, key @ made_b, scale=scale)
    d_q, d_k = found["query"] / tau, found["key"]  # by qA and kB
    scores = made(query, key, made_a=made_a, made_b=made_b, made_tau=made_tau, scale=scale)
    return {
        "query": unbroadcast(d_q @ made_a.swapaxes(-1, -2), query),
        "key": unbroadcast(d_k @ made_b.swapaxes(-1, -2), key),
        "made_a": unbroadcast(query.swapaxes(-1, -2) @ d_q, made_a),
        "made_b": unbroadcast(key.swapaxes(-1, -2) @ d_k, made_b),
        "made_tau": unbroadcast(-(d_scores * scores).sum(axis=(-2, -1)) / made_tau, made_tau),
    }


def random(n_head, d_k, rng):
    return {name: rng.standard_normal((n_head, d_k, 2)) / d_k**0.5 for name in ("made_a", "made_b")}


def identity(n_head, d_k):
    return {name: np.broadcast_to(np.eye(d_k), (n_head, d_k, d_k)) for name in ("made_a", "made_b")}


METHOD = Method(
    "made",
    written="qA·kB",
    short="qA·kB",
    spoken="made form",
    score=made,
    backward=made_backward,
    divisor=Divisor(
        "τ",
        lambda _, parameters: parameters["made_tau"],
        undivided=lambda q, k, *, made_a, made_b, **_: dot(q @ made_a, k @ made_b),
    ),
    parameters={
        "made_a": Parameter(("d_k", "rank")),
        "made_b": Parameter(("d_k", "rank")),
        "made_tau": Parameter(untrained=lambda d_k: 1.5, least=0.1),
    },
    random=random,
    identity=identity,
)
'''
RUNS = {
    "help": "explain -h",
    "screen": "explain SENTENCE --method made --word dog",
    "spoken": "explain SENTENCE --method made --word dog",
    "page": "explain SENTENCE --method made --mode multihead --projections random -o PLACE/made.html",
    "json": "explain SENTENCE --method made --mode qkv --projections random --json --full",
    "identity": "explain SENTENCE --method made --mode multihead --projections identity --json",
    "file": "explain SENTENCE --method made --mode multihead --projections PLACE/heads.npz --json",
    "misfit": "explain SENTENCE --method made --projections PLACE/misfit.npz --json",
    "compare": "compare SENTENCE --against made --json",
    "schema": "schema explain",
    "schema of compare": "schema compare",
    "train": "train -h",
}
SCRIPT = """
import contextlib, io, json, os, sys
import numpy as np
from attncli.attention.similarity import method_of
from attncli.cli.app import run
from attncli.heads.file import write_heads
from attncli.heads.parameters import random_heads
from test_gradients import test_gradients_are_central_differences as check

place, runs = sys.argv[1], json.loads(sys.argv[2])
write_heads(place + "/heads.npz", random_heads(3, 200, 0))
np.savez(place + "/misfit.npz", made_a=np.ones((1, 200, 2)), made_b=np.ones((1, 200, 3)))
found = {}
for name, line in runs.items():
    words = [each.replace("SENTENCE", "the dog sees the cat").replace("PLACE", place) for each in line.split()]
    os.environ |= {"ACCESSIBLE": "1" if name == "spoken" else ""}
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        code = run(words)
    found[name] = [code, *(each.flush() or each.buffer.getvalue().decode() for each in streams)]
for name in ("w_q", "w_k", "of the method"):
    check("made", name)
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the runs return, print on standard output, and print on standard error; and the page."""
    root = tmp_path_factory.mktemp("made")
    package = lay_out(root)
    (package / "attention/similarity/made.py").write_text(MADE, encoding="utf-8")
    (package / NAMES).unlink()
    (package / NAMES).write_text(with_one_more_name((PACKAGE / NAMES).read_text(encoding="utf-8")), encoding="utf-8")
    path = os.pathsep.join(map(str, (root, TESTS, TESTS / "training")))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root), json.dumps(RUNS)],
        capture_output=True,
        encoding="utf-8",
        cwd=root,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "100"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"html": (root / "made.html").read_text(encoding="utf-8")}


def lay_out(root):
    """The package as links to its parts, but for the folders that change: those are folders of links."""
    package = root / "attncli"
    for folder in (".", "attention", "attention/similarity", "settings"):
        (package / folder).mkdir(exist_ok=True)
        for path in (PACKAGE / folder).iterdir():
            if path.name not in ("attention", "similarity", "settings", "__pycache__"):
                (package / folder / path.name).symlink_to(path)
    return package


def with_one_more_name(text):
    changed, times = re.subn(r"^(METHODS = \(.*)\)$", r'\1, "made")', text, flags=re.M)
    assert times == 1
    return changed


def test_it_is_among_the_options(found):
    for name in ("help", "train"):
        assert re.search(r"kernel\|\s*made", re.sub(r"[│\s]+", " ", found[name][1])), found[name]


def test_the_close_up_shows_its_formula_and_terms(found):
    code, out, _ = found["screen"]
    assert code == 0, found["screen"]
    assert "qA·kB / τ; the highest is dog with" in out.replace("\n", " ").replace("  ", "")
    assert re.search(r"key +qA·kB +score +weight", out)
    similarity, divisor, score = map(float, re.search(r"(-?[\d.]+) / (1\.5) = (-?[\d.]+)", out).groups())
    assert score == pytest.approx(similarity / divisor, abs=0.01)
    assert "A score is the made form of query and key divided by 1.5." in found["spoken"][1].replace("\n", " ")


def test_the_page_has_its_formula(found):
    assert found["page"][0] == 0
    assert '"formula":"qA·kB / τ"' in found["html"].replace('": "', '":"')


@pytest.mark.parametrize(("run", "schema"), [("json", "explain"), ("identity", "explain"), ("file", "explain")])
def test_its_json_keeps_to_the_schema_which_knows_it(found, run, schema):
    code, out, err = found[run]
    assert code == 0, err
    record = json.loads(out)
    jsonschema.validate(record, json.loads(found["schema"][1]))
    assert record["settings"]["method"] == "made"
    with pytest.raises(jsonschema.ValidationError, match="'made' is not one of"):
        jsonschema.validate(record, schema_of(schema))


def test_it_is_compared(found):
    record = json.loads(found["compare"][1])
    jsonschema.validate(record, json.loads(found["schema of compare"][1]))
    assert [each["method"] for each in record["methods"]] == ["scaled", "made"]
    assert record["methods"][1]["divergence"] > 0


def test_a_file_that_does_not_fit_it_is_refused(found):
    code, out, err = found["misfit"]
    assert (code, out) == (3, "")
    assert "made_b: expected shape [n_head = 1, d_k = 200, rank = 2], got [1, 200, 3]" in err
