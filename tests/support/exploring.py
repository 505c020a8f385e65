"""Driving the explorer without a terminal: an app after some keys, and what then stood on its screen."""

import asyncio

from attncli.explore.app import Explorer
from attncli.explore.computing import Explainer
from attncli.explore.state import Ask, State
from attncli.settings.explanation import check_settings
from attncli.settings.model import check_model_settings
from attncli.views.screen import Screen

BARK = "Bark is very cute and he is a dog"
SIXTY = (
    "the quick brown fox jumps over a lazy dog and then he runs to the river bank where she sat with her old book about"
    " kings and queens of england who ruled long ago before the war came and took all of their gold away from the big"
    " castle on a green hill near our small town by the sea"
)


def explorer(
    sentence=BARK,
    *,
    model=None,
    choice=None,
    colours="truecolor",
    save=lambda *_: (),
    panel="matrix",
    query=0,
    **settings,
):
    """An app with its first question; choice: the settings of a model."""
    ask = Ask(sentence, check_settings(**settings), model=model, choice=check_model_settings(**(choice or {})))
    state = State(ask, query=query, panel=panel)
    return Explorer(state, Explainer(), Screen(80, colours), save, ("svg", "json"))


async def settled(pilot):
    """Wait until nothing is computed or written any more, and all of it is drawn."""
    app = pilot.app
    await pilot.pause()
    while list(app.workers):
        await app.workers.wait_for_complete()
        await pilot.pause()


def styled_lines_of(app):
    """The screen as lines of styled pieces."""
    return [list(strip) for strip in app.screen._compositor.render_strips()]


def lines_of(app):
    """The screen as text."""
    return ["".join(each.text for each in strip).rstrip() for strip in app.screen._compositor.render_strips()]


def drive(app, scenario, size=(80, 24), read=lines_of):
    """Run the coroutine function `scenario(pilot)` on the app; returns the lines it left on the screen."""

    async def run():
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            await scenario(pilot)
            await settled(pilot)
            return read(app)

    return asyncio.run(run())


def press(app, *keys, size=(80, 24), read=lines_of):
    """The lines on the screen after these keys, each answered before the next."""

    async def scenario(pilot):
        for key in keys:
            await pilot.press(key)
            await settled(pilot)

    return drive(app, scenario, size, read)
