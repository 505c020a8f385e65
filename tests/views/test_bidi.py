"""Right-to-left words: where text is set from right to left (UAX #9), each number still stands at its word."""

import re

import pytest
from bidi import get_display
from rich.text import Text
from support.chromium import needs_chromium
from support.command import attn, on_terminal
from support.exploring import press
from test_views_pages import explained

from attncli import Explanation, explain
from attncli.explore.app import Explorer
from attncli.explore.computing import Explainer
from attncli.explore.state import Ask, State
from attncli.settings.explanation import check_settings
from attncli.views.formats import FORMATS
from attncli.views.screen import Screen, cells
from attncli.views.terminal.bidi import isolated, isolated_line
from attncli.views.terminal.explain import explain_lines
from attncli.views.terminal.screen_svg import CELL, screen_svg

WORDS = "שלום dog مرحبا كلب 注意 ไทย cafe\u0301 קט א cat"
RIGHT = re.compile("[^ ]*[\u0590-\u08ff][^ ]*(?: [^ ]*[\u0590-\u08ff][^ ]*)*")
ISOLATES = re.compile("[\u2066-\u2069]")


def moved(shown):
    """What a terminal that sets words from right to left shows elsewhere than attn put it, those words apart."""
    seen = ISOLATES.sub("", get_display(shown, base_dir="L"))
    meant = ISOLATES.sub("", shown)
    place = {i for match in RIGHT.finditer(meant) for i in range(*match.span())}
    return [(meant[i], seen[i]) for i in range(len(meant)) if i not in place and meant[i] != seen[i]]


@pytest.fixture
def vectors_file(write):
    rows = (f"{word} {i} {7 - i} 1\n" for i, word in enumerate(WORDS.split()))
    return str(write("".join(rows).encode(), "عربي.txt"))


@pytest.mark.parametrize(
    "command",
    [
        ["explain", WORDS],
        ["explain", WORDS, "--word", "0", "--unknown", "skip"],
        ["explain", f"{WORDS} كتاب בית 123"],
        ["compare", WORDS, "--against", "cosine"],
        ["vectors", "near", "كلب", "--top", "9"],
        *(["tour", WORDS, "--screen", str(screen)] for screen in (1, 2, 3, 5)),
        ["explain", WORDS, "--word", "9", "--memory", WORDS],
        ["align", WORDS, WORDS, "--links", "grow-diag-final"],
        ["similar", WORDS, WORDS, "--leave-one-out"],
    ],
)
def test_on_a_terminal_each_number_stands_at_its_word(command, vectors_file):
    command = [*command, "--vectors", vectors_file]
    plain = {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"}
    shown = on_terminal(*command, env=plain).replace("\r\n", "\n")
    piped = attn(*command, env=plain | {"FORCE_COLOR": ""})
    assert not [line for line in shown.splitlines() if moved(line)]
    assert [line for line in piped.stdout.splitlines() if moved(line)]  # without isolates they would
    assert not ISOLATES.search(piped.stdout + piped.stderr)
    if command[0] != "explain" or "--word" in command:  # a terminal has the first screen of the page
        assert set(piped.stdout.splitlines()) <= set(ISOLATES.sub("", shown).splitlines())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("dog 0.5", "dog 0.5"),
        ("  שלום 0.5  כלב 1", "  <שלום> 0.5  <כלב> 1"),
        ("say שלום עולם twice", "say <שלום עולם> twice"),
        ("שלום  עולם", "<שלום>  <עולם>"),
        ("“שלום”, (עולם): x", "“<שלום>”, (<עולם>): x"),
        ("שלום dog עולם: 2", "<שלום> dog <עולם>: 2"),
        ("שלום, עולם", "<שלום, עולם>"),
        ("2 שלום[2] [قال?] قا…", "2 <שלום[2] [قال?] قا…>"),
        ("a/ب.txt ١٢", "<a/ب.txt ١٢>"),
    ],
)
def test_isolates_stand_around_words_and_phrases(text, shown):
    marked = shown.replace("<", "\u2068").replace(">", "\u2069")
    assert isolated(text) == marked
    line = Text(text)
    line.stylize("bold", 2, 5)
    assert isolated_line(line).plain == marked
    bold = [ISOLATES.sub("", isolated_line(line).plain[a:b]) for a, b, _ in isolated_line(line).spans]
    assert "".join(bold) == text[2:5]


def test_notes_of_a_page_are_sentences_from_left_to_right(vectors):
    page = FORMATS["html"].view(Explanation)(explain("a dog כלב <b>שלום\u2068", vectors), "auto")
    (notes,) = re.findall('<ul id="notes"[^>]*>(.*?)</ul>', page, re.S)
    unknown = "<bdi>[כלב?]</bdi> is not in attn-en", "<bdi>[שלום?]</bdi> is not in"
    assert notes.count("<li ") == notes.count('<li dir="ltr">') > 0
    assert [each for each in unknown if each not in notes] == []
    assert "\u2068" not in notes


def test_in_the_explorer_each_word_stays_in_its_cells(vectors_file):
    state = State(Ask(WORDS, check_settings(), vectors_file))
    screens = (Screen(80, "truecolor", reorders=reorders) for reorders in (False, True))
    lines, shown = (press(Explorer(state, Explainer(), each, lambda *_: (), ("svg",)), "down") for each in screens)
    assert [ISOLATES.sub("", line) for line in shown] == lines
    assert not [line for line in shown if moved(line)]


PLACES = """
const runs = [];
for (const element of document.querySelectorAll(".attn-matrix text")) {
  const text = element.textContent;
  for (const { 0: word, index } of text.matchAll(/[^\\s\\u00a0]+/g)) {
    const range = document.createRange();
    range.setStart(element.firstChild, index);
    range.setEnd(element.firstChild, index + word.length);
    const matrix = element.getScreenCTM();
    const box = range.getBoundingClientRect();
    runs.push([Number(element.getAttribute("y")), (box.left - matrix.e) / matrix.a, word]);
  }
}
return runs;
"""


@needs_chromium
def test_in_a_picture_of_the_screen_each_number_stands_at_its_word(browser, tmp_path):
    screen = Screen(80, "truecolor")
    lines = explain_lines(explained(WORDS), screen)
    (tmp_path / "x.svg").write_text(screen_svg(lines, screen), encoding="utf-8")
    browser.open(tmp_path / "x.svg")
    rows, plain = {}, [each.plain for each in lines]
    for y, x, word in browser.run(PLACES):
        rows.setdefault(y, []).append((x / CELL, word))
    for drawn, line in zip((rows[y] for y in sorted(rows)), filter(str.strip, plain), strict=True):
        meant = [(cells(line[: each.start()]), each[0]) for each in re.finditer("[^ ]+", line)]
        here, there = ([each for each in words if not RIGHT.match(each[1])] for words in (drawn, meant))
        assert [word for _, word in sorted(here)] == [word for _, word in there]
        assert max(abs(x - at) for (x, _), (at, _) in zip(sorted(here), there, strict=True)) < 0.5, line
