"""The picture and the table of .github/ARCHITECTURE.md, made by python tests/architecture.py.

The picture is a matrix: as many modules of the room at the left import the room above as the cell says. Imports go
down only, so that every number is to the right of the diagonal.
"""

import ast
from collections import Counter

from support.places import PACKAGE, ROOT
from test_architecture import MODULES, ROOMS, module_name, own_imports

PICTURE = ROOT / ".github" / "architecture.svg"
PAGE = ROOT / ".github" / "ARCHITECTURE.md"
GROUND = "the ground"
CELL, LEFT, TOP = 34, 104, 92  # pixels
STYLE = "font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-size: 13px"


def room_of(module):
    """The room of a module by its dotted name; the modules of the package root are the ground, or the two doors."""
    first = module.split(".")[0]
    if (PACKAGE / first).is_dir():
        return first
    return None if first.startswith("__") else GROUND


def rooms():
    """The rooms, upper ones first; the two doors `__init__` and `__main__` are left out."""
    found = [room_of(place) for line in ROOMS for place in line.split()]
    return [*dict.fromkeys(room for room in reversed(found) if room)]


def first_line(room):
    """What a room is, as its `__init__.py` says it."""
    if room == GROUND:
        return ", ".join(place for place in ROOMS[0].split())
    return (ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text())) or "").splitlines()[0]


def imports():
    """How many modules of a room import something of another room: (importing, imported) -> number."""
    pairs = {
        (name, room_of(other))
        for path in MODULES
        if room_of(name := module_name(path))
        for other in own_imports(path)
        if room_of(other)
    }
    counted = Counter((room_of(name), other) for name, other in pairs)
    return {pair: number for pair, number in counted.items() if pair[0] != pair[1]}


def square(x, y, look):
    return f'<rect x="{x + 1}" y="{y + 1}" width="{CELL - 2}" height="{CELL - 2}" {look}/>'


def architecture_svg():
    """The matrix as an SVG."""
    names = rooms()
    place = {name: number for number, name in enumerate(names)}
    found = imports()
    most = max(found.values())
    size = CELL * len(names)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + size + 60} {TOP + size + 12}" style="{STYLE}">',
        "<title>Which room imports which: the room at the left imports the room above</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for name, number in place.items():
        middle = CELL * number + CELL // 2
        parts += [
            f'<text x="{LEFT - 8}" y="{TOP + middle + 4}" text-anchor="end">{name}</text>',
            f'<text transform="translate({LEFT + middle + 4} {TOP - 8}) rotate(-60)">{name}</text>',
            square(LEFT + CELL * number, TOP + CELL * number, 'fill="#cfd3da"'),
        ]
    for (importing, imported), number in sorted(found.items()):
        x, y = LEFT + CELL * place[imported], TOP + CELL * place[importing]
        opacity = 0.15 + 0.85 * number / most
        ink = "#ffffff" if opacity > 0.5 else "#000000"
        parts += [
            square(x, y, f'fill="#00306f" fill-opacity="{opacity:.2f}"'),
            f'<text x="{x + CELL // 2}" y="{y + CELL // 2 + 4}" text-anchor="middle" fill="{ink}">{number}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def rooms_table():
    """A line a room, upper ones first."""
    rows = [f"| {room if room == GROUND else f'`{room}/`'} | {first_line(room)} |" for room in rooms()]
    return "\n".join(["| room | contents |", "|---|---|", *rows, ""])


def with_table(page):
    """The page with the table as it is now between its two marks."""
    before, mark, rest = page.partition("<!-- rooms -->\n")
    return before + mark + rooms_table() + rest[rest.index("<!-- end -->") :]


if __name__ == "__main__":
    PICTURE.write_text(architecture_svg())
    PAGE.write_text(with_table(PAGE.read_text()))
