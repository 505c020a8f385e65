"""The keys on the screen: the footer, and the list behind `?`."""

from rich.style import Style
from rich.text import Text

from attncli.explore.keys import KEYS, Key
from attncli.explore.notes import remarked
from attncli.explore.scrolling import cut_to
from attncli.explore.view import View, clickable
from attncli.views.screen import Screen, cells, encodes
from attncli.views.terminal.heading import closing
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, wrap

FIRST = "?q→←em/c]}M+-avs"  # the footer's keys, most needed first
SETTINGS = ("method", "mode", "mask", "warmer", "colder")  # of attention over word vectors alone
GAP = 2  # cells between two of them
ARROWS = {"←": "Left", "→": "Right", "↑": "Up", "↓": "Down"}


def footer_lines(view: View, width: int, _height: int) -> list[Text]:
    """The keys that fit, in the order of the table, each to be clicked."""
    fitting: list[Key] = []
    used = -GAP
    for key in sorted(
        (each for each in KEYS if each.short and _useful(each, view)), key=lambda each: FIRST.index(each.shown[0])
    ):
        used += cells(_sign(key, view.screen)) + 1 + cells(key.short) + GAP
        if used <= width:
            fitting.append(key)
    text = Text(no_wrap=True)
    for key in (each for each in KEYS if each in fitting):
        what = clickable(action=key.action)
        text.append(" " * GAP if text else "")
        text.append(_sign(key, view.screen), Style(bold=True) + what)
        text.append(f" {key.short}", Style(dim=True) + what)
    return [text]


def _useful(key: Key, view: View) -> bool:
    """Whether it changes anything as things are: a model has its own settings, and there may be but one head."""
    if key.action in SETTINGS:
        return not view.of_model
    if key.action.startswith(("head", "layer")):
        return (view.n_head if key.action.startswith("head") else view.n_layer) > 1
    return True


def keys_lines(view: View, width: int, height: int) -> list[Text]:
    """The whole table, then every note; what does not fit is reached by scrolling."""
    screen = view.sized(width)
    signs = {key: " ".join(_spelled(each, screen) for each in key.shown.split()) for key in KEYS}
    column = max(map(cells, signs.values())) + 2
    lines = [Text(no_wrap=True).append("keys", BOLD).append("  ? or Esc goes back", DIM)]
    for key, sign in signs.items():
        lines += wrap([(f"{sign:<{column}}".replace(" ", GLUE), BOLD), (key.says, "")], screen.columns, column)
    lines += closing(remarked(view.part), (), screen)
    return cut_to(lines, view.state.rows, height)


def _sign(key: Key, screen: Screen) -> str:
    """The first of its names, as the screen can write it."""
    return _spelled(key.shown.split()[0], screen)


def _spelled(name: str, screen: Screen) -> str:
    return name if encodes(name, screen.encoding) else ARROWS.get(name, name)
