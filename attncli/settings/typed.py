"""How settings are typed on the command line, and remarks that name them so."""

from attncli.errors import Setting, Subject, Words, quoted, worded

#: The settings that are not typed by their names.
TYPED = {"sentence": "the sentence", "output": "-o", "schema": "attn schema", "shell": "attn completion"}
#: Of the settings that are switched on and off: the option for each.
SWITCHES: dict[tuple[str, object], str] = {("exclude_self", False): "--include-self", ("bias", False): "--no-bias"}


def as_option(setting: Setting) -> str:
    """A setting as it is typed on the command line: `--top 0`, `--exclude-self`, `--word WORD`."""
    name, value = setting
    option = TYPED.get(name) or (name if name.startswith("-") else f"--{name.strip('_').replace('_', '-')}")
    if value is None or isinstance(value, bool):
        return SWITCHES.get((name, value), option)
    return f"{option} {quoted(value) if isinstance(setting, Subject) else value}"


class Remark(str):
    """A remark on a result that names settings as they are typed; `words` is for those who name them otherwise."""

    words: Words

    def __new__(cls, words: Words) -> "Remark":
        """The remark made of words and settings."""
        remark = super().__new__(cls, worded(words, as_option))
        remark.words = words.words if isinstance(words, Remark) else words
        return remark

    def after(self, start: str) -> "Remark":
        """The remark behind a beginning."""
        return Remark((start, *((self.words,) if isinstance(self.words, str) else self.words)))
