"""The embedded sets are found from an installed wheel, from an editable install, and from a plain checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.places import ROOT

from attncli.cli.commands.example import FILES
from attncli.vectors.places import EMBEDDED_SETS

PAGE = ROOT / "attncli" / "views" / "page"
WHERE = """
from attncli import explain, open_vectors
for vectors in (open_vectors(), explain("吠叫很可愛,他是一只狗").source.vectors):
    print(vectors.words, vectors.folder)
"""
LARGEST = 30_000_000  # bytes of attn-world


def ask(*paths, cwd):
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONSAFEPATH": "1"}
    done = subprocess.run([sys.executable, "-c", WHERE], cwd=cwd, env=env, capture_output=True, text=True, check=True)
    usual, world = (Path(line.split(" ", 1)[1]) for line in done.stdout.splitlines())
    assert done.stdout.startswith("50000 ")
    assert (usual.name, world) == ("attn-en", usual.with_name("attn-world"))
    return usual.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    subprocess.run(command, check=True)
    return next(folder.glob("attncli-*.whl"))


def test_an_installed_wheel(wheel, tmp_path):
    target = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", target, wheel], check=True
    )
    assert ask(target, cwd=tmp_path) == target / "attncli" / "data"


def test_a_plain_checkout(tmp_path):
    assert ask(ROOT, cwd=tmp_path) == ROOT / "data"


def test_an_editable_install(tmp_path):
    assert ask(cwd=tmp_path) == ROOT / "data"


def test_the_wheel_holds_what_is_needed_and_no_more(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names, sizes = archive.namelist(), {each.filename: each.file_size for each in archive.infolist()}
    tops = {name.split("/")[0] for name in names}
    data = {next(top for top in tops if top.endswith(suffix)) for suffix in (".dist-info", ".data")}
    assert tops == {"attncli", *data}
    assert {"attncli/schemas/explain.json", "attncli/py.typed", "attncli/data/attn-en/vectors.npy"} <= set(names)
    assert {f"attncli/examples/{name}" for name in FILES.values()} <= set(names)
    assert {"attncli/data/attn-world/vectors.npy", "attncli/data/attn-world/parts/vectors.npy"} <= set(names)
    assert {path.name for path in PAGE.iterdir() if path.suffix in (".html", ".css", ".js")} <= {
        name.removeprefix("attncli/views/page/") for name in names
    }
    for licence in ("WordNet-3.0.txt", "NOTICE-world.txt"):
        assert any(name.endswith(licence) for name in names)
    for name in EMBEDDED_SETS:
        files = {str(path.relative_to(ROOT)) for path in (ROOT / "data" / name).rglob("*") if path.is_file()}
        assert files == {each.removeprefix("attncli/") for each in names if each.startswith(f"attncli/data/{name}/")}
    assert sum(size for name, size in sizes.items() if name.startswith("attncli/data/attn-world/")) <= LARGEST


def test_the_manual_page_is_installed_where_man_finds_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        page = next(name for name in archive.namelist() if name.endswith(".data/data/share/man/man1/attn.1"))
        assert archive.read(page) == (ROOT / "data" / "man" / "attn.1").read_bytes()
