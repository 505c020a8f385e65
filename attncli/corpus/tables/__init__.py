"""The tables of a corpus by name: each is one class in a module of its own, imported when it is collected."""

from collections.abc import Iterable
from importlib import import_module

from attncli.corpus.tables.table import Table


def table_class(name: str) -> type[Table]:
    """The class of a table of `settings.corpus.COLLECT`."""
    if name not in Table.classes:
        import_module(f"{__name__}.{name}")
    return Table.classes[name]


def table_classes(names: Iterable[str], per_text: bool | None = None) -> list[type[Table]]:
    """The classes of tables in the order given; only those that are written text by text, or only the others."""
    return [each for each in map(table_class, names) if per_text in (None, each.per_text)]
