"""The line that brings a missing extra: into this interpreter, the packages themselves, with the declared bounds."""

import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata, util

import pytest
from support.places import ROOT

from attncli import extras

DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def name_of(requirement):
    return requirement.partition(">=")[0].replace("-", "_")  # the name of its module


@pytest.mark.parametrize("extra", sorted(set(extras.EXTRAS.values())))
def test_the_packages_and_bounds_are_those_of_the_project_file(extra):
    assert sorted(extras.requirements(extra)) == sorted(DECLARED["optional-dependencies"][extra])


def test_every_package_stands_in_the_extra_that_is_said_to_bring_it():
    for package, extra in extras.EXTRAS.items():
        assert package in map(name_of, DECLARED["optional-dependencies"][extra])


def test_without_an_installation_the_packages_are_named_bare(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", absent)
    assert extras.requirements("transformers") == ("tokenizers",)


def test_the_command_is_one_that_this_interpreter_understands():
    command = shlex.split(extras.install_command("numpy>=2.0"))
    assert command == [sys.executable, "-m", "pip", "install", "numpy>=2.0"]
    done = subprocess.run([*command, "--dry-run", "--no-index", "-q"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("uv", "command"),
    [
        ("/usr/bin/uv", "uv pip install --python '/a b/python' 'x>=1'"),
        (None, "'/a b/python' -m ensurepip && '/a b/python' -m pip install 'x>=1'"),
    ],
)
def test_an_interpreter_without_pip(monkeypatch, uv, command):
    monkeypatch.setattr(sys, "executable", "/a b/python")
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: uv)
    assert extras.install_command("x>=1") == command
