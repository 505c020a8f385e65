"""The figures of a similarity: shares of pairs with their signs as a map and as arcs, and changes without a word."""

import re

import numpy as np
import pytest
from support.command import attn
from support.encoders import encoder_folder
from support.figures import SVG, elements, printed, texts

from attncli import similar
from attncli.errors import AttnError
from attncli.vectors import Vectors, write_store
from attncli.views.figure.arc_choice import chosen_arcs
from attncli.views.figure.similarity import similarity_content
from attncli.views.palette import DIVERGING, HUES, interpolate

WORDS = {"dog": (2, 0), "cat": (1, 1), "stone": (-1, 2), "<b>": (0, 1), "كلب": (2, 1), "قط": (1, 2)}


@pytest.fixture(scope="module")
def plane(tmp_path_factory):
    """Words in a plane, so that shares are counted by hand."""
    folder = tmp_path_factory.mktemp("set") / "plane"
    write_store(folder, [*WORDS], np.array([*WORDS.values()], float), name="plane", source="a test")
    return Vectors(folder)


@pytest.fixture(scope="module")
def by_cls(tmp_path_factory):
    return encoder_folder(tmp_path_factory.mktemp("models") / "by-cls", "cls")


def drawn(found, kind, form="svg", scale="auto"):
    return printed(similarity_content(found, kind, scale), form, kind)


CURVE = re.compile(
    r'<path d="M (\S+) \S+\s+C (?:\S+ ){4}(\S+) \S+\s+" style="fill: none; '
    r"(stroke-dasharray: [^;]*; stroke-dashoffset: 0; )?stroke: (#\w+);(?: stroke-opacity: (\S+);)? "
    r"stroke-width: ([\d.]+)"
)


def places_of(svg):
    """The place of each word that is drawn, and its height."""
    named = (each for each in elements(svg) if each.tag == f"{SVG}text" and each.get("x"))
    return [(each.text, float(each.get("x")), float(each.get("y"))) for each in named]


def hexed(rgb):
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def test_the_numbers_of_the_map_are_the_shares_with_their_signs_in_one_unit(plane):
    # p = (3, 1)/2, q = (-1, 3)/2, |p| |q| = 10/4: the shares are u·v/10 = (-2, 2; 1, -1... by word) over 10
    found = similar("dog cat", "stone <b>", plane)
    by_hand = np.array([[-2.0, 0.0], [1.0, 1.0]]) / np.sqrt(10 * 10)
    assert found.contributions == pytest.approx(by_hand)
    svg = drawn(found, "heat")
    shown = [text for text in texts(svg) if re.fullmatch(r"[+-]\d{1,3}|0", text)]
    assert shown == ["-200", "0", "+100", "+100"]
    assert "shares in units of 0.001, which sum to the similarity" in texts(svg)
    assert "cosine similarity 0.0000 · pooling mean · vectors plane (6 × 2)" in texts(svg)
    assert {"first text (a)", "second text (b)", "-0.20", "+0.20"} <= {*texts(svg)}


@pytest.mark.parametrize("scale", ["auto", "row"])
def test_the_colour_of_a_cell_is_its_share_of_the_largest_either_way(plane, scale):
    found = similar("dog cat", "stone <b>", plane)
    svg = drawn(found, "heat", scale=scale).decode()
    shares = [-1, 0, 1, 1] if scale == "row" else [-1, 0, 0.5, 0.5]
    cells = re.findall(r'fill: (#\w+); stroke: (#\w+); stroke-width: 0.4"', svg)[:4]
    levels = [np.linspace(-1, 1, 256)[min(int((share + 1) / 2 * 256), 255)] for share in shares]
    assert cells == [(hexed(interpolate(DIVERGING, level)),) * 2 for level in levels]


def test_an_arc_has_the_hue_and_the_dashes_of_its_sign_and_the_width_of_its_share(plane):
    found = similar("dog cat", "stone <b>", plane)
    svg = drawn(found, "arcs")
    at = {word: x for word, x, _ in places_of(svg)}
    arcs = {
        (float(x), float(end)): (dashes != "", hue, float(width), float(opacity or 1))
        for x, end, dashes, hue, opacity, width in CURVE.findall(svg.decode())
    }
    orange, blue = hexed(HUES[1]), hexed(HUES[0])
    by_hand = {
        ("dog", "stone"): (True, blue, 3.5, 1),
        ("cat", "stone"): (False, orange, 0.25 + 3.25 / 2, 0.12 + 0.88 / 2),
        ("cat", "<b>"): (False, orange, 0.25 + 3.25 / 2, 0.12 + 0.88 / 2),
    }
    assert arcs == {tuple(at[word] for word in pair): pytest.approx(look) for pair, look in by_hand.items()}
    assert "above the first text (a), below the second text (b)" in texts(svg)
    assert "dashed: below 0; shares within ±0.002 are not drawn" in texts(svg)


def test_of_many_arcs_the_largest_of_either_sign_are_drawn(vectors):
    words = ["dog", "cat", "river", "bank", "runs", "slow", "fast", "red", "blue", "never", "often", "house"]
    found = similar(" ".join(words * 3), " ".join(reversed(words * 3)), vectors)
    content = similarity_content(found, "arcs", "auto")
    arcs = chosen_arcs(content.panels[0], content)
    assert 200 <= len(arcs) < found.contributions.size
    drawn_ones = np.zeros(found.contributions.shape, bool)
    drawn_ones[tuple(np.array([(arc.query, arc.key) for arc in arcs]).T)] = True
    sizes = np.abs(found.contributions)
    assert sizes[drawn_ones].min() >= sizes[~drawn_ones].max()
    assert {arc.share > 0 for arc in arcs} == {True, False}


def test_a_text_that_is_written_from_right_to_left_runs_so(plane):
    svg = drawn(similar("dog cat", "كلب قط", plane), "arcs")
    at = {word: x for word, x, _ in places_of(svg)}
    assert at["dog"] < at["cat"]
    assert at["كلب"] > at["قط"]
    assert "above the first text (a), below the second text (b) from right to left" in texts(svg)


def test_where_the_similarity_is_no_sum_each_word_has_the_change_without_it(by_cls):
    found = similar("Stop the dogs, he is cute!", "the dog barks.", model=by_cls)
    svg = drawn(found, "heat")
    for side, changes in zip(found.sentences, found.left_out, strict=True):
        for token, change in zip(side.tokens, changes, strict=True):
            assert (f"{token.text} {change:+.4f}" in texts(svg)) is not token.special
    assert "hatched: special tokens, which stay, and places behind the shorter text" in texts(svg)
    assert {"a", "b", "place", "text"} <= {*texts(svg)}
    assert "change of the" in texts(svg)
    with pytest.raises(AttnError, match="of the cosine similarity by cls pooling no pair has a share"):
        similarity_content(found, "arcs", "auto")


def test_special_tokens_and_dropped_words_are_told(tmp_path):
    folder = encoder_folder(tmp_path / "mean", "mean")
    found = similar("Stop the dogs", "the dog barks.", model=folder, drop="the")
    said = " ".join(texts(drawn(found, "heat")))
    special = np.array([[a.special or b.special for b in found.other_tokens] for a in found.tokens])
    assert f"pairs with [CLS], [SEP] add {found.contributions[special].sum():+.4f}" in said
    for each in found.dropped:
        assert f"without the in {each.text}: {each.similarity:.4f}, a change of {each.change:+.4f}" in said


@pytest.mark.parametrize("kind", ["heat", "arcs"])
@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_long_texts_fit_on_paper_and_equal_input_gives_equal_bytes(plane, kind, form):
    words = [*WORDS][:3]
    long, shorter = (
        similarity_content(similar(" ".join(words * n), " ".join(words * m), plane), kind, "auto")
        for n, m in ((40, 30), (16, 14))  # of 2,016 cells: those of an .svg are an image
    )
    assert max(long.draw(kind).get_size_inches()) <= 20
    assert printed(shorter, form, kind) == printed(shorter, form, kind)


@pytest.mark.parametrize("kind", ["heat", "arcs"])
def test_the_command_draws_it(tmp_path, kind):
    path = tmp_path / "pair.svg"
    done = attn("similar", "the dog", "a <b> puppy", "-o", str(path), "--figure", kind, "--color-scale", "row")
    assert (done.returncode, done.stdout) == (0, "")
    shown = " ".join(texts(path.read_bytes()))
    assert "the dog / a <b> puppy" in shown
    assert "of the row's largest" in shown
