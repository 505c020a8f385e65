"""The plan of a run: its settings and texts, kept in its folder; --resume must ask for the same."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from attncli import __version__
from attncli.corpus.folder import PARTS, PLAN, SUMS, clear, locked_folder, whole_file
from attncli.corpus.inputs import Named
from attncli.corpus.opening import open_reader
from attncli.corpus.settings import VERSION, CorpusSettings
from attncli.errors import AttnError, ResourceError, Setting, UsageError, shortened

SCHEMA = "attn.corpus.plan"
MOST_NAMED, LONGEST = 4, 60  # differences, and characters of a value, in one line
OPTIONS = {"source.name": "--vectors", "source.model": "--model", "split": "--sentences", "table": "--format"}
CONTENT = {"source.checksum": "the content", "source.blocks": "the projections"}


def plan_of(settings: CorpusSettings, texts: Sequence[Named], limit: int | None) -> dict[str, Any]:
    """The settings with nothing left open, the texts as they are now, and the version."""
    plan = {
        "schema": SCHEMA,
        "schema_version": VERSION,
        "attn": __version__,
        "settings": asdict(replace(settings, attention=open_reader(settings).attention)),
        "limit": limit,
        "texts": [asdict(each) for each in texts],
    }
    as_read: dict[str, Any] = json.loads(json.dumps(plan))
    return as_read


@contextmanager
def begun(folder: Path, plan: Mapping[str, Any], resume: bool) -> Iterator[None]:
    """Hold the folder for the run of a plan; it goes away again where the run fails before there is a part.

    Raises:
        UsageError: the folder is not the run's, or was begun with another plan.
        ResourceError: its plan cannot be read.
        AttnError: another run writes there.
    """
    fresh = not folder.is_dir() or not any(folder.iterdir())
    with locked_folder(folder, resume):
        if (folder / PLAN).exists():
            _check_same(folder, plan)
        else:
            with whole_file(folder / PLAN) as file:
                file.write(json.dumps(plan, indent=1).encode() + b"\n")
        try:
            yield
        except (AttnError, OSError):
            if fresh and not any(path for name in (PARTS, SUMS) for path in (folder / name).glob("*")):
                clear(folder)
            raise


def _check_same(folder: Path, plan: Mapping[str, Any]) -> None:
    there = _read(folder)
    found = [*_differences(there, plan)]
    if found:
        more = f"; and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        raise UsageError(
            f"expected what the folder was begun with: {'; '.join(found[:MOST_NAMED])}{more}",
            ("ask for the same again, or name another folder: ", Setting("output", "DIR")),
            setting="output",
            value=str(folder),
        )


def _read(folder: Path) -> dict[str, Any]:
    try:
        with open(folder / PLAN, "rb") as file:
            plan = json.loads(file.read(2**26))
        if plan["schema"] == SCHEMA and isinstance(plan["settings"], dict) and isinstance(plan["texts"], list):
            return dict(plan)
    except (ValueError, KeyError, TypeError, RecursionError, OSError):
        pass
    raise ResourceError(f"{str(folder / PLAN)!r} is damaged", "begin anew in another folder: -o DIR")


def _differences(there: Mapping[str, Any], typed: Mapping[str, Any]) -> Iterator[str]:
    """Each in a few words."""
    if there.get("attn") != typed["attn"]:
        yield f"by attn {_shown(there.get('attn'))}, this is {typed['attn']}"
    old, new = _flat(there["settings"]), _flat(typed["settings"])
    old["limit"], new["limit"] = there.get("limit"), typed["limit"]
    source = any(old.get(name) != new.get(name) for name in ("source.name", "source.model"))
    differs = False  # other settings have other projections: those come last
    for name in sorted(old.keys() | new.keys(), key=lambda name: (name in CONTENT, name)):
        if old.get(name) == new.get(name):
            continue
        if name not in CONTENT:
            differs = True
            yield f"{_option(name)} {_shown(old.get(name))}, now {_shown(new.get(name))}"
        elif not source and not differs:
            attends = new.get("source.name") or new.get("source.model") or "the embedded set"
            yield f"{CONTENT[name]} of {_shown(attends)}, which changed"
    yield from _other_texts(there["texts"], typed["texts"])


def _other_texts(there: Sequence[Any], typed: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    old = [each.get("name") if isinstance(each, dict) else each for each in there]
    new = [each["name"] for each in typed]
    if old != new:
        yield f"text {_shown(old)}, now {_shown(new)}"
        return
    yield from (f"{now['name']!r} has changed" for was, now in zip(there, typed, strict=True) if was != now)


def _flat(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Settings by dotted names."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{before}{name}.") if isinstance(value, dict) and not before else {before + name: value}
    return flat


def _option(name: str) -> str:
    return OPTIONS.get(name) or "--" + _shown(name.rpartition(".")[2]).replace("_", "-")


def _shown(value: Any) -> str:
    """A value as it would be typed, cut where it is long."""
    if value is None or isinstance(value, bool):
        return {None: "not given", True: "on", False: "off"}[value]
    text = ",".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
    text = " ".join(text.encode("utf-8", "backslashreplace").decode().split())
    return shortened(text, LONGEST)
