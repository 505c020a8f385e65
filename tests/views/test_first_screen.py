"""The first screen on a terminal: as high as the terminal, the finding and the matrix first, and how to go on."""

import re

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.command import attn, on_terminal

from attncli import explain, explain_model
from attncli.analysis.kinds import ANCHOR, BROADLY
from attncli.settings.explanation import SCALES
from attncli.views.scale import color_scale
from attncli.views.screen import Screen, cells
from attncli.views.shell import shell_word
from attncli.views.terminal.explain import explanation_lines
from attncli.views.terminal.going_on import more_heads

BARK = "Bark is very cute and he is a dog"
LONG = (
    "In the beginning the quick brown fox jumps over the lazy dog while the old king and the young queen walk along "
    "the river bank in the evening sun"
)
CODES = re.compile("\x1b\\[[0-9;]*m")


def drawn(explanation, width=80, height=24, command=("explain", "x"), **screen):
    return explanation_lines(explanation, Screen(width, height=height, command=command, **screen))


def plain(lines):
    return [line.plain for line in lines]


def terminal(*arguments, height=24, width=80, **env):
    """The lines that a terminal of this size shows of standard output and error."""
    shown = on_terminal(*arguments, env={"COLUMNS": str(width), "LINES": str(height), **env})
    return CODES.sub("", shown).replace("\r", "").splitlines()


@pytest.mark.parametrize("arguments", [[], [BARK]])
@pytest.mark.parametrize("env", [{}, {"COLORTERM": "truecolor"}, {"TERM": "xterm"}, {"NO_COLOR": "1"}])
def test_the_example_takes_22_lines_of_80_by_24(arguments, env):
    lines = terminal("explain", *arguments, **env)
    assert len(lines) <= 22
    assert max(map(cells, lines)) <= 80
    said = " ".join(lines).replace('"', "")
    assert "Bark and dog look at each other; and, he and a look at no word in particular" in said
    assert lines[-1].strip().startswith(("next: attn explain --word dog  or  attn", 'attn explain "Bark is'))
    assert any(re.match(r"8 dog .*\.15.*\.38 +Bark +\.15", line) for line in lines)


def test_a_pipe_has_the_whole_page_and_long_shows_it_on_a_terminal():
    piped, whole = attn("explain", BARK).stdout, "\n".join(terminal("explain", BARK, "--long", NO_COLOR="1"))
    assert "context  (=) itself" in piped
    assert "next:" not in piped
    assert "look at each other" not in piped
    for part in ("context  (=) itself", '"Bark" and "dog" look at each other', "8 dog", "= 0.38"):
        assert part in whole
    assert "left out" not in whole


@pytest.mark.parametrize("sentence", [BARK, LONG, "dog", "a dog", "dog dog dog"])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 24), (120, 40), (200, 60), (40, 30)])
@pytest.mark.parametrize("settings", [{}, {"mode": "multihead"}, {"mask": "causal"}, {"memory": "le chien est mignon"}])
def test_it_is_no_longer_than_the_terminal_and_no_wider(sentence, width, height, settings):
    lines = plain(drawn(explain(sentence, **settings), width, height))
    assert max(map(cells, lines)) <= width
    assert len(lines) <= height - 2


@pytest.mark.parametrize("scale", SCALES)
def test_on_a_narrow_terminal_the_scale_is_no_wider_than_it(scale):
    lines = plain(drawn(explain(BARK), 40, 12, scale=scale))
    assert max(map(cells, lines)) <= 40


def test_60_by_20_has_every_word_of_the_example():
    lines = plain(drawn(explain(BARK), 60, 20))
    assert len(lines) <= 18
    for place, word in enumerate(BARK.split()):
        assert any(line.startswith(f"{place} {word} ") for line in lines)
    assert any(line.startswith("left out: settings, ") for line in lines)


def test_a_matrix_that_is_a_little_too_wide_has_shorter_labels_and_every_word():
    lines = plain(drawn(explain(f"{LONG} again"), 130, 60))
    assert "29" in next(line for line in lines if " 27" in line and " 28" in line)
    assert not any("group of neighbours" in line for line in lines)


def test_a_note_is_there_once():
    lines = plain(drawn(explain(BARK, mode="multihead"), 200, 60))
    assert sum("a · stands where" in line for line in lines) == 1


def test_a_screen_reader_hears_what_the_weights_say():
    heard = " ".join(terminal("explain", BARK, ACCESSIBLE="1"))
    assert 'At first glance: "Bark" and "dog" look at each other; "and", "he" and "a" look at no word in' in heard
    assert "first glance" not in attn("explain", BARK, env={"ACCESSIBLE": "1"}).stdout


@pytest.mark.parametrize("height", [1, 5, 10, 15])
def test_however_low_the_terminal_the_matrix_and_its_finding_come_first(height):
    lines = plain(drawn(explain(LONG), height=height))
    finding = next(i for i, line in enumerate(lines) if "look at each other" in line)
    matrix = next(i for i, line in enumerate(lines) if line.startswith("weights"))
    left_out = next(i for i, line in enumerate(lines) if line.startswith("left out: the context words"))
    assert finding < matrix < left_out
    assert len(lines) <= 22


def style_of(text, part):
    """The styles of the first place of some words."""
    at = text.plain.index(part)
    return " ".join(str(span.style) for span in text.spans if span.start <= at < span.end)


@pytest.mark.parametrize("colours", ["truecolor", "256", "16", "none"])
@pytest.mark.parametrize("sentence", [BARK, "dog"])
def test_bold_is_spoken_of_where_something_is_bold(sentence, colours):
    lines = drawn(explain(sentence), colours=colours)
    matrix = lines[next(i for i, line in enumerate(lines) if "strongest others" in line.plain) + 1 :]
    bold = any("bold" in str(span.style) for line in matrix for span in line.spans)
    assert ("other bold" in " ".join(plain(lines))) == (bold and colours != "none")


@pytest.mark.parametrize(("colours", "encoding"), [("256", "utf-8"), ("16", "utf-8"), ("none", "ascii")])
def test_the_scale_is_the_one_of_figures_and_pages_and_is_said_once(colours, encoding):
    """The diagonal has weights above the largest other one, here as there."""
    found = explain(BARK)
    scale = color_scale("auto", [found.mean_weights])
    said = scale.legend if colours == "256" else scale.legend.replace("colours", "shades")
    shown = " ".join(plain(drawn(found, colours=colours, encoding=encoding))).replace(">=", "≥")
    assert "≥" in said
    assert shown.count(said) == 1


@pytest.mark.parametrize("colours", ["truecolor", "256", "16"])
def test_the_diagonal_stands_back_and_the_strongest_other_stands_out(colours):
    rows = {line.plain[:5]: line for line in drawn(explain(BARK), colours=colours)}
    dog = rows["8 dog"]
    assert "bold" in style_of(dog, ".15")
    assert style_of(dog, ".38") == "dim"
    assert not any("bold" in style_of(dog, part) for part in (".06", ".09", ".38"))


def test_the_words_of_a_finding_have_one_colour_in_the_sentence_and_in_the_line():
    lines = drawn(explain(BARK), colours="16")
    sentence, finding = lines[2], lines[3]
    assert style_of(sentence, "Bark") == style_of(sentence, "dog") == style_of(finding, "Bark") == "bold cyan"
    assert style_of(sentence, "cute") == ""


def test_two_sentences_say_which_word_looks_at_which():
    lines = plain(drawn(explain(BARK, memory="吠叫很可愛,他是一只狗"), colours="256"))
    assert "very looks at 很, dog at 狗, cute at 可愛" in lines
    assert any(line.startswith("weights  each row is a word and sums to 1, its strongest key bold") for line in lines)


def test_one_head_of_a_model_has_a_first_screen_too():
    found = explain_model("the dog is cute and he is very cute", TINY / "bert", layer=1, head=0)
    lines = plain(drawn(found))
    assert len(lines) <= 22
    assert lines[-1].endswith("-o page.html")


@pytest.mark.parametrize(
    ("typed", "second"), [((), "--numbers"), (("--numbers",), "-o page.html"), (("--head", "0,1"), "--numbers")]
)
def test_a_map_of_heads_leads_to_its_most_decided_one_and_on(typed, second):
    """Least entropy, but neither the first token's nor spread."""
    found = explain_model("the dog is cute and he is very cute", TINY / "bert")
    kinds = found.source.kinds
    telling = np.where(np.isin(kinds.kind, (ANCHOR, BROADLY)), np.inf, kinds.entropy)
    layer, head = np.unravel_index(telling.argmin(), telling.shape)
    lines = plain(drawn(found, command=("explain", "x", *typed), numbers="--numbers" in typed))
    assert any(
        f"attn explain x --{'numbers --' * ('--numbers' in typed)}layer {layer} --head {head}" in line for line in lines
    )
    assert second in lines[-1]
    assert not any("--layer L" in line for line in lines) or typed == ("--numbers",)
    assert any("--layer L" in line for line in plain(drawn(found, height=0, command=("explain", "x"))))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (100, 24), (200, 60)])
@pytest.mark.parametrize("model", ["bert", "gpt2", "t5", "llama"])
def test_a_map_of_few_layers_is_no_longer_than_the_terminal(model, width, height):
    found = explain_model("the dog is cute and he is very cute", TINY / model)
    lines = plain(drawn(found, width, height))
    assert max(map(cells, lines)) <= width
    assert len(lines) <= height - 2


@pytest.mark.parametrize(
    ("typed", "sentence", "settings", "commands"),
    [
        (("explain",), BARK, {}, ["attn explain --word dog", "attn explain --mode multihead"]),
        ((BARK,), BARK, {}, [f'attn "{BARK}" --word dog', f'attn "{BARK}" --mode multihead']),
        (("explain", "--", "-a dog"), "-a dog", {}, ["--word", 'attn explain --mode multihead -- "-a dog"']),
        (
            ("explain", "a $HOME dog", "--method", "dot"),
            "a home dog",
            {"method": "dot"},
            ["'a $HOME dog'", "attn explain 'a $HOME dog' --method scaled"],
        ),
        (
            ("explain", "a dog", "--mode", "qkv"),
            "a dog",
            {"mode": "qkv"},
            ['attn explain "a dog" --mode qkv -o page.html'],
        ),
        (
            ("explain", "is is it", "--memory=le chien"),
            "is is it",
            {"memory": "le chien"},
            ['attn explain "is is it" "--memory=le chien" --word it'],
        ),
        (("explain", BARK, "--mask", "causal"), BARK, {"mask": "causal"}, ["--word very"]),
        (("explain", LONG), LONG, {}, ['next: attn explain "…" --word king  or  attn explain "…" --mode multihead']),
    ],
)
def test_two_commands_go_on_from_what_was_typed(typed, sentence, settings, commands):
    lines = " ".join(plain(drawn(explain(sentence, **settings), command=typed)))
    for command in commands:
        assert command in lines, lines
    assert lines.count("attn explain") + lines.count('attn "') >= 2


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_long_sentence_is_left_out_of_the_commands_in_any_encoding(encoding):
    lines = plain(drawn(explain(LONG), command=("explain", LONG), encoding=encoding))
    "".join(lines).encode(encoding)
    assert f'attn explain "{"..." if encoding == "ascii" else "…"}" --word king' in lines[-1]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("dog", "dog"),
        ("吠叫", "吠叫"),
        ("a dog", '"a dog"'),
        ("it's", '"it\'s"'),
        ("a `b` $c", "'a `b` $c'"),
        ("it's $5", "'it'\\''s $5'"),
        ("", '""'),
        ("a\x1bb", "$'a\\x1bb'"),
    ],
)
def test_words_are_quoted_for_the_shell(text, word):
    assert shell_word(text) == word


def test_without_remarks_or_in_a_batch_no_command_is_shown(tmp_path):
    assert not any("next:" in line for line in terminal("explain", BARK, "-q"))


def test_nothing_is_said_of_weights_that_say_nothing():
    lines = plain(drawn(explain("dog dog dog"), colours="256"))
    assert lines[2:5] == ["  dog dog dog", "", lines[4]]
    assert lines[4].startswith("weights")


def test_weights_of_nothing_but_the_diagonal_have_no_strongest_other():
    lines = plain(drawn(explain("the dog sleeps", mask="window:0"), colours="256"))
    assert sum("sees nothing else" in line for line in lines) == 3


def test_one_head_that_is_left_out_is_one():
    assert (more_heads(1), more_heads(21)) == ("1 more head: --top K, or --json", "21 more heads: --top K, or --json")
