"""The names that `attn corpus` knows; without NumPy, so that help and completion stay fast."""

import re
from collections.abc import Sequence

from attncli.errors import Setting, UsageError
from attncli.settings.option import check_choice

#: The tables: each name is that of a module of `corpus/tables/` with its class.
COLLECT = ("context", "distance", "entropy", "heads", "weights")
TABLES = ("ndjson", "csv", "parquet")
#: A scheduler's: of TCP, or with encryption TLS.
ADDRESS = re.compile(r"((tcp|tls)://)?([^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]):(?P<port>[0-9]{1,5})")

PATIENCE = 10  # seconds for a scheduler to answer, and then for a worker to be there
KEPT = 20  # context words of a word, unless asked otherwise


def check_collected(setting: str, value: Sequence[str]) -> tuple[str, ...]:
    """Names of tables in a fixed order, of texts with commas between names.

    Raises:
        UsageError: an unknown name.
    """
    names = [part.strip() for each in value for part in each.split(",")]
    return tuple(dict.fromkeys(check_choice(setting, name, COLLECT) for name in sorted(names, key=_place)))


def check_words(setting: str, value: Sequence[str]) -> tuple[str, ...]:
    """Words, of texts with commas or blanks between words.

    Raises:
        UsageError: no word in them.
    """
    words = tuple(dict.fromkeys(word for each in value for word in each.replace(",", " ").split()))
    if not words:
        hint = ("for example ", Setting(setting, "bank,river"))
        raise UsageError("expected words with commas between them", hint, setting=setting, value=value[0])
    return words


def check_scheduler(setting: str, value: str) -> str:
    """The address of a Dask scheduler, or `local`.

    Raises:
        UsageError: it is neither.
    """
    found = ADDRESS.fullmatch(value)
    if value != "local" and not (found and int(found["port"]) < 2**16):
        hint = ("for example ", Setting(setting, "tcp://localhost:8786"))
        raise UsageError("expected local or tcp://HOST:PORT", hint, setting=setting, value=value)
    return value


def _place(name: str) -> int:
    return COLLECT.index(name) if name in COLLECT else -1
