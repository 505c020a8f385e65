"""Pairs of texts, from one file and from two, in every form: every line is a pair or has a reason."""

from contextlib import suppress

from attncli.corpus.lines import Reason
from attncli.corpus.pair_forms import COMPARED, TRANSLATIONS, PairForm
from attncli.corpus.pair_texts import blocks_of
from attncli.corpus.text_lines import open_lines
from attncli.errors import UsageError

FORMS = (TRANSLATIONS, COMPARED, PairForm(keys=("a", "b"), objects=True))
SEEDS = (
    b"the dog ||| le chien\na\tb\tc\n\n||| x\n",
    b"\xef\xbb\xbfa ||| b ||| 1-1\r\nc|||d",
    b"a ||| \xff\nb\t\n",
    b'{"a": "a dog", "b": "the cat"}\n{"a": "x"}\n{a}\t{b}\n[1]',
)


def seeds(folder):
    """Small files of each form."""
    yield from SEEDS


def read(folder, data):
    """Alone, beside itself, and beside a shorter one."""
    path, other = folder / "pairs.txt", folder / "targets.txt"
    path.write_bytes(data)
    other.write_bytes(data[: len(data) // 2])
    for form in FORMS:
        with open_lines(str(path)) as lines:
            _check(blocks_of(lines, form=form))
    with open_lines(str(path)) as lines, open_lines(str(path)) as targets:
        _check(blocks_of(lines, targets))
    with open_lines(str(path)) as lines, open_lines(str(other)) as targets, suppress(UsageError):
        _check(blocks_of(lines, targets))


def _check(blocks):
    for each in filter(None, blocks):
        for pair in each.pairs():
            assert isinstance(pair, Reason) or (len(pair) == 2 and all(text.strip() == text != "" for text in pair))
