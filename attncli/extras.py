"""Packages of the extras, imported where they are needed, and the command that installs missing ones."""

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from attncli.errors import ResourceError

#: A package's own name, and the extra that brings it.
EXTRAS = {
    "tokenizers": "transformers",
    "gguf": "gguf",
    "huggingface_hub": "hub",
    "matplotlib": "plot",
    "textual": "explore",
    "pyarrow": "parquet",
    "zstandard": "zstd",
    "distributed": "dask",
    "conllu": "treebank",
    "pandas": "pandas",
}


def package(module: str, what_for: str) -> Any:
    """The module `module`, of a package in EXTRAS; `what_for` needs it, as in "a model".

    Raises:
        ResourceError: its package is not installed; the hint is the command that brings it.
    """
    name = module.partition(".")[0]
    try:
        return import_module(module)
    except ImportError:
        command = install_command(*requirements(EXTRAS[name]))
        raise ResourceError(f"{what_for} needs the package {name}, which is not installed", command) from None


def requirements(extra: str) -> tuple[str, ...]:
    """The requirements of an extra: its packages with their bounds, as this installation declares them."""
    return tuple(_declared(extra)) or tuple(name for name, its in EXTRAS.items() if its == extra)


def uninstall_command(package: str) -> str:
    """The command that takes a package out of this interpreter."""
    return install_command(package).replace("pip install ", "pip uninstall ")


def install_command(*wanted: str) -> str:
    """The command that installs packages for this interpreter, which need not be that of `pip` on the path.

    Where this interpreter has no pip, uv installs from outside, and without uv pip is brought first.
    """
    import shlex  # these cost 30 ms, which only an error should
    import shutil
    from importlib import util

    python = shlex.quote(sys.executable or "python3")
    packages = " ".join(map(shlex.quote, wanted))
    if util.find_spec("pip"):
        return f"{python} -m pip install {packages}"
    if shutil.which("uv"):
        return f"uv pip install --python {python} {packages}"
    return f"{python} -m ensurepip && {python} -m pip install {packages}"


def _declared(extra: str) -> Iterator[str]:
    from importlib import metadata

    try:
        lines = metadata.requires("attncli") or []
    except metadata.PackageNotFoundError:  # run from a folder that nothing was installed from
        return
    for requirement, _, marker in (line.partition(";") for line in lines):
        if marker.replace('"', "'").split() == ["extra", "==", f"'{extra}'"]:
            yield requirement.strip()
