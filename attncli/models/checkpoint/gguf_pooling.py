"""The pooling that the metadata of a GGUF file names, as of embedding models that llama.cpp runs."""

from pathlib import Path

from attncli.errors import ResourceError, quoted
from attncli.files.gguf_file import GgufFile

#: llama.cpp's numbers (`enum llama_pooling_type`) → modes; None: it is not said. 4 is of rerankers, without vectors.
MODES = {None: None, -1: None, 0: None, 1: "mean", 2: "cls", 3: "lasttoken"}


def pooling_of(path: Path) -> str | None:
    """The mode of pooling; None where the file does not say.

    Raises:
        ResourceError: another number, or a damaged file.
    """
    metadata = GgufFile(path).metadata
    key = f"{metadata.get('general.architecture')}.pooling_type"
    found = metadata.get(key)
    if not (found is None or type(found) is int) or found not in MODES:
        expected = "expected 1 (mean), 2 (cls) or 3 (last token)"
        raise ResourceError(f"{key} in the metadata of {str(path)!r}: {expected}, got {quoted(found)}")
    return MODES[found]
