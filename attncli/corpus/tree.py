"""The tree of a merge: its leaves are the parts of shards, and its root is the sums of the whole text.

It depends on the shards alone. The parts of a node are cut by words, so that a step reads about as much wherever it is
in the tree. Nothing is removed while it grows: a full disk or a power cut costs the step that was being done.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.corpus.folder import PARTS, SUMS, remove_own
from attncli.corpus.merging import CheckTask, MergeTask
from attncli.corpus.pairs import END, cuts
from attncli.corpus.parts import Part, part_path
from attncli.corpus.settings import CorpusSettings
from attncli.corpus.tables import table_classes
from attncli.corpus.workers import Done, Lost, Workers
from attncli.errors import AttnError

FAN = 256  # nodes that become one: a step holds a block of each, and every level reads and writes most pairs once more
PAIRS = 2**25  # that a step reads, about
MERGED = re.compile(r"([0-9a-f]{32})-(\d{1,9})-(\d{1,9})\.npz")  # a node, one of its ranges of words, their number

Names = tuple[str, ...]


class Node(NamedTuple):
    """The sums of some shards, by the names of their parts, and the parts that the sums are in, words rising."""

    shards: Names
    parts: Names


def levels(shards: Sequence[str | None]) -> list[list[Names]]:
    """The nodes of each level between leaves and root, as the shards below each; None is a shard that was lost."""
    nodes: list[Names] = [(name,) if name else () for name in shards]
    found = []
    while len(nodes) > FAN:
        nodes = [tuple(chain.from_iterable(nodes[at : at + FAN])) for at in range(0, len(nodes), FAN)]
        found.append(nodes)
    return found


@dataclass
class Tree:
    """The tree of a run into a folder, grown by its workers; `report` gets how much of it there is, and in all.

    shards: the names of their parts in the order of the text, None for one that was lost: then the tree is not pruned,
    for another try. keep_leaves: the parts of shards stay. found: the parts of nodes that are there, by their shards.
    """

    folder: Path
    settings: CorpusSettings
    workers: Workers
    shards: list[str | None]
    keep_leaves: bool = False
    report: Callable[[int, int], None] = lambda grown, every: None
    found: dict[Names, Names] = field(default_factory=dict)

    @property
    def _root(self) -> Names:
        return (*filter(None, self.shards), f"kept {self.settings.kept}")

    def find(self) -> set[str]:
        """Find the nodes that an earlier run made; returns the shards below them."""
        nodes = {(PARTS, _digest(group)): group for level in levels(self.shards) for group in level}
        nodes[SUMS, _digest(self._root)] = self._root
        there = {key: names for place in (PARTS, SUMS) for key, names in self._complete(place) if key in nodes}
        checks = [self._check(place, name) for (place, _), names in there.items() for name in names]
        sound = {each.task.name for each in self.workers.run(checks) if isinstance(each, Done) and each.value}
        for (place, digest), names in there.items():
            if all(self._check(place, name).name in sound for name in names):
                self.found[nodes[place, digest]] = names
        return self._below_found()

    def _below_found(self) -> set[str]:
        """The shards below nodes that are there; no node is wanted there any more."""
        below = {*self._root} if self._root in self.found else set()
        for group in chain.from_iterable(reversed(levels(self.shards))):
            if group and group[0] in below:
                self.found.setdefault(group, ())
            elif group in self.found:
                below.update(group)
        return below

    def _check(self, place: str, name: str) -> CheckTask:
        return CheckTask(str(self.folder), self.settings, place, name)

    def _complete(self, place: str) -> Iterator[tuple[tuple[str, str], Names]]:
        """The nodes of which every part is there, by their digests."""
        there: dict[tuple[str, int], set[int]] = {}
        for path in (self.folder / place).iterdir():
            if match := MERGED.fullmatch(path.name):
                there.setdefault((match[1], int(match[3])), set()).add(int(match[2]))
        for (digest, count), numbers in there.items():
            if len(numbers) == count and numbers == {*range(count)}:
                yield (place, digest), _parts_of(digest, count)

    def lose(self, names: set[str]) -> None:
        """Leave out shards that no worker finished."""
        self.shards = [None if name in names else name for name in self.shards]

    def grow(self) -> list[Path]:
        """Make every node up to the root; returns the parts of that, words rising.

        Raises:
            ResourceError: a part is damaged.
            AttnError: no worker finished a step.
            OSError: a part cannot be written.
        """
        below = [Node((name,), (name,)) if name else Node((), ()) for name in self.shards]
        above = [] if self._root in self.found else levels(self.shards)
        grown, every = 0, len(below) + sum(map(len, above))
        for level in above:
            children = {group: below[at * FAN : (at + 1) * FAN] for at, group in enumerate(level) if group}
            self._grow(children, PARTS, grown, len(below), every)
            grown += len(below)
            below = [Node(group, self.found.get(group, ())) for group in level]
        self._grow({self._root: below}, SUMS, grown, len(below), every)
        return [part_path(self.folder, name, SUMS) for name in self.found[self._root]]

    def _grow(self, children: Mapping[Names, Sequence[Node]], place: str, grown: int, more: int, every: int) -> None:
        """Make nodes from those below them: `more` of a tree of `every` node, of which so many were grown before."""
        wanted = {group: nodes for group, nodes in children.items() if group not in self.found}
        steps = {group: [*self._steps(group, place, nodes)] for group, nodes in wanted.items()}
        groups = {step.output: group for group, each in steps.items() for step in each}
        left = Counter(groups.values())
        for done, each in enumerate(self.workers.run([*chain.from_iterable(steps.values())]), 1):
            if isinstance(each, Lost):
                raise AttnError(f"parts were not merged: {each.reason}", "try again: --resume, with fewer --jobs")
            group = groups[each.task.output]
            left[group] -= 1
            if not left[group]:
                self.found[group] = tuple(step.output for step in steps[group])
            self.report(grown + more * done // len(groups), every)

    def _steps(self, group: Names, place: str, nodes: Sequence[Node]) -> Iterator[MergeTask]:
        """The steps that make a node: one for each of its ranges of words."""
        begins = {name: self._begins(name) for node in nodes for name in node.parts}
        ranges, digest = cuts(begins.values(), PAIRS), _digest(group)
        for output, (low, high) in zip(_parts_of(digest, len(ranges)), ranges, strict=True):
            inputs = chain.from_iterable(_between(node.parts, begins, low, high) for node in nodes)
            yield MergeTask(str(self.folder), self.settings, tuple(inputs), low, high, place, output)

    def _begins(self, name: str) -> Array:
        part, tables = Part(part_path(self.folder, name)), table_classes(self.settings.collect, per_text=False)
        return np.concatenate([np.empty(0, np.int64), *map(part.begins, tables)])

    def prune(self) -> None:
        """Remove all parts but those of the root."""
        if None in self.shards:
            return
        leaves = set() if self.keep_leaves else {f"{name}.npz" for name in self.shards}
        root = {f"{name}.npz" for name in self.found[self._root]}
        remove_own(self.folder / PARTS, lambda name: name in leaves or MERGED.fullmatch(name))
        remove_own(self.folder / SUMS, lambda name: name not in root and MERGED.fullmatch(name))


def _digest(names: Names) -> str:
    return hashlib.blake2b("\n".join(names).encode(), digest_size=16).hexdigest()


def _parts_of(digest: str, count: int) -> Names:
    """The names of the parts of a node that is cut into so many ranges of words."""
    return tuple(f"{digest}-{number}-{count}" for number in range(count))


def _between(parts: Names, begins: Mapping[str, Array], low: int, high: int) -> list[str]:
    """Those parts of a node that may have pairs between two codes; what is not split by words is in the first."""
    starts = [0, *(int(begins[name][0]) if len(begins[name]) else END for name in parts[1:]), END]
    return [name for name, start, end in zip(parts, starts, starts[1:], strict=False) if start < high and end > low]
