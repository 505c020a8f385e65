"""Names from files and folders are text on pages and figures: a hostile one adds no element and no attribute."""

import shutil
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from oracles.checkpoints import TINY
from support.command import attn

HOSTILE = ['"><img src=x onerror=alert(1)>', "<svg onload='alert(1)'>", "]]><b>&amp;", "<script>alert(1)", "{{7}}${7}`"]
VECTORS = b"the 1 0 2\ndog 0.5 1 0\nran 1 2 1\n"


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = Counter()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found[tag, *(name for name, _ in attributes)] += 1


def elements(path):
    """How often each element stands in a file."""
    if path.suffix == ".html":
        return Elements(path.read_text()).found
    return Counter((each.tag, *each.attrib) for each in ElementTree.parse(path).iter())


def written(folder, name, form, source):
    """A page or figure of a sentence under vectors or a model of this name."""
    folder.mkdir()
    if source == "vectors":
        (folder / f"{name}.txt").write_bytes(VECTORS)
        options = ["--vectors", f"./{name}.txt"]
    else:
        shutil.copytree(TINY / "bert", folder / name)
        options = ["--model", f"./{name}"]
    done = attn("explain", "the dog ran", *options, "-o", f"a.{form}", "-q", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / f"a.{form}"


@pytest.mark.parametrize("source", ["vectors", "model"])
@pytest.mark.parametrize("form", ["html", "svg", "screen.svg"])
def test_a_hostile_name_adds_nothing(form, source, tmp_path):
    plain = elements(written(tmp_path / "plain", "x" * 12, form, source))
    for number, name in enumerate(HOSTILE):
        found = elements(written(tmp_path / str(number), name, form, source))
        assert {*found} == {*plain}, name
        assert not any(attribute.startswith("on") for _, *attributes in found for attribute in attributes)


@pytest.mark.parametrize("source", ["vectors", "model"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_cannot_end_the_data_of_a_page(name, source, tmp_path):
    """The page's script element ends where it ended for a harmless name."""
    page = written(tmp_path / "a", name, "html", source).read_text()
    plain = written(tmp_path / "b", "x", "html", source).read_text()
    assert page.lower().count("</script") == plain.lower().count("</script")
    assert page.lower().count("<script") == plain.lower().count("<script")
