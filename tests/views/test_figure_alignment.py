"""The figures of an alignment: arcs between linked words in hues of their own, and framed links in the heat map."""

import re

import numpy as np
import pytest
from support.figures import SVG, elements, printed, texts
from support.two_languages import EN, FR, small_set

from attncli import align
from attncli.views.figure.alignment import alignment_content
from attncli.views.palette import HUES, WHITE, contrast


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_set(tmp_path_factory.mktemp("set") / "small")


def drawn(alignment, kind, form="svg", scale="auto"):
    return printed(alignment_content(alignment, kind, scale), form, kind)


CURVE = re.compile(
    r'<path d="M (\S+) \S+\s+C (?:\S+ ){4}(\S+) \S+\s+" style="fill: none; '
    r"stroke: (#\w+);(?: stroke-opacity: \S+;)? stroke-width: ([\d.]+)"
)


def curves(svg):
    """The arcs in the order of drawing: where they begin and end, their hues and widths."""
    return [(float(x), float(end), hue, float(width)) for x, end, hue, width in CURVE.findall(svg)]


def words_of(svg):
    """The place and the hue of each word that is drawn."""
    found = {}
    for each in elements(svg):
        if each.tag == f"{SVG}text" and each.get("x"):
            hue = re.search(r"fill: (#\w+)", each.get("style") or "")
            found[each.text] = float(each.get("x")), hue and hue[1]
    return found


def test_an_arc_is_a_link_from_source_to_target_in_the_hue_of_its_words(small):
    alignment = align("he is the cute dog and", "le chien est mignon", small, prior=0)
    assert alignment.links == ((1, 2), (2, 0), (3, 3), (4, 1))
    svg = drawn(alignment, "arcs")
    words, found = words_of(svg), curves(svg.decode())
    assert len(found) == 4
    for source, target in alignment.links:
        above, below = (s.tokens[i].text for s, i in zip(alignment.sentences, (source, target), strict=True))
        (arc,) = (each for each in found if each[0] == pytest.approx(words[above][0], abs=0.1))
        assert arc[1] == pytest.approx(words[below][0], abs=0.1)
        assert arc[2] == words[above][1] == words[below][1]
        assert arc[3] == pytest.approx(0.25 + 3.25 * alignment.weights[source, target], abs=1e-4)
    assert len({hue for _, _, hue, _ in found}) == 4
    assert words["he"][1] == words["and"][1] not in {hue for _, _, hue, _ in found}
    assert "without a partner in the source: he, and" in texts(svg)


def test_words_that_share_links_share_a_hue(small):
    alignment = align("the dog and he", "le chien il", small, links="backward", null=None)
    both = align("the dog dog he", "le chien il", small, links="forward")
    assert both.links == ((0, 0), (1, 1), (2, 1), (3, 2))
    hues = [hue for *_, hue, _ in sorted(curves(drawn(both, "arcs").decode()))]
    assert hues[1] == hues[2]
    assert len({*hues}) == len({hue for *_, hue, _ in curves(drawn(alignment, "arcs").decode())}) == 3


def test_the_heat_map_has_the_weights_with_the_links_framed(small):
    alignment = align(EN, FR, small, temperature=0.5)
    svg = drawn(alignment, "heat")
    assert "framed: links" in texts(svg)
    numbers = [text for text in texts(svg) if re.fullmatch(r"[01]\.\d\d", text)][: alignment.weights.size]
    assert numbers == [f"{weight:.2f}" for weight in alignment.weights.ravel()]
    frames = re.findall(r'<path d="([^"]*)" [^>]*style="fill: none; stroke: #(?:000000|ffffff);', svg.decode())
    assert len(frames) == len(alignment.links)
    assert {"source", "target"} <= {*texts(svg)}


@pytest.mark.parametrize("kind", ["heat", "arcs"])
def test_sentences_settings_and_words_left_out_are_named(small, kind):
    alignment = align("The dog qwzx <b>", FR, small, links="grow-diag-final")
    shown = " ".join(texts(drawn(alignment, kind)))
    assert f"The dog qwzx <b> / {FR}" in shown
    assert "vectors small (" in shown
    assert "links grow-diag-final" in shown
    assert "not among the vectors: qwzx, b" in shown


@pytest.mark.parametrize("kind", ["heat", "arcs"])
def test_without_links_there_is_nothing_to_mark(small, kind):
    alignment = align("dog", "chien", small, null=2.0)
    svg = drawn(alignment, kind)
    assert alignment.links == ()
    assert curves(svg.decode()) == []
    assert {"framed: links", "dog", "chien"} & {*texts(svg)} == {"dog", "chien"}


@pytest.mark.parametrize("kind", ["heat", "arcs"])
@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_long_sentences_fit_on_paper_and_equal_input_gives_equal_bytes(small, kind, form):
    words = [EN.split()[i % 5] for i in range(120)]
    alignment = align(words, [FR.split()[i % 5] for i in range(90)], small)
    content = alignment_content(alignment, kind, "auto")
    assert max(content.draw(kind).get_size_inches()) <= 20
    assert printed(content, form, kind) == printed(content, form, kind)


def test_hues_can_be_seen_on_paper():
    assert min(contrast(hue, WHITE) for hue in HUES) >= 4.5
    assert len(np.unique(HUES, axis=0)) == len(HUES) == 6
