"""Standard input as a file of the run's folder, so that its shards can be read by anyone, and again."""

import shutil
from pathlib import Path
from typing import BinaryIO

from attncli.corpus.parts import whole_file
from attncli.errors import UsageError

NAME = "standard-input.txt"


def spooled(stream: BinaryIO | None, folder: Path) -> str:
    """The path of what was read from the stream; a run that goes on takes what is there already.

    Raises:
        UsageError: there is no standard input.
    """
    path = folder / NAME
    if not path.exists():
        if stream is None:
            raise UsageError("there is no standard input", "pipe text, or name files")
        with whole_file(path) as file:
            shutil.copyfileobj(stream, file, 2**20)
    return str(path)
