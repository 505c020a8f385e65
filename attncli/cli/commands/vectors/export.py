"""`attn vectors export`: a set in the formats of others."""

from typing import Annotated

import typer

from attncli.cli.commands.vectors.options import NameOrFile
from attncli.cli.grouping import options
from attncli.cli.options import AnswerOptions

EXAMPLES = """attn vectors export attn-en attn-en.bin
attn vectors export attn-en attn-en.kv"""


@options(AnswerOptions)
def command(
    answers: AnswerOptions,
    name: NameOrFile,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Its ending says how: .bin, .txt and .vec are word2vec's, .kv gensim's."),
    ],
) -> None:
    """Write a set as a file that gensim reads."""
    from attncli.cli.answer import opened, progressing  # NumPy comes with these: not for help
    from attncli.cli.commands.vectors.answer import done
    from attncli.vectors import exporting
    from attncli.views.terminal.vectors import size

    vectors = opened(name, answers)
    with progressing(answers) as progress:
        files = exporting.export(vectors, file, progress)
    beside = f", and beside it {', '.join(path.name for path in files[1:])}" if files[1:] else ""
    total = size(sum(path.stat().st_size for path in files))
    done(f"wrote {files[0]}{beside}: {total}", answers, f"read it: {READING[files[0].suffix.lower()].format(file)}")


READING = {
    ".bin": "KeyedVectors.load_word2vec_format({!r}, binary=True)",
    ".txt": "KeyedVectors.load_word2vec_format({!r})",
    ".vec": "KeyedVectors.load_word2vec_format({!r})",
    ".kv": "KeyedVectors.load({!r}, mmap='r')",
}
