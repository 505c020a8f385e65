"""The tour as a file: the same screens in text and on one offline page, which is whole or not there."""

import re
from html.parser import HTMLParser

import pytest
from rich.text import Text
from support.audit import violations
from support.chromium import needs_chromium
from support.command import attn
from support.places import TINY

from attncli import open_model, open_vectors
from attncli.tour import MODEL_SCREENS, OF_MODEL, OF_VECTORS, SCREENS
from attncli.tour.inks import Inks
from attncli.tour.of_model.model_tour import model_tour_of
from attncli.tour.offline import whole_page
from attncli.tour.page import screen_parts, tour_lines, try_command
from attncli.tour.tour import tour_of
from attncli.tour.whole import WholeTour
from attncli.views.screen import Screen

SENTENCE = "Bark is very cute and he is a dog"
HOSTILE = '<script>alert(1)</script> "onmouseover="x he </title><img src=http://x onerror=y> &amp; a dog'


class Page(HTMLParser):
    """The texts of the elements of a page by their classes, and every attribute."""

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.attributes += [(tag, *each) for each in attributes]
        if tag not in ("meta", "link", "br"):
            self.open.append(dict(attributes).get("class") or tag)

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        self.texts.append((tuple(self.open), data))

    def text_in(self, name):
        return "".join(data for inside, data in self.texts if name in inside)


SCRIPTS = "注意 1 0 1\nمهم 2 1 0\nकि 0 1 1\nнет 1 1 0\na 1 2 1\nπ 1 0 2\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Tours by what they show."""
    vectors = tour_of(SENTENCE, open_vectors())
    hostile = tour_of(HOSTILE, open_vectors())
    model = model_tour_of("the dog is very cute and he barks", open_model(str(TINY / "gpt2")))
    words = tmp_path_factory.mktemp("set") / "words.txt"
    words.write_text(SCRIPTS, encoding="utf-8")
    scripts = tour_of("注意 مهم مهم कि нет a", open_vectors(str(words)))
    return {
        "scripts": WholeTour(scripts, OF_VECTORS.numbers, "words.txt"),
        "vectors": WholeTour(vectors, OF_VECTORS.numbers),
        "hostile": WholeTour(hostile, range(1, 9), 'my "set".txt'),
        "model": WholeTour(model, OF_MODEL.numbers, "my-model"),
    }


@pytest.fixture(scope="module")
def pages(whole):
    return {name: whole_page(each) for name, each in whole.items()}


def _closed(text):
    """Without blanks, which a drawing may have other ones of, and without the isolates of other directions."""
    return re.sub(r"[\s\u2068\u2069]", "", text)


@pytest.mark.parametrize("name", ["vectors", "hostile", "model", "scripts"])
def test_a_page_has_what_the_screens_have(name, whole, pages):
    """Each drawing in both widths and in words, each paragraph once, and every command."""
    page, shown = Page(pages[name]), whole[name]
    tour = shown.tour
    drawn = {width: _closed(page.text_in(width)) for width in ("wide", "narrow", "spoken")}
    prose = _closed(page.text_in("section"))
    for number in shown.numbers:
        widths = {"wide": Screen(80, "truecolor"), "narrow": Screen(40, "truecolor")}
        for width, screen in widths.items():
            parts = screen_parts(tour, number, screen)
            lines = [line.plain for part in parts for line in part if line.plain and line.no_wrap is not False]
            assert lines
            assert all(_closed(line) in drawn[width] for line in lines)
        for part in screen_parts(tour, number, Screen(10**5, accessible=True)):
            assert all(_closed(line.plain) in drawn["spoken"] for line in part if line.no_wrap is not False)
        for part in screen_parts(tour, number, Screen(10**5)):
            assert all(_closed(line.plain) in prose for line in part if line.no_wrap is False)
        assert try_command(tour, number, shown.named) in page.text_in("code")


def test_sentences_beside_a_picture_flow_and_are_read_once(pages):
    page = Page(pages["vectors"])
    flowing = "".join(data for inside, data in page.texts if "p" in inside and "spoken" not in inside)
    assert "head 0 looks most at" in flowing
    assert "head 0 looks most at" not in page.text_in("drawn")


def test_the_contents_lead_to_every_screen(pages):
    for name, screens in (("vectors", SCREENS), ("model", MODEL_SCREENS)):
        page = Page(pages[name])
        links = [value for tag, key, value in page.attributes if (tag, key) == ("a", "href")]
        ids = {value for tag, key, value in page.attributes if (tag, key) == ("section", "id")}
        assert links == [f"#{each}" for each in screens]
        assert ids == {*screens}


def test_nothing_of_the_readers_becomes_markup(pages):
    page = Page(pages["hostile"])
    assert {key for _, key, _ in page.attributes} <= {
        *("lang", "charset", "http-equiv", "content", "name", "id", "dir", "class", "aria-label", "aria-labelledby"),
        *("href", "value", "aria-hidden"),
    }
    assert pages["hostile"].count("<script") == pages["vectors"].count("<script") == 1
    assert "<img" not in pages["hostile"]
    assert all(value.startswith("#") for _, key, value in page.attributes if key == "href")
    assert not re.search(r"url\(|@import", pages["hostile"])
    assert HOSTILE in page.text_in("header")


def test_colours_of_the_heat_are_those_of_the_terminal(whole, pages):
    classes = dict(re.findall(r"\.(i\d+)\{background:(#[0-9a-f]{6})", pages["vectors"]))
    drawn = {
        segment.style.bgcolor.get_truecolor().hex
        for number in whole["vectors"].numbers
        for part in screen_parts(whole["vectors"].tour, number, Screen(80, "truecolor"))
        for line in part
        for segment in line.spans
        if not isinstance(segment.style, str) and segment.style.bgcolor
    }
    assert drawn
    assert drawn <= {*classes.values()}
    used = re.findall(r'class="(i\d+)"', pages["vectors"])
    assert {*used} == {*re.findall(r"\.(i\d+)\{", pages["vectors"])}


def test_a_text_file_has_the_screens_of_a_pipe(tmp_path):
    done = attn("tour", SENTENCE, "-o", str(tmp_path / "tour.txt"), "--screen", "2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    lines = [line.plain.rstrip() for line in tour_lines(tour_of(SENTENCE, open_vectors()), 2, Screen(80))]
    assert (tmp_path / "tour.txt").read_text().splitlines() == lines


def test_a_picture_of_a_screen_is_written(tmp_path):
    assert attn("tour", SENTENCE, "-o", str(tmp_path / "tour.screen.svg"), "--screen", "mask").returncode == 0
    assert "softmax" in (tmp_path / "tour.screen.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "text", "code", "said"),
    [
        (["a dog", "-o", "tour.csv"], None, 2, ".txt, .html, .screen.svg"),
        (["a dog", "--format", "json"], None, 2, "json"),
        (["qwzxq zzyzzx", "-o", "tour.html"], None, 1, "qwzxq"),
        (["a dog", "-o", "no/folder/tour.html"], None, 1, "no/folder"),
        (["-", "-o", "tour.html", "--screen", "1"], "a dog\na cat\n", 2, "a .html holds one sentence"),
        (["a dog", "-o", "tour.html", "--model", "no-such"], None, 3, "no-such"),
    ],
)
def test_a_page_is_whole_or_the_old_one_stays(arguments, text, code, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tour.html").write_text("old")
    done = attn("tour", *arguments, **({} if text is None else {"text": text}))
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr.splitlines()[0]
    assert "FILE.json" not in done.stderr
    assert (tmp_path / "tour.html").read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["tour.html"]


def test_the_command_writes_a_page_of_a_model(tmp_path):
    done = attn("tour", "a dog", "--model", str(TINY / "bert"), "-o", str(tmp_path / "x.html"), "--screen", "sink")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    page = Page((tmp_path / "x.html").read_text())
    assert "A place to rest" in page.text_in("h2")
    assert page.text_in("h2").count(".") == 1


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("a 注意 b", 'a <span class="c4">注意</span> b'),
        ("مهم", '\u2068<span class="c3">مهم</span>\u2069'),
        ("e\u0301a", '<span class="c1">e\u0301</span>a'),
        ("нет √d <b>", "нет √d &lt;b&gt;"),
        ("👩\u200d🔬.", '<span class="c2">👩\u200d🔬</span>.'),
    ],
)
def test_letters_of_other_widths_keep_to_their_cells(text, markup):
    assert Inks().drawn(Text(text)) == markup


TOO_WIDE = """
return [...document.querySelectorAll("pre")].filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth).length
"""


# Words that do not take the room of their cells.
UNEVEN = """
return [...document.querySelectorAll("pre span")].filter((e) => {
  if (!e.offsetParent || !/^c\\d+$/.test(e.className)) return false;
  const zeros = document.createElement("span");
  zeros.textContent = "0".repeat(e.className.slice(1));
  e.closest("pre").append(zeros);
  const apart = Math.abs(zeros.getBoundingClientRect().width - e.getBoundingClientRect().width);
  zeros.remove();
  return apart > 0.5;
}).map((e) => e.textContent)
"""


@needs_chromium
@pytest.mark.parametrize("name", ["vectors", "model", "hostile", "scripts"])
def test_a_browser_shows_it_whole_on_desks_and_phones(name, pages, browser, tmp_path):
    (tmp_path / "tour.html").write_text(pages[name], encoding="utf-8")
    for width, scheme in ((1366, "light"), (390, "dark"), (320, "light")):
        browser.open(tmp_path / "tour.html", width=width, scheme=scheme)
        assert width == 320 or violations(browser) == [], (width, scheme)
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), width
        assert browser.run(TOO_WIDE) == 0, width
        assert browser.run(UNEVEN) == [], width
        shown = "wide" if width > 800 else "narrow"
        hidden = browser.run("return [...document.querySelectorAll('pre')].filter((e) => !e.offsetParent)")
        assert {each.get_attribute("class") for each in hidden} == {"wide", "narrow"} - {shown}
        assert browser.log("browser") == []
        assert {url.partition(":")[0] for url in browser.requests()} == {"file"}
    second = browser.all("nav a")[1]
    browser.run("arguments[0].click()", second)
    assert second.get_attribute("href").endswith(browser.run("return location.hash || 'none'"))
