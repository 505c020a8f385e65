"""The keys, in one table: for the bindings, the footer, and the list under `?`."""

from dataclasses import dataclass

from attncli.errors import ExitCode, Setting, worded
from attncli.settings.wording import Remark


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
    Key(("right", "l", "down", "j"), "word(1)", "→ l ↓ j", "the next word becomes the query", "next"),
    Key(("left", "h", "up", "k"), "word(-1)", "← h ↑ k", "the word before", "back"),
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
    Key(("c",), "panel('steps')", "c", "close-up: similarity, softmax, weighted sum", "close-up"),
    Key(("v",), "ask('open')", "v", "other vectors, or a model", "vectors", "vectors"),
    Key(("s",), "ask('save')", "s", "save what is shown", "save", "output"),
    Key(("z",), "dense", "z", "the matrix without numbers, to see more of it"),
    Key(("r",), "scale", "r", "colours over 0 to 1, or up to the largest weight of each row", setting="color_scale"),
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
