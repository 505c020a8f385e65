"""`attn explore`: the same as `attn explain`, full-screen, with every setting under a key."""

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.cli.lazy import options
from attncli.cli.options import (
    InputOptions,
    ModelOptions,
    OutputOptions,
    check_alone,
    color_field,
    debug_field,
    scale_field,
)
from attncli.errors import UsageError
from attncli.settings.explanation import AttentionOptions, CutOption, check_settings
from attncli.views.formats import offered

if TYPE_CHECKING:
    from attncli.explore.app import Explorer
    from attncli.explore.computing import Explainer
    from attncli.explore.state import Ask
    from attncli.recipes.explanation import Explanation
    from attncli.views.screen import Screen

EXAMPLES = """attn explore "Bark is very cute and he is a dog"
attn explore "He gave the dog a bone" --mode multihead --heads 3
attn explore "She sat on the river bank" --model my-model --without 1.1"""
PIPES = "attn explain writes the same to pipes and files"
Sentence = Annotated[
    str | None,
    typer.Argument(metavar="SENTENCE", show_default=False, help="What to begin with; left out: an example."),
]


@dataclass(frozen=True)
class ScreenOptions(CutOption):
    """Words that are cut apart, and the display of the screen."""

    color_scale: str = scale_field()
    color: str = color_field()
    debug: bool = debug_field()


@options(AttentionOptions, InputOptions, ModelOptions, ScreenOptions, changing=True)
def command(
    attention: AttentionOptions,
    inputs: InputOptions,
    model: ModelOptions,
    screen: ScreenOptions,
    context: typer.Context,
    sentence: Sentence = None,
) -> None:
    """Explore attention full-screen: move through the words, change settings, and see what follows at once."""
    check_alone(context, model)
    _check_terminal(sentence)
    from attncli.extras import package

    package("textual", "attn explore")
    from attncli.cli.reading import EXAMPLE

    text = EXAMPLE.sentence if sentence is None else sentence
    app = _explorer(_ask(text, attention, inputs, model, screen.cut), _screen(screen))
    raise typer.Exit(_run(app))


def _check_terminal(sentence: str | None) -> None:
    """Check that the screen can be drawn on, and is not read by a screen reader.

    Raises:
        UsageError: the screen does not fit; the hint is the command that works there.
    """
    if sentence == "-":
        raise UsageError("attn explore takes one sentence, not standard input", "attn explain - reads one a line")
    # Standard error too: what is drawn goes there, so that standard output is free for the command at the end.
    for name, stream in (("input", sys.stdin), ("output", sys.stdout), ("error", sys.stderr)):
        if stream is None or not stream.isatty():
            raise UsageError(f"attn explore: expected a terminal as standard {name}", PIPES)
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        raise UsageError(f"attn explore cannot draw on a terminal with TERM={os.environ.get('TERM', '')}", PIPES)
    if os.environ.get("ACCESSIBLE", "") not in ("", "0", "false"):
        hint = "attn explain --word WORD says the same in plain sentences"
        raise UsageError("attn explore is a full screen, which ACCESSIBLE=1 says not to draw", hint)


def _screen(options: ScreenOptions) -> "Screen":
    from attncli.cli.terminal import detect_screen

    return detect_screen(options.color, scale=options.color_scale)


def _explorer(ask: "Ask", screen: "Screen") -> "Explorer":
    """The app with its first question, whose mistakes are errors of the command."""
    from attncli.explore.app import Explorer
    from attncli.explore.computing import Explainer
    from attncli.explore.state import State

    explainer = Explainer()
    _open(ask, explainer)
    endings = _pictures_first([*offered("Explanation")])
    return Explorer(State(ask), explainer, screen, _save, endings)


def _ask(
    sentence: str, attention: AttentionOptions, inputs: InputOptions, model: ModelOptions, cut: tuple[str, ...]
) -> "Ask":
    from attncli.cli.reading import model_settings_of
    from attncli.explore.state import Ask

    settings = check_settings(**vars(attention), unknown=inputs.unknown, cut=cut)
    return Ask(sentence, settings, inputs.vectors, model.model, model_settings_of(model, cut=cut))


def _open(ask: "Ask", explainer: "Explainer") -> None:
    """Vectors explain the sentence at once; a model is opened, and runs before the eyes of the user."""
    from attncli.cli.reading import opened_model, opened_sets

    if ask.model is not None:
        from attncli.recipes.changes import check_ablated
        from attncli.recipes.model_input import read_input

        check_ablated(ask.choice)
        model = opened_model(ask.model)
        read_input(ask.sentence, model, ask.choice)
        explainer.keep({}, {ask.model: model})
        return
    explainer.keep({ask.vectors: opened_sets(ask.vectors, OutputOptions())}, {})
    explainer.explain(ask)


def _save(explanation: "Explanation", path: str, scale: str) -> list[str]:
    """Write a file as `attn explain -o` does; returns remarks about it."""
    from attncli.cli.writing import save

    output = OutputOptions(output=path, color_scale=scale)
    return save(explanation, output)


def _pictures_first(formats: list[str]) -> list[str]:
    order = ("svg", "png", "pdf", "html", "screen.svg")
    return sorted(formats, key=lambda each: order.index(each) if each in order else len(order))


def _run(app: "Explorer") -> int:
    """Run the app, and then print the command that shows the view again, also after a fault."""
    from attncli.explore.command_line import explain_command
    from attncli.explore.running import run

    try:
        return run(app)
    finally:
        if app.view is not None:
            typer.echo(explain_command(app.view.state, app.view.whole, app.drawn_on.scale))
