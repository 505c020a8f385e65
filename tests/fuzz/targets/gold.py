"""Files of gold links: both forms, and where they count from."""

from attncli.corpus.gold_file import read_gold

SEEDS = (b"1-1 2p3\n\n2-3 3-2\n", b"0-0\n1p2 2-1\r\n", b"0001 1 1 S\n0001 2 3 P 0.5\n0003 2 2\n", b"1 0 0\n1 1 2 P\n")


def seeds(folder):
    """Small files of each form."""
    yield from SEEDS


def read(folder, data):
    """With either base and without."""
    path = folder / "gold.txt"
    path.write_bytes(data)
    for base in (1, 0, None):
        found = read_gold(str(path), base)
        assert all(0 <= pair < found.pairs for pair in found.of_pair)
        assert all(each.sure <= each.possible and min(map(min, each.possible)) >= 0 for each in found.of_pair.values())
