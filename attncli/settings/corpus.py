"""The names that `attn corpus` knows; without NumPy, so that help and completion stay fast."""

from collections.abc import Sequence

from attncli.settings.explanation import check_choice

#: The tables: each name is that of a module of `corpus/tables/` with its class.
COLLECT = ("context", "distance", "entropy", "heads", "weights")
TABLES = ("ndjson", "csv", "parquet")


def check_collected(asked: Sequence[str] | None) -> tuple[str, ...]:
    """What `--collect` names, in a fixed order; repeatable, and a list with commas will do.

    Raises:
        UsageError: an unknown name.
    """
    names = [part.strip() for each in asked or ["context,distance,entropy"] for part in each.split(",")]
    return tuple(dict.fromkeys(check_choice("collect", name, COLLECT) for name in sorted(names, key=_place)))


def _place(name: str) -> int:
    return COLLECT.index(name) if name in COLLECT else -1
