"""The files of a model: its config, its files of arrays and its tokenizer, of a folder or of one GGUF file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from attncli.models.checkpoint.config import Config, read_config
from attncli.models.checkpoint.finding import name_of
from attncli.models.checkpoint.saying import Saying, ids_of, read_saying
from attncli.models.checkpoint.tensors import ArrayFile, array_files
from attncli.models.checkpoint.tokenizing import ModelTokenizer

#: The keys of a GGUF file's metadata that hold the tokens which end a text, and a turn of a conversation.
ENDS = ("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id")


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model, opened.

    path: the folder or the file; arrays: opens its files of arrays; tokenizer: makes it, for so many tokens and the
    class that its family has in transformers; saying: reads the rules for the tokens that it says; quantised: the types
    of its arrays if they are quantised.
    """

    name: str
    path: Path
    config: Config
    arrays: Callable[[], tuple[ArrayFile, ...]]
    tokenizer: Callable[[int, str | None], ModelTokenizer]
    saying: Callable[[], Saying]
    quantised: str | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why its numbers are others than those of the model that it was made from."""
        quantised = f"the weights are quantised: {self.quantised}; the model that it was made from has others"
        return (quantised,) if self.quantised else ()


def open_files(path: Path) -> ModelFiles:
    """The files of the model at a path that `find_model` found.

    Raises:
        ResourceError: files that are missing, damaged or of another kind.
    """
    if path.is_file():
        return _of_gguf(path)
    config = read_config(path)
    tokenizer = partial(ModelTokenizer, path, config.values)
    saying = partial(read_saying, path, config.values)
    return ModelFiles(name_of(path), path, config, partial(array_files, path), tokenizer, saying)


def _of_gguf(path: Path) -> ModelFiles:
    # Late: few models are GGUF.
    from attncli.files.gguf_file import GgufFile
    from attncli.models.checkpoint.gguf_arrays import GgufArrays, quantisation
    from attncli.models.checkpoint.gguf_config import read_metadata
    from attncli.models.checkpoint.gguf_tokenizing import MetadataTokenizer

    file = GgufFile(path)
    architecture, config = read_metadata(file)
    return ModelFiles(
        _name(path, file.metadata),
        path,
        config,
        lambda: (GgufArrays(file, architecture, config),),
        lambda rows, default_class: MetadataTokenizer(path, file.metadata),
        lambda: Saying(tuple(id for key in ENDS for id in ids_of(file.metadata.get(key)))),
        quantisation(file),
    )


def _name(path: Path, metadata: Mapping[str, Any]) -> str:
    """The name of a GGUF file's package, or its own; of Ollama's, which are named by their checksums, the model's."""
    own, given = name_of(path), metadata.get("general.name")
    return given[:60] if own.startswith("sha256") and isinstance(given, str) else own.removesuffix(".gguf")
