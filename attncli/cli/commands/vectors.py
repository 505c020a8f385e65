"""`attn vectors`: keep sets of word vectors, and find the nearest words in them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.cli.lazy import command_group, completion, options
from attncli.cli.options import DisplayOptions, JsonOption, input_option, json_field, output_option, vectors_field
from attncli.settings.option import Whole
from attncli.vectors.places import kept_names
from attncli.vectors.store.layout import DTYPES

if TYPE_CHECKING:
    from attncli.vectors import Vectors

USAGE = """\
attn vectors keeps sets of word vectors, and finds the nearest words in them.

  attn vectors list
  attn vectors near king

attn vectors --help lists the commands.
"""
EXAMPLE_WORDS = 10  # of a set, its first ones
#: How gensim reads a file of each ending.
READ_WITH = {
    ".bin": "KeyedVectors.load_word2vec_format({!r}, binary=True)",
    ".txt": "KeyedVectors.load_word2vec_format({!r})",
    ".vec": "KeyedVectors.load_word2vec_format({!r})",
    ".kv": "KeyedVectors.load({!r}, mmap='r')",
}

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A kept set (see: attn vectors list).", autocompletion=completion(kept_names)),
]
NameOrFile = Annotated[
    str, typer.Argument(metavar="NAME|FILE", help="A kept set or a file.", autocompletion=completion(kept_names))
]


@dataclass(frozen=True)
class NearOptions:
    """The words that are taken away, the set, and the length and form of the list."""

    minus: tuple[str, ...] = input_option((), "A word to take away; repeatable.", metavar="WORD", typed=list[str])
    vectors: str | None = vectors_field()
    top: int = output_option(10, "How many are shown.", check=Whole(1), metavar="K")
    json: bool = json_field()


@dataclass(frozen=True)
class AddOptions:
    """The name, the size and the numbers of the kept set."""

    name: str | None = input_option(None, "The name to keep it under", metavar="NAME", described="the file's")
    limit: int | None = input_option(None, "Only the first N words", check=Whole(1), metavar="N", described="all")
    dtype: str = input_option(
        "float32", "How the numbers are kept: float16 takes half the room, int8 a quarter.", values=tuple(DTYPES)
    )


@dataclass(frozen=True)
class PullOptions:
    """Whether a set is downloaded."""

    dry_run: bool = input_option(False, "Only say how large it is, and where.")


# NumPy comes with the imports inside the commands: help and completion must not wait for it.


@options(JsonOption, DisplayOptions)
def list_sets(form: JsonOption, display: DisplayOptions) -> None:
    """Show the sets that are kept."""
    from attncli.cli.writing import print_json, print_lines
    from attncli.vectors.keeping import listed
    from attncli.views.records.vectors_json import kept_json
    from attncli.views.terminal.vectors import kept_lines

    if form.json:
        print_json(map(kept_json, listed()))
    else:
        print_lines(lambda screen: kept_lines(listed(), screen), display)


@options(JsonOption, DisplayOptions)
def info(form: JsonOption, display: DisplayOptions, name: NameOrFile) -> None:
    """Show all that a set says of itself."""
    from attncli.cli.reading import opened_vectors
    from attncli.cli.writing import print_json, print_lines
    from attncli.vectors.keeping import kept_as
    from attncli.views.records.vectors_json import info_json
    from attncli.views.terminal.vectors import info_lines

    vectors = opened_vectors(name, display)
    kept, examples = kept_as(name, vectors), vectors.text(range(min(EXAMPLE_WORDS, vectors.words)))
    if form.json:
        print_json([info_json(kept, vectors, examples)])
    else:
        print_lines(lambda screen: info_lines(kept, vectors, examples, screen), display)


@options(NearOptions, DisplayOptions)
def near(
    own: NearOptions,
    display: DisplayOptions,
    words: Annotated[list[str], typer.Argument(metavar="WORD", help="The words; of several, their mean direction.")],
) -> None:
    """Show the nearest words by cosine."""
    from attncli.cli.reading import opened_vectors
    from attncli.cli.writing import print_json, print_lines
    from attncli.recipes.neighbourhood import neighbourhood
    from attncli.views.records.vectors_json import near_json
    from attncli.views.terminal.vectors import near_lines

    found = neighbourhood(words, own.minus, opened_vectors(own.vectors, display), own.top)
    if own.json:
        print_json([near_json(found)])
    else:
        print_lines(lambda screen: near_lines(found, screen), display)


@options(AddOptions, DisplayOptions)
def add(
    own: AddOptions,
    display: DisplayOptions,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file of word vectors.")],
) -> None:
    """Read a file of word vectors once and keep it."""
    from attncli.cli.progress import progressing
    from attncli.vectors import keeping

    with progressing(display) as progress:
        vectors = keeping.add(file, **vars(own), progress=progress)
    _say_kept(vectors, display)


@options(PullOptions, DisplayOptions)
def pull(
    own: PullOptions,
    display: DisplayOptions,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Its name in gensim-data, such as glove-wiki-gigaword-100.")
    ],
) -> None:
    """Download a set of gensim-data and keep it. No code that comes with it is run."""
    from attncli.cli.progress import progressing
    from attncli.cli.writing import print_lines
    from attncli.vectors import pulling
    from attncli.views.terminal.vectors import offer_lines

    if own.dry_run:
        offered = pulling.offer(name)
        print_lines(lambda screen: offer_lines(offered, screen), display)
        return
    with progressing(display) as progress:
        vectors = pulling.pull(name, progress)
    _say_kept(vectors, display)


@options(DisplayOptions)
def export(
    display: DisplayOptions,
    name: NameOrFile,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Its ending says how: .bin, .txt and .vec are word2vec's, .kv gensim's."),
    ],
) -> None:
    """Write a set as a file that gensim reads."""
    from attncli.cli.progress import progressing
    from attncli.cli.reading import opened_vectors
    from attncli.vectors import exporting
    from attncli.views.terminal.vectors import size

    vectors = opened_vectors(name, display)
    with progressing(display) as progress:
        files = exporting.export(vectors, file, progress)
    beside = f", and beside it {', '.join(path.name for path in files[1:])}" if files[1:] else ""
    total = size(sum(path.stat().st_size for path in files))
    then = f"read it: {READ_WITH[files[0].suffix.lower()].format(file)}"
    _say_done(f"wrote {files[0]}{beside}: {total}", display, then)


@options(DisplayOptions)
def verify(display: DisplayOptions, name: NameOrFile) -> None:
    """Read a whole set and hold it against its checksums."""
    from attncli.cli.progress import progressing
    from attncli.cli.reading import opened_vectors
    from attncli.vectors.store import verifying
    from attncli.views.terminal.vectors import form

    vectors = opened_vectors(name, display)
    with progressing(display) as progress:
        verifying.verify(vectors, progress)
    held = form(vectors.words, vectors.dimensions)
    _say_done(f"{name} is as it was written: {held}", display, f"sha256 {vectors.info.checksum}")


@options(DisplayOptions)
def remove(display: DisplayOptions, name: Name) -> None:
    """Remove a kept set."""
    from attncli.vectors import keeping, places
    from attncli.views.terminal.vectors import size

    freed = keeping.remove(name)
    left = places.kept_folder(name)
    then = f"{name} opens now an older set, read from a file of that name" if left else ""
    _say_done(f"removed {name}: {size(freed)} are free again", display, then)


def _say_done(text: str, options: DisplayOptions, then: str = "") -> None:
    """Print the result, and the next command."""
    from attncli.cli.writing import print_lines
    from attncli.views.terminal.vectors import done_lines

    print_lines(lambda screen: done_lines(text, screen, then), options)


def _say_kept(vectors: "Vectors", options: DisplayOptions) -> None:
    """Print the set that was kept, and how to use it; remarks about the set go to standard error."""
    from attncli.cli.reading import say_notes
    from attncli.vectors.keeping import kept_as
    from attncli.views.terminal.vectors import form, size

    say_notes(vectors, options)
    held = f"{form(vectors.words, vectors.dimensions)}, {size(kept_as(vectors.name, vectors).size)}"
    _say_done(f"kept as {vectors.name}: {held}", options, f'use it: attn explain "a sentence" --vectors {vectors.name}')


#: The commands in the order of the help: the function of each, and its examples.
COMMANDS = {
    "list": (list_sets, "attn vectors list\nattn vectors list --json"),
    "info": (info, "attn vectors info attn-en\nattn vectors info attn-en --json"),
    "near": (near, "attn vectors near king\nattn vectors near king woman --minus man --top 5"),
    "add": (
        add,
        "attn vectors add glove.6B.100d.txt\n"
        "attn vectors add glove.6B.100d.txt --name glove --limit 50000 --dtype float16",
    ),
    "pull": (
        pull,
        "attn vectors pull glove-wiki-gigaword-100 --dry-run\nattn vectors pull glove-wiki-gigaword-100",
    ),
    "export": (export, "attn vectors export attn-en attn-en.bin\nattn vectors export attn-en attn-en.kv"),
    "verify": (verify, "attn vectors verify attn-en\nattn vectors verify attn-en --quiet"),
    "remove": (remove, "attn vectors remove glove\nattn vectors remove glove --quiet"),
}

group = command_group(
    COMMANDS,
    USAGE,
    "Keep sets of word vectors, and find the nearest words in them.",
    "attn vectors list\nattn vectors near king woman --minus man",
)
