"""Folders that word vectors are named by: those of static vectors, and what others are."""

import os
import re
import shlex
from contextlib import suppress
from pathlib import Path

from attncli.errors import ResourceError
from attncli.files.folders import kind_of_folder
from attncli.files.safetensors_file import SafetensorsFile
from attncli.vectors.formats.refusal import SUPPORTED, refused

TENSORS = ("embeddings", "embedding.weight")  # as model2vec and as sentence-transformers call the matrix
#: Where the arrays of static vectors lie; their tokenizer.json is beside them.
PLACES = ("model.safetensors", os.path.join("0_StaticEmbedding", "model.safetensors"))
LICENCE = re.compile(r"^license:[ \t]*['\"]?([\w.+-]{1,60})", re.MULTILINE | re.ASCII)


def in_folder(path: str) -> str:
    """The file of the static vectors in the folder.

    Raises:
        ResourceError: it has none; the message says what it is instead.
    """
    for place in PLACES:
        file = os.path.join(path, place)
        if os.path.lexists(file) and any(name in SafetensorsFile(Path(file)).arrays for name in TENSORS):
            return file
    if os.path.lexists(os.path.join(path, "config.json")) or os.path.lexists(os.path.join(path, "modules.json")):
        raise refused(path, "is the folder of a model, and no word vectors", f"--model {shlex.quote(path)}")
    raise _refusal(path)


def licence_of(file: str) -> str | None:
    """The licence that the README.md of a folder of vectors names in its first lines, as Hugging Face has them."""
    for folder in (Path(file).parent, Path(file).parent.parent):
        with suppress(OSError, ValueError):
            if os.path.isfile(folder / "README.md"):
                with (folder / "README.md").open("rb") as card:
                    head = card.read(2**14).decode("utf-8", "replace")
                found = LICENCE.search(head.split("---", 2)[1]) if head.startswith("---") else None
                return found[1] if found else None
    return None


def _refusal(path: str) -> ResourceError:
    found = kind_of_folder(path)
    if found is None:
        return refused(path, "is a folder, and not a store of word vectors")
    kind, file = found
    of_use = kind.key in ("spacy", "gensim", "fasttext")
    return refused(path, f"is a folder that holds {kind.name}", kind.hint(path, file) if of_use else SUPPORTED)
