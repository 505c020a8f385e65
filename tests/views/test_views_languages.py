"""Cross-attention between languages on the screen: every number stands under its word, whatever the script."""

import pytest

from attncli import explain
from attncli.views.screen import Screen, cells
from attncli.views.terminal.explain import explain_lines

SENTENCE = "Bark is very cute and he is a dog"
TRANSLATIONS = {
    "Arabic": ("نباح لطيف جدا وهو كلب.", "كلب"),
    "Chinese": ("吠叫很可愛,他是一只狗", "狗"),
    "Japanese": ("吠えるのはとても可愛くて、犬です", "犬"),
    "Thai": ("เห่าน่ารักมากและมันเป็นสุนัข", "สุนัข"),
}


@pytest.fixture(scope="module", params=TRANSLATIONS)
def translated(request):
    memory, dog = TRANSLATIONS[request.param]
    return explain(SENTENCE, memory=memory), dog


def test_a_dog_looks_at_a_dog(translated):
    explanation, dog = translated
    words = [token.text for token in explanation.memory.tokens]
    assert words[explanation.weights[0, 0, 8].argmax()] == dog


@pytest.mark.parametrize("colours", ["none", "truecolor"])
@pytest.mark.parametrize("width", [80, 120])
def test_a_number_ends_where_its_word_ends(translated, width, colours):
    explanation, _ = translated
    words = [token.text for token in explanation.memory.tokens]
    lines = [line.plain for line in explain_lines(explanation, Screen(width, colours))]
    assert max(map(cells, lines)) <= width
    start = next(at for at, line in enumerate(lines) if line.startswith("weights")) + 1
    header, first = lines[start : start + 2]
    assert header.split() == words
    at = 0
    for word, weight in zip(words, explanation.weights[0, 0, 0], strict=True):
        at = header.index(word, at) + len(word)
        end = cells(header[:at])
        assert first[:end].endswith(f"{weight:.2f}")  # the row's own letters take a cell each
