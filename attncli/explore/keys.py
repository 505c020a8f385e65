"""The keys of the explorer: their table, the footer, and the list under `?`."""

from dataclasses import dataclass, replace

from rich.style import Style
from rich.text import Text

from attncli.errors import AttnError, ExitCode, Setting, worded
from attncli.explore.head_map import shows_map
from attncli.explore.view import Notice, View, clickable, cut_to
from attncli.recipes.explanation import Explanation
from attncli.settings.wording import Remark
from attncli.views.screen import Screen, cells, encodes
from attncli.views.terminal.heading import closing
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, wrap


@dataclass(frozen=True)
class Key:
    """Keys by Textual's names, their action in the app, how they are written, and their effect in words.

    `short` is its name in the footer; those without are listed under `?` alone. `setting` is what it sets.
    """

    keys: tuple[str, ...]
    action: str
    shown: str
    says: str
    short: str = ""
    setting: str = ""


INTERRUPTED = int(ExitCode.INTERRUPTED)
KEYS = (
    Key(("right", "l"), "move(0, 1)", "→ l", "the next word becomes the query; on the map the next head", "next"),
    Key(("left", "h"), "move(0, -1)", "← h", "the word before; on the map the head before", "back"),
    Key(("down", "j"), "move(1, 0)", "↓ j", "the next word; on the map the next layer"),
    Key(("up", "k"), "move(-1, 0)", "↑ k", "the word before; on the map the layer before"),
    Key(("pageup",), "word(-10)", "PgUp", "ten words back"),
    Key(("pagedown",), "word(10)", "PgDn", "ten words on"),
    Key(("home",), "word_at(0)", "Home", "the first word"),
    Key(("end",), "word_at(-1)", "End", "the last word"),
    Key(("slash",), "ask('find')", "/", "find a word and make it the query", "find", "word"),
    Key(("n",), "again(1)", "n", "the next word that was looked for"),
    Key(("N",), "again(-1)", "N", "the one before"),
    Key(("e",), "ask('edit')", "e", "edit the sentence; Enter takes it, Esc leaves it", "edit", "sentence"),
    Key(("m",), "method", "m", "the next method of similarity", "method", "method"),
    Key(("M",), "mode", "M", "the next mode: self, qkv, multihead", "mode", "mode"),
    Key(("a",), "mask", "a", "who sees all, who less: the next mask (none, causal, window:2)", "mask", "mask"),
    Key(("x",), "exclude_self", "x", "hide every word from itself, or show it again", setting="exclude_self"),
    Key(("plus", "equals_sign"), "warmer", "+", "a higher temperature: flatter weights", "flatter", "temperature"),
    Key(("minus",), "colder", "-", "a lower temperature: sharper weights", "sharper", "temperature"),
    Key(("0",), "temperate", "0", "temperature 1", setting="temperature"),
    Key(("right_square_bracket",), "head(1)", "]", "the next head; the mean comes before the first", "head", "head"),
    Key(("left_square_bracket",), "head(-1)", "[", "the head before"),
    Key(("right_curly_bracket",), "layer(1)", "}", "the next layer", "layer", "layer"),
    Key(("left_curly_bracket",), "layer(-1)", "{", "the layer before"),
    Key(("H",), "panel('heads')", "H", "the map of a model's heads, of which arrows choose one", "heads"),
    Key(("w",), "move_head", "w", "take this head of a model away, or put it back", "without", "without"),
    Key(("c",), "panel('steps')", "c", "close-up: similarity, softmax, weighted sum", "close-up"),
    Key(("v",), "ask('open')", "v", "other vectors, or a model", "vectors", "vectors"),
    Key(("s",), "ask('save')", "s", "save what is shown", "save", "output"),
    Key(("z",), "dense", "z", "the matrix without numbers, to see more of it"),
    Key(
        ("r",),
        "scale",
        "r",
        "the next scale of colours: auto, fixed, largest, …",
        setting="color_scale",
    ),
    Key(("greater_than_sign",), "columns(5)", ">", "columns further right"),
    Key(("less_than_sign",), "columns(-5)", "<", "columns further left"),
    Key(("escape",), "leave", "Esc", "leave a close-up or this list; cancel what takes long"),
    Key(("question_mark",), "panel('keys')", "?", "the keys, and all notes", "keys"),
    Key(("q",), "leave_with(0)", "q", "quit, and print the command that shows this again", "quit"),
    Key(("ctrl+c",), f"leave_with({INTERRUPTED})", "^C", f"quit with exit code {INTERRUPTED}"),
)


def by_key(setting: Setting) -> str:
    """A setting as the explorer names it: with the keys that change it, a switch by its key alone."""
    keys = " ".join(key.shown for key in KEYS if key.setting == setting.name)
    if keys and isinstance(setting.value, bool):
        return keys
    name = setting.name.strip("_").replace("_", " ")
    valued = name if setting.value is None else f"{name} {setting.value}"
    return f"{valued} (key{'s' * (' ' in keys)} {keys})" if keys else valued


def action_of(setting: str) -> str:
    """The action of a click on a setting: that of the last of its keys."""
    return next((key.action for key in reversed(KEYS) if key.setting == setting), "")


def with_keys(remark: str) -> str:
    """A remark with the keys for the settings that it names."""
    return worded(remark.words, by_key) if isinstance(remark, Remark) else remark


def remarked(explanation: Explanation) -> Explanation:
    """The explanation with remarks that name keys in place of options."""
    return replace(explanation, remarks=tuple(map(with_keys, explanation.remarks)))


FIRST = "?q→←em/cH]}M+-avsw"  # the footer's keys, most needed first
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
    if key.shown == "H":
        return shows_map(view)
    if key.action == "move_head":
        return view.of_model and not view.whole.source.combined
    if key.action.startswith(("head", "layer")):
        return (view.n_head if key.action.startswith("head") else view.n_layer) > 1
    return True


def keys_lines(view: View, width: int, height: int) -> list[Text]:
    """The whole table, then every note; lines that do not fit are reached by scrolling."""
    screen = view.sized(width)
    signs = {key: " ".join(_spelled(each, screen) for each in key.shown.split()) for key in KEYS}
    column = max(map(cells, signs.values())) + 2
    lines = [Text(no_wrap=True).append("keys", BOLD).append("  ? or Esc goes back", DIM)]
    for key, sign in signs.items():
        lines += wrap([(f"{sign:<{column}}".replace(" ", GLUE), BOLD), (key.says, "")], screen.columns, column)
    lines += closing(remarked(view.selection), (), screen)
    return cut_to(lines, view.state.rows, height)


def _sign(key: Key, screen: Screen) -> str:
    """The first of its names, as the screen can write it."""
    return _spelled(key.shown.split()[0], screen)


def _spelled(name: str, screen: Screen) -> str:
    return name if encodes(name, screen.encoding) else ARROWS.get(name, name)


def error_notice(error: AttnError) -> Notice:
    """An error in one line."""
    return Notice("; ".join(filter(None, error.in_words(by_key))), "error")
