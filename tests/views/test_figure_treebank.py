"""The figure of heads against treebanks: cells, the column of the baseline, and the marks of heads beyond it."""

import re

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.command import attn
from support.figures import SVG, elements, printed, texts
from support.treebank_heads import drawn_by_lot, heads_of, relation_of, tally_of
from support.treebanks import write_treebank

from attncli.analysis.relations import LOOKS
from attncli.corpus.treebank_heads import Numbers
from attncli.errors import AttnError
from attncli.views.figure.treebank import MOST_COLUMNS, MOST_ROWS, treebank_content
from attncli.views.palette import CIVIDIS, interpolate
from attncli.views.terminal.treebank import OPTIMISTIC

NUMBERS = Numbers((2, 5), (0, 3))
# Of 100 pairs: 60 at one distance. Of the 10: 3 at it. The Wilson intervals of 69 and 80 of 100 begin at 0.59 and 0.71.
OBJ = [[[20, 69], [80, 10]], [[0, 30], [5, 40]]]
CC = [[[1, 2], [9, 3]], [[10, 0], [5, 4]]]


@pytest.fixture
def found():
    obj = relation_of("obj", tally_of(OBJ, {-2: 60, 1: 40}), NUMBERS)
    cc = relation_of("cc", tally_of(CC, {1: 3, 2: 2, 4: 2, 5: 2, 6: 1}), NUMBERS)
    return heads_of(obj, cc, numbers=NUMBERS, remarks=("2 words <i> have no piece",))


def drawn(found, scale="auto"):
    return treebank_content(found, "heat", scale).draw("heat")


def maps_of(figure):
    """The axes of the column beside, and of the heads, of each direction."""
    axes = [each for each in figure.axes if each.collections and not each.yaxis.get_ticklabels()]
    return list(zip(axes[::2], axes[1::2], strict=True))


def cells_of(axes):
    """The numbers of the cells, a group of columns each `[n_row, n_head]`."""
    arrays = (each.get_array() for each in axes.collections)
    return [np.array(each.filled()) for each in arrays if each is not None and each.ndim == 2]


def marks_of(axes):
    """The columns and rows of the dots."""
    dots = [each for each in axes.collections if each.get_array() is None]
    return sorted((float(x), float(y)) for each in dots for x, y in each.get_offsets())


def test_a_cell_is_a_head_of_a_layer_and_the_baseline_stands_beside(found):
    for way, (beside, heads) in enumerate(maps_of(drawn(found))):
        assert cells_of(beside)[0] == pytest.approx(np.array([[0.6], [0.3]]))
        assert [text.get_text() for text in beside.texts] == ["0.60 (-2)", "0.30 (+1)"]
        both = zip(cells_of(heads), np.array(OBJ)[..., way], np.array(CC)[..., way], strict=True)
        for layer, obj, cc in both:
            assert layer == pytest.approx(np.stack([obj / 100, cc / 10]))


def test_a_dot_marks_the_heads_whose_interval_lies_above_the_baseline(found):
    marked = [[(int(x), int(y)) for x, y in marks_of(heads)] for _, heads in maps_of(drawn(found))]
    # 80 of 100 beside 0.60, 9 and 10 of 10 beside 0.30, in the direction of the dependant; a group begins at 2.6
    assert marked == [[(1, 0), (1, 1), (3, 1)], []]


def test_by_row_the_largest_number_of_a_row_in_any_map_has_the_last_colour(found):
    for way, (beside, heads) in enumerate(maps_of(drawn(found, scale="row"))):
        assert cells_of(beside)[0] == pytest.approx(np.array([[0.6 / 0.8], [0.3]]))
        assert cells_of(heads)[0][0] == pytest.approx(np.array(OBJ)[0, :, way] / 80)


def test_the_colours_are_those_of_weights(found):
    svg = printed(treebank_content(found, "heat", "auto")).decode()
    cells = re.findall(r'fill: (#\w+); stroke: (#\w+); stroke-width: 0.4"', svg)
    levels = np.linspace(0, 1, 256)
    share = "#{:02x}{:02x}{:02x}".format(*interpolate(CIVIDIS, levels[int(0.8 * 256)]))
    assert (share, share) in cells


def test_the_words_say_how_to_read_it(found):
    said = texts(printed(treebank_content(found, "heat", "auto")))
    assert {"obj (100)", "cc (10)", "distance", "best head", "2", "5", "0", "3", *LOOKS.values()} <= {*said}
    assert {"2.3  0.80", "5.0  1.00", "2.0  0.69", "5.3  0.40"} <= {*said}
    whole = " ".join(said)
    assert "heads against en.conllu model <b> · 3 sentences, 50 words, 110 pairs" in whole
    assert "2 words <i> have no piece" in whole
    assert OPTIMISTIC in whole
    assert "no proof that the model uses it" in whole


def test_one_head_has_its_numbers_in_the_cells_and_no_best_one(found):
    numbers = Numbers((4,), (1,))
    one = heads_of(relation_of("obj", tally_of([[[80, 10]]], {1: 60, 2: 40}), numbers), numbers=numbers)
    said = texts(printed(treebank_content(one, "heat", "auto")))
    assert {"0.80", "0.10", "0.60 (+1)"} <= {*said}
    assert "best head" not in said


def test_of_very_many_heads_a_column_is_the_best_of_a_layer():
    many = drawn_by_lot(21, 20, ["obj", "nsubj"])
    assert MOST_COLUMNS < 21 * 20
    figure = drawn(many)
    for way, (_, heads) in enumerate(maps_of(figure)):
        best = np.stack([each.accuracy[..., way].max(axis=1) for each in many.relations])
        assert cells_of(heads)[0] == pytest.approx(best)
        beyond = np.stack([each.beats[..., way].any(axis=1) for each in many.relations])
        assert len(marks_of(heads)) == beyond.sum()
    assert "layer, of which the best head counts" in texts(printed(treebank_content(many, "heat", "auto")))


@pytest.mark.parametrize(("n_layer", "n_head", "n"), [(1, 1, 1), (6, 12, 1), (12, 16, 60), (32, 32, 300)])
@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_it_fits_on_paper_and_equal_input_gives_equal_bytes(form, n_layer, n_head, n):
    content = treebank_content(drawn_by_lot(n_layer, n_head, [f"relation:{at}" for at in range(n)]), "heat", "auto")
    assert max(content.draw("heat").get_size_inches()) <= 20
    assert len(content.rows) == min(n, MOST_ROWS)
    assert any(f"{n - MOST_ROWS} relations of fewer pairs" in note for note in content.notes) is (n > MOST_ROWS)
    assert printed(content, form) == printed(content, form)


def test_names_of_strangers_stay_text():
    numbers = Numbers((0,), (0,))
    named = relation_of("$x^2$ <b> \x1b[31m", tally_of([[[1, 1]]], {1: 2}), numbers)
    svg = printed(treebank_content(heads_of(named, numbers=numbers, files=("/x/كلب & <i>.conllu",)), "heat", "auto"))
    said = texts(svg)
    assert "$x^2$ <b> \\x1b[31m (2)" in said
    assert "heads against كلب & <i>.conllu" in said
    assert all(each.tag != f"{SVG}image" for each in elements(svg))


def test_several_files_are_named_and_counted(found):
    content = treebank_content(heads_of(*found.relations, numbers=NUMBERS, files=tuple("abcde")), "heat", "auto")
    assert content.title == "heads against a, b, c and 2 more"


def test_nothing_is_drawn_of_no_relation():
    with pytest.raises(AttnError, match="expected a relation to draw"):
        treebank_content(heads_of(numbers=NUMBERS), "heat", "auto")


def test_the_command_draws_it(tmp_path):
    write_treebank(tmp_path)
    asked = ("heads", "--treebank", "en.conllu", "--model", str(TINY / "bert"), "-o", "heads.svg")
    done = attn(*asked, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert {"obj (4)", "heads against en.conllu", *LOOKS.values()} <= {*texts((tmp_path / "heads.svg").read_bytes())}
