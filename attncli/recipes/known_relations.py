"""The relations of treebanks that heads were found to follow: kept by the identity of their model, and said of a head.

A file a model, in the folder `relations` of attn's own folder. Whatever keeps it from being read or written is passed
over: an explanation goes without.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any

from attncli.analysis.relations import DIRECTIONS, LOOKS
from attncli.errors import AttnError
from attncli.files.json_files import read_object
from attncli.files.replacing import replacing
from attncli.models.checkpoint.identity import identity_of
from attncli.models.checkpoint.places import relations_folder

MOST_KEPT, MOST_SAID, LONGEST = 1000, 3, 100  # relations of a model, of a head; characters of a name
KEY = "relations"


@dataclass(frozen=True)
class KnownRelation:
    """A relation of a treebank that a head follows more often than any fixed distance does.

    direction: which of the two does the looking (`analysis/relations.py: DIRECTIONS`). accuracy, baseline: shares of
    `count` pairs that the head was not chosen on.
    """

    treebank: str
    relation: str
    layer: int
    head: int
    direction: str
    accuracy: float
    baseline: float
    count: int

    @property
    def gain(self) -> float:
        """By how much the head is above the best fixed distance."""
        return self.accuracy - self.baseline


def known_relations(model: Path) -> tuple[KnownRelation, ...]:
    """The kept relations of the heads of the model in a folder or file, none where they cannot be read."""
    with suppress(OSError, AttnError):
        if path := _path(model):
            kept = read_object(path).get(KEY)
            found = map(_known, kept if isinstance(kept, list) else ())
            return tuple(each for each in found if each)[:MOST_KEPT]
    return ()


def keep_relations(
    model: Path, found: Sequence[KnownRelation], judged: Callable[[KnownRelation], bool] = lambda _: False
) -> None:
    """Keep relations, the latest first, instead of those that `judged` says were looked at once more."""
    before = [each for each in known_relations(model) if not judged(each)]
    kept = [asdict(each) for each in chain(found, before)][:MOST_KEPT]
    with suppress(OSError, AttnError):
        if (path := _path(model)) and (kept or path.is_file()):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(json.dumps({KEY: kept}).encode())


def relations_said(model: Path, layer: int, head: int) -> Iterator[str]:
    """Remarks on the relations of a head, those first that are furthest above the best fixed distance."""
    here = [each for each in known_relations(model) if (each.layer, each.head) == (layer, head)]
    best = sorted(here, key=lambda each: -each.gain)
    for each in best[:MOST_SAID]:
        share, fixed = (f"{share:.0%}" for share in (each.accuracy, each.baseline))
        pairs = f"{each.count:,} pair{'s' * (each.count != 1)}"
        looks = f"{LOOKS[each.direction]}, right in {share} of {pairs} (best fixed distance {fixed})"
        yield f"head {layer}.{head} in {each.treebank}, {each.relation}: {looks}"
    if rest := best[MOST_SAID:]:
        yield f"head {layer}.{head} has {len(rest)} more: {', '.join(each.relation for each in rest)}"


def _path(model: Path) -> Path | None:
    folder = relations_folder()
    return None if folder is None else folder / f"{identity_of(model)}.json"


def _known(kept: Any) -> KnownRelation | None:
    """The relation in a record; None where a value is of another type or range."""
    names = [each.name for each in fields(KnownRelation)]
    if not (isinstance(kept, Mapping) and kept.keys() >= {*names}):
        return None
    known = KnownRelation(**{name: kept[name] for name in names})
    texts, wholes = (known.treebank, known.relation), (known.layer, known.head, known.count)
    sound = (
        all(isinstance(each, str) and len(each) <= LONGEST for each in texts)
        and all(type(each) is int and 0 <= each < 2**31 for each in wholes)
        and all(type(each) in (float, int) and 0 <= each <= 1 for each in (known.accuracy, known.baseline))
        and known.direction in DIRECTIONS
    )
    return known if sound else None
