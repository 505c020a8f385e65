"""The report of `attn --version --debug`: a fact a line, and nothing secret."""

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from attncli import __version__
from attncli.cli.terminal import detect_screen
from attncli.extras import EXTRAS
from attncli.vectors.places import embedded_sets, home, kept_names
from attncli.views.screen import visible

CORE = ("numpy", "gensim", "typer", "rich")
#: Environment variables that change the output.
VARIABLES = (
    *("TERM", "COLORTERM", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "ACCESSIBLE"),
    *("PYTHONIOENCODING", "LC_ALL", "LC_CTYPE", "LANG"),
)


def version_lines() -> Iterator[str]:
    """The facts, `name value`; no package is imported for them."""
    yield f"attn {__version__}"
    yield f"python {platform.python_version()} ({platform.python_implementation()})"
    yield f"platform {platform.platform()}"
    for name in CORE:
        yield f"{name} {_installed(name)}"
    for name, extra in EXTRAS.items():
        yield f"{name} {_installed(name)} (extra {extra})"
    yield from _terminal()
    yield from _vectors()


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _terminal() -> Iterator[str]:
    screen = detect_screen()
    kind = "a terminal" if sys.stdout is not None and sys.stdout.isatty() else "no terminal"
    colours = "no" if screen.colours == "none" else screen.colours
    yield f"output {kind}, {screen.width} columns, {colours} colours, {screen.encoding}"
    given = " ".join(f"{name}={os.environ[name]!r}" for name in VARIABLES if name in os.environ)
    yield f"variables {given or 'none of those that change the output'}"


def _vectors() -> Iterator[str]:
    root, chosen = home(), os.environ.get("ATTN_HOME")
    yield f"vectors {'nowhere: no home folder' if root is None else _short(root)}{' ($ATTN_HOME)' * bool(chosen)}"
    sets = embedded_sets()
    yield f"kept {len(kept_names()) - len(sets)} beside {', '.join(sets)}"
    for folder in sets.values():
        yield f"embedded {_short(folder)}{'' if folder.is_dir() else ', which is missing'}"


def _short(path: Path) -> str:
    """A path with ~ for the home folder, so that a report need not name its author."""
    try:
        return visible(str(Path("~") / path.relative_to(Path.home())))
    except (ValueError, RuntimeError):
        return visible(str(path))
