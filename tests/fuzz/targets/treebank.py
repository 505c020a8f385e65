"""Treebanks: sentences in CoNLL-U, whose words stand in their texts one behind the other, or on one place."""

from itertools import pairwise

from support.treebanks import conllu

from attncli.corpus.treebank_file import read_treebank

FRENCH = conllu(
    "1\tIl\t2\tnsubj",
    "2\tva\t0\troot",
    "3-4\tau\t_\t_\tSpaceAfter=No",
    "3\tà\t2\tcase",
    "4\tle\t2\tdet",
    text="Il va au",
)
ENGLISH = conllu("1-2\tdon't", "1\tdo\t3\taux", "2\tn't\t3\tadvmod", "2.1\tx", "3\tgo\t0\troot\tSpaceAfter=No|X=1")


def seeds(folder):
    """Sentences with and without text, tokens of several words, an empty node, ends of Windows."""
    yield FRENCH.encode()
    yield f"\ufeff# newdoc\n{ENGLISH}{FRENCH}".encode()
    yield ENGLISH.replace("\n", "\r\n").encode()


def read(folder, data):
    """All of a file; what is malformed is named by a line of it in a short sentence."""
    path = folder / "treebank.conllu"
    path.write_bytes(data)
    skipped = []
    for sentence in read_treebank(str(path), skipped.append):
        words = sentence.words
        assert [word.head for word in words].count(0) == 1
        assert all(0 <= word.head <= len(words) and word.relation for word in words)
        assert all(0 <= word.start < word.end <= len(sentence.text) for word in words)
        places = [(word.start, word.end) for word in words]
        assert all(one == other or one[1] <= other[0] for one, other in pairwise(places))
    lines = data.count(b"\n") + 1
    assert all(1 <= each.line <= lines and "\n" not in each.reason and len(each.reason) < 250 for each in skipped)
