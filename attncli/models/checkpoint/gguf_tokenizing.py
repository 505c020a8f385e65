"""The tokens of a GGUF model, whose tokenizer lies in the metadata of its file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attncli.errors import ResourceError
from attncli.models.checkpoint.tokenizing import ModelTokenizer
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.tokenizer.metadata import metadata_encoder


class MetadataTokenizer(ModelTokenizer):
    """The tokenizer of a file."""

    def __init__(self, path: Path, metadata: Mapping[str, Any]) -> None:
        """Make it of the file's metadata; ResourceError where they do not make one."""
        try:
            self._use(path, metadata_encoder(metadata))
        except FaultyTokenizerError as fault:
            raise ResourceError(f"cannot make the tokenizer of {str(path)!r}: {fault}") from None
