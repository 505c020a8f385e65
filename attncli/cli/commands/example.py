"""`attn example`: a text to try the commands on, which comes along with attn."""

from importlib.resources import files
from typing import Annotated

import typer

from attncli.cli.lazy import completion
from attncli.settings.option import check_choice

EXAMPLES = """attn example > my-text.txt
attn example pairs > pairs.tsv
attn example treebank > en.conllu"""
#: The file of each example, under attncli/examples/.
FILES = {"text": "text.txt", "pairs": "pairs.tsv", "treebank": "treebank.conllu"}


def command(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="[" + "|".join(FILES) + "]",
            help="A text of a sentence a line; English lines with their German ones; sentences of CoNLL-U.",
            autocompletion=completion(tuple(FILES)),
        ),
    ] = "text",
) -> None:
    """Print a text to try the commands on: attn example > my-text.txt."""
    name = FILES[check_choice("example", kind, tuple(FILES))]
    from attncli.cli.output import open_sink  # it brings Rich, which help need not wait for

    with open_sink(None) as sink:
        sink.text(files("attncli").joinpath("examples", name).read_text(encoding="utf-8"))
