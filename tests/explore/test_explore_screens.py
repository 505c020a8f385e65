"""Whole screens of the explorer, kept as text. Anew: PYTHONPATH=tests python tests/explore/test_explore_screens.py."""

import pytest
from support.exploring import BARK, SIXTY, explorer, press
from support.places import TESTS

FOLDER = TESTS / "golden"
TINY = str(TESTS / "oracles" / "tiny" / "bert")
SIZES = ((60, 20), (80, 24), (120, 40))
APPS = {
    "explore_bark": lambda: explorer(BARK, query=5),
    "explore_sixty": lambda: explorer(SIXTY, query=25, mode="multihead"),
    "explore_map": lambda: explorer(BARK, model=TINY, panel="heads", colours="none"),
    "explore_steps": lambda: explorer("She sat on the river bank 银行 🐕", query=4, panel="steps", mask=["causal"]),
}
CASES = [(name, size) for name in APPS for size in SIZES]


def screen(name, size):
    return "\n".join(press(APPS[name](), size=size)) + "\n"


def kept(name, size):
    return FOLDER / f"{name}_{size[0]}x{size[1]}.txt"


@pytest.mark.parametrize(("name", "size"), CASES)
def test_the_screen_is_as_kept(name, size):
    assert screen(name, size) == kept(name, size).read_text()


if __name__ == "__main__":
    for name, size in CASES:
        kept(name, size).write_text(screen(name, size))
