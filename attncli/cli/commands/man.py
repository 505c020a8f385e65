"""`attn man`: the manual page, made of the commands themselves."""

import sys

import typer

EXAMPLES = """attn man > attn.1
attn man | head -20"""


def command(context: typer.Context) -> None:
    """Print the manual page; it is read with `attn man | man -l -`."""
    from attncli.cli.manual import manual  # late: it walks all the commands
    from attncli.views.roff import filled

    for line in filled(manual(context.find_root().command)):
        typer.echo(line)
    if sys.stdout is not None and sys.stdout.isatty():
        from attncli.cli.output import say  # it brings Rich, which help need not wait for

        say("hint: this is the page's source; to read it: attn man | man -l -")
