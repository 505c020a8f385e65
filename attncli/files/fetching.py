"""The command that downloads a model's files, or downloads them again. attn itself downloads nothing."""

import os
import shlex
import shutil
import sysconfig
from itertools import pairwise
from pathlib import Path

from attncli.extras import install_command

MODELS = "models--"  # how a model's folder in a Hugging Face cache begins


def download_command(name: str, again: bool = False) -> str:
    """The command that fetches the model `name`, such as org/name, into the Hugging Face cache.

    `hf` has its path if it is not on PATH; the command that installs it comes first if it is not there. `again`: also
    files that are there already, which may be damaged.
    """
    hf = "hf" if shutil.which("hf") else os.path.join(sysconfig.get_path("scripts"), "hf")
    known = hf == "hf" or os.path.isfile(hf)
    download = f"{shlex.quote(hf)} download {name}{' --force-download' if again else ''}"
    return download if known else f"{install_command('huggingface_hub')} && {download}"


def fetch_again(path: Path) -> str:
    """The command that fetches the file at `path`, or the rest of its folder, again."""
    name = cached_name(path)
    if name:
        return f"{download_command(name, again=True)} gets it again"
    clone = next((str(folder) for folder in path.absolute().parents if (folder / ".git").exists()), None)
    if clone:
        return f"git -C {shlex.quote(clone)} lfs pull gets the files of a clone"
    return "copy the whole folder again from its source"


def cached_name(path: Path) -> str | None:
    """`org/name` of a path inside a Hugging Face cache."""
    parts = path.absolute().parts
    found = [part for part, below in pairwise(parts) if below in ("snapshots", "blobs")]
    named = [part for part in found if part.startswith(MODELS)]
    return named[-1].removeprefix(MODELS).replace("--", "/", 1) if named else None
