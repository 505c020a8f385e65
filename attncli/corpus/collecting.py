"""Sums over many sentences, one collector for each thing that can be asked; a part file holds their arrays."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import numpy as np

from attncli.arrays import Array
from attncli.corpus.seen import Seen, pairs_by_distance

Arrays = Mapping[str, Array]
BUFFERED = 2**20  # pairs held before equal ones are added up


class Collector(Protocol):
    """Adds up what is seen; `arrays` is what a part holds, and `merged` adds parts up."""

    def add(self, seen: Seen) -> None:
        """Some sentences of one length."""

    def arrays(self) -> Arrays:
        """The sums so far."""


class Pairs:
    """Words with their context words: how often, the sum of the weights and of their squares.

    A pair is one number, word · 2³² + context word; the arrays `code` (rising), `count`, `total`, `squares` are `[m]`.
    """

    def __init__(self, words: Array | None = None) -> None:
        self._words = words  # by number, rising; None: all
        self._held: list[tuple[Array, Array]] = []
        self._waiting = 0
        self._sums = _no_pairs()

    def add(self, seen: Seen) -> None:
        """Every word with its strongest keys."""
        b = len(seen.rows)
        others = np.take_along_axis(seen.rows, seen.keys.reshape(b, -1), axis=1).reshape(seen.keys.shape)  # [b, n, top]
        code = (seen.rows[..., None] << 32) | others
        there = seen.keys >= 0
        if self._words is not None:
            there &= np.isin(seen.rows, self._words)[..., None]
        every = there.all()
        code, weight = (each.ravel() if every else each[there] for each in (code, seen.weights))
        self._held.append((code, weight))
        self._waiting += len(code)
        if self._waiting > BUFFERED:
            self._add_up()

    def _add_up(self) -> None:
        if not self._waiting:
            return
        code, weight = (np.concatenate(each) for each in zip(*self._held, strict=True))
        self._sums = add_pairs([self._sums, _grouped(code, weight)])
        self._held, self._waiting = [], 0

    def arrays(self) -> Arrays:
        """`code`, `count`, `total`, `squares`, in the order of the codes."""
        self._add_up()
        return self._sums


def _no_pairs() -> Arrays:
    return {"code": np.empty(0, np.int64), **{name: np.empty(0) for name in ("count", "total", "squares")}}


def _grouped(code: Array, weight: Array) -> Arrays:
    """Pairs with their weights, equal ones added up, in the order of their codes; the order given changes nothing.

    Words of a set of up to 2¹⁶ leave room for the bits of the weight beside them: one sort of whole numbers, and no
    order to carry out. Bits of positive floats rise with them.
    """
    bits, wide = weight.astype(np.float32).view(np.uint32), bool((code & _WIDE).any())
    if wide:
        order = np.lexsort((bits, code))
        rising, weight = code[order], weight[order]
    else:
        narrow = (code >> 16 | code & 0xFFFF).astype(np.uint64)  # word · 2¹⁶ + context word
        packed = np.sort(narrow << np.uint64(32) | bits)
        rising, weight = packed >> np.uint64(32), packed.astype(np.uint32).view(np.float32)
    firsts, weight = _firsts(rising), weight.astype(np.float64)
    found = rising[firsts].astype(np.int64)
    return {
        "code": found if wide else found >> 16 << 32 | found & 0xFFFF,
        "count": np.diff(np.append(firsts, len(code))).astype(np.float64),
        "total": np.add.reduceat(weight, firsts),
        "squares": np.add.reduceat(weight * weight, firsts),
    }


_WIDE = 0x7FFF0000FFFF0000  # the bits of a code that words beyond 2¹⁶ use


def _firsts(rising: Array) -> Array:
    """Where a new number begins."""
    begins = np.ones(len(rising), dtype=bool)
    np.not_equal(rising[1:], rising[:-1], out=begins[1:])
    return np.flatnonzero(begins)


def add_pairs(parts: Iterable[Arrays]) -> Arrays:
    """Equal pairs added up, in the order of their codes."""
    given = list(parts)
    code = np.concatenate([each["code"] for each in given])
    if not len(code):
        return _no_pairs()
    order = np.argsort(code)
    code = code[order]
    firsts = _firsts(code)
    sums = {name: np.concatenate([each[name] for each in given])[order] for name in ("count", "total", "squares")}
    return {"code": code[firsts], **{name: np.add.reduceat(array, firsts) for name, array in sums.items()}}


class Distances:
    """Weight by distance: `weight` `[n_layer, n_head, 2·REACH + 2]`, and `pairs` `[2·REACH + 2]` of words."""

    def __init__(self) -> None:
        self._sums: dict[str, Array] = {}

    def add(self, seen: Seen) -> None:
        """Sums over all sentences."""
        pairs = len(seen.rows) * pairs_by_distance(seen.rows.shape[1])
        _add_to(self._sums, {"weight": seen.by_distance, "pairs": pairs.astype(np.float64)})

    def arrays(self) -> Arrays:
        """`weight` and `pairs`."""
        return self._sums


class Entropies:
    """Bits of a word's weights by the length of its text: `length` `[m]`, `texts` `[m]`; `rows`, `total`, `squares`.

    The last three are `[m, n_layer, n_head]`; words that see nothing are no rows.
    """

    def __init__(self) -> None:
        self._by_length: dict[int, dict[str, Array]] = {}

    def add(self, seen: Seen) -> None:
        """Sums over all words of the sentences, which are of one length."""
        bits = seen.entropy.reshape(*seen.entropy.shape[:2], -1).astype(np.float64)  # [n_layer, n_head, b·n]
        there = ~np.isnan(bits)
        bits = np.where(there, bits, 0)
        sums = {"texts": np.array(float(len(seen.rows))), "rows": there.sum(axis=-1).astype(np.float64)}
        sums |= {"total": bits.sum(axis=-1), "squares": (bits * bits).sum(axis=-1)}
        _add_to(self._by_length.setdefault(seen.rows.shape[1], {}), sums)

    def arrays(self) -> Arrays:
        """In the order of the lengths."""
        lengths = sorted(self._by_length)
        stacked = {
            name: np.array([self._by_length[n][name] for n in lengths])
            for name in ("texts", "rows", "total", "squares")
        }
        return {"length": np.array(lengths, np.int64), **stacked} if lengths else {}


class Kinds:
    """What each head does: `sums` `[n_layer, n_head, measures]` over `texts`; long texts are `left_out`."""

    def __init__(self) -> None:
        self._sums: dict[str, Array] = {"left_out": np.zeros(())}

    def add(self, seen: Seen) -> None:
        """The measures of each sentence."""
        if seen.heads is None:
            _add_to(self._sums, {"left_out": np.array(float(len(seen.rows)))})
            return
        sums = seen.heads.sum(axis=2, dtype=np.float64)  # [n_layer, n_head, measures]
        _add_to(self._sums, {"sums": sums, "texts": np.array(float(len(seen.rows)))})

    def arrays(self) -> Arrays:
        """`sums`, in the order of SUMMED, and `texts`, where there were any; `left_out`."""
        return self._sums


def _add_to(sums: dict[str, Array], more: Arrays) -> None:
    for name, array in more.items():
        sums[name] = sums[name] + array if name in sums else array


def add_up(parts: Iterable[Arrays]) -> Arrays:
    """Parts of Distances or Kinds as one."""
    sums: dict[str, Array] = {}
    for each in parts:
        _add_to(sums, each)
    return sums


def add_lengths(parts: Iterable[Arrays]) -> Arrays:
    """Parts of Entropies as one."""
    joined = Entropies()
    for part in parts:
        for place, n in enumerate(part.get("length", np.empty(0)).tolist()):
            sums = {name: part[name][place] for name in ("texts", "rows", "total", "squares")}
            _add_to(joined._by_length.setdefault(n, {}), sums)
    return joined.arrays()


MERGE: Mapping[str, Callable[[Iterable[Arrays]], Arrays]] = {
    "distance": add_up,
    "entropy": add_lengths,
    "heads": add_up,
}
