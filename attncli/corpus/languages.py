"""The embedded set for a corpus: attn-en, or attn-world where attn-en has no word of most of the first lines."""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from attncli.corpus.folder import TEXT
from attncli.corpus.inputs import STANDARD_INPUT
from attncli.corpus.lines import LineForm, Reason
from attncli.corpus.text_lines import open_lines
from attncli.errors import AttnError
from attncli.recipes.inputs import has_words
from attncli.recipes.other_languages import read_by_world
from attncli.settings.explanation import Settings
from attncli.text.tokens import read_sentence
from attncli.vectors.catalogue import EmbeddedSets

LOOKED_AT = 50  # lines of a text, which cost some 20 ms
LONGEST = 1000  # characters of a line


def of_other_languages(texts: Sequence[str], settings: Settings, sets: EmbeddedSets) -> bool:
    """Whether attn-world has words of most of the texts, and attn-en has none of those."""
    return 2 * sum(_is_other(text, settings, sets) for text in texts) > len(texts)


def _is_other(text: str, settings: Settings, sets: EmbeddedSets) -> bool:
    read = read_sentence(text, sets.usual.find)
    return not has_words(read) and read_by_world([read], settings, sets) is not None


def first_texts(names: Sequence[str], folder: Path, stream: BinaryIO | None, form: LineForm) -> list[str]:
    """The first texts of the files, `-` for standard input or its copy in the run's folder; nothing is used up.

    A file that cannot be read has none: the run will say why.
    """
    each = (text[:LONGEST] for name in names for text in _texts(name, folder, stream, form))
    return list(islice(each, LOOKED_AT))


def _texts(name: str, folder: Path, stream: BinaryIO | None, form: LineForm) -> Iterator[str]:
    copy = folder / TEXT / STANDARD_INPUT
    with suppress(AttnError, OSError):
        lines = _waiting(stream) if name == "-" and not copy.is_file() else _lines(str(copy) if name == "-" else name)
        texts = (form.text_of(line.decode(errors="replace")) for line in lines)
        yield from (text for text in texts if not isinstance(text, Reason))


def _waiting(stream: BinaryIO | None) -> list[bytes]:
    """The lines that a stream has now, which stay in it; a cut one only if it is the first."""
    if not isinstance(stream, io.BufferedReader) or stream.isatty():
        return []
    lines = stream.peek().split(b"\n")
    return (lines[:-1] or lines)[:LOOKED_AT]


def _lines(path: str) -> list[bytes]:
    if not os.path.isfile(path):
        return []  # a named pipe can be read but once
    with open_lines(path) as lines:
        return lines.take(LOOKED_AT)
