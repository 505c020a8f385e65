"""Sources and their targets in a corpus: every number is that of `attn explain` of each pair, added up by hand."""

import json
import shutil
from collections import defaultdict

import numpy as np
import pytest
from oracles.checkpoints import TINY
from oracles.tokenizer_folders import BASES
from support.corpora import rows, run
from support.places import TESTS

import attncli.corpus.columns as columns
from attncli.analysis.kinds import measure_heads
from attncli.analysis.measures import entropy
from attncli.corpus.model_reading import TARGETS, ModelReader
from attncli.corpus.opening import model_source
from attncli.corpus.settings import CorpusSettings
from attncli.errors import AttnError, UsageError
from attncli.models import packing
from attncli.models.model import open_model
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import check_model_settings

TRANSLATOR = TESTS / "oracles" / "translator"
PAIRS = [
    ("She sees the elephant", "Sie sieht den Elefanten"),
    ("She has seen the elephant", "Sie hat den Elefanten gesehen"),
    ("He sees the dog", "Er sieht den Hund"),
    ("The dog sees her", "Der Hund sieht sie"),
    ("the dog", "der Hund sieht den Hund"),
]
NAMES = ["t5", "mt5", "bart", "marian", "mbart", "m2m_100", "pegasus", "marian_apart", "encoder-decoder"]
PARTS = ["encoder", "decoder", "cross"]
CHOSEN = [{}, {"layer": "1", "head": "0"}, {"words": True}]


def read(name, pairs=PAIRS, **chosen):
    """Each pair's batch and its place in it, and the pairs that were skipped."""
    skipped, found = {}, {}
    reader = ModelReader(open_model(TINY / name), check_model_settings(**chosen), paired=True)
    for batch in reader.read(["\t".join(pair) for pair in pairs], skipped.__setitem__):
        found |= {text: (batch, place) for place, text in enumerate(batch.texts.tolist())}
    return found, skipped, reader


@pytest.mark.parametrize("chosen", CHOSEN)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_those_of_explain(name, part, chosen):
    found, skipped, reader = read(name, part=part, **chosen)
    assert (sorted(found), skipped) == ([*range(len(PAIRS))], {})
    for text, (batch, place) in found.items():
        expected = explain_model(PAIRS[text][0], TINY / name, target=PAIRS[text][1], part=part, **chosen)
        assert batch.weights.dtype == np.float32
        np.testing.assert_allclose(batch.weights[:, place], expected.weights, rtol=0, atol=2e-6)
        np.testing.assert_array_equal(batch.special, expected.source.special)
        assert batch.crosses == (part == "cross")
        assert reader.numbers == (expected.layer_numbers, tuple(expected.source.heads))
        seen = [np.any(batch.seen, axis=0)] * len(batch.seen) if "words" in chosen else batch.seen
        np.testing.assert_array_equal(seen, [layer.visible for layer in expected.layers])
        if "words" not in chosen:
            before = 0 if part == "encoder" else TARGETS
            assert batch.rows[place].tolist() == [before + token.row for token in expected.sentence.tokens]
        if part == "cross":
            shown = "text" if "words" in chosen else "word"
            assert reader.names(batch.key_rows[place]) == [getattr(each, shown) for each in expected.memory.tokens]


def test_pairs_of_equal_lengths_are_one_batch_whatever_stands_between_them():
    found, *_ = read("t5", [PAIRS[0], PAIRS[4], PAIRS[0], ("the", "Hund"), PAIRS[0]])
    batches = [found[text][0] for text in (0, 2, 4)]
    assert len({id(batch) for batch in batches}) == 1
    assert len({id(batch) for batch, _ in found.values()}) == 3


@pytest.mark.parametrize(("limit", "value"), [("PACKED", 40), ("HELD", 4000)])
def test_packs_are_bounded_and_cut_by_the_texts_alone(monkeypatch, limit, value):
    whole, *_ = read("t5")
    monkeypatch.setattr(packing, limit, value)
    cut, *_ = read("t5", [*PAIRS, *PAIRS])
    assert len({id(batch) for batch, _ in cut.values()}) > len({id(batch) for batch, _ in whole.values()})
    for text, (batch, place) in whole.items():
        other, at = cut[text + len(PAIRS)]
        np.testing.assert_allclose(batch.weights[:, place], other.weights[:, at], rtol=0, atol=1e-6)


def test_a_pair_that_the_model_does_not_take_is_skipped():
    found, skipped, _ = read("bart", [PAIRS[0], ("dog " * 500, "Hund"), ("dog", "Hund " * 500)])
    assert [*found] == [0]
    assert all("which takes" in skipped[text] for text in (1, 2))


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"source_lang": "xx"}, "source_lang='xx'"),
        ({"target_lang": "xx"}, "target_lang='xx'"),
        ({"stride": 2}, "stride=2"),
        ({"layer": "9"}, "layer=9"),
    ],
)
def test_settings_that_suit_no_pair_are_refused_at_once(chosen, told):
    with pytest.raises(UsageError, match=told):
        ModelReader(open_model(TINY / "mbart"), check_model_settings(**chosen), paired=True)


@pytest.mark.parametrize("words", [False, True])
def test_pairs_are_marked_with_their_languages(tmp_path, words):
    folder = shutil.copytree(TINY / "mbart", tmp_path / "mbart")
    (folder / "tokenizer.json").write_text(BASES["mbart"][0]().to_str())
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "MBartTokenizer"}')
    languages, model = {"source_lang": "fr_XX", "target_lang": "de_DE", "words": words}, open_model(folder)
    reader = ModelReader(model, check_model_settings(**languages), paired=True)
    (batch,) = reader.read(["the dog\tthe dog"], print)
    expected = explain_model("the dog", model, target="the dog", **languages)
    assert reader.names(batch.rows[0]) == [token.text if words else token.word for token in expected.sentence.tokens]
    assert (reader.names(batch.rows[0])[0], reader.names(batch.key_rows[0])[-1]) == ("de_DE", "fr_XX")
    np.testing.assert_allclose(batch.weights[:, 0], expected.weights, rtol=0, atol=2e-6)


def corpus(tmp_path, part, collect, **chosen):
    (tmp_path / "pairs.tsv").write_text("".join("\t".join(pair) + "\n" for pair in PAIRS))
    attends = check_model_settings(part=part, top=3, **chosen)
    settings = CorpusSettings(model_source(open_model(TRANSLATOR)), attends, collect, kept=100, target="laid out")
    return run(tmp_path / "out", [tmp_path / "pairs.tsv"], settings).tables


def explained(part, **chosen):
    return [explain_model(one, TRANSLATOR, target=other, part=part, top=3, **chosen) for one, other in PAIRS]


@pytest.mark.parametrize("chosen", [{}, {"words": True}])
@pytest.mark.parametrize("part", ["decoder", "cross"])
def test_context_words_are_of_the_source(tmp_path, part, chosen):
    weights = defaultdict(list)
    for each in explained(part, **chosen):
        keys = each.memory or each.sentence
        for ranking in each.context:
            for ranked in ranking.ranked:
                pair = each.sentence.tokens[ranking.query], keys.tokens[ranked.key]
                weights[tuple(token.text if chosen else token.word for token in pair)].append(ranked.weight)
    found = rows(corpus(tmp_path, part, ("context",), **chosen)["context"])
    total = sum(count for *_, count, _, _ in found)
    assert total == sum(map(len, weights.values()))
    if part == "cross":
        assert ("Elefanten", "</s>") in weights
    strong = {pair: each for pair, each in weights.items() if np.mean(each) > 1e-3}
    means = {(word, other): (count, mean) for word, other, count, mean, _ in found}
    for pair, each in strong.items():
        assert means[pair][1] * means[pair][0] == pytest.approx(sum(each), abs=1e-4)


@pytest.mark.parametrize("part", PARTS)
def test_distances_are_between_places_in_either_text(tmp_path, part):
    sums, pairs = defaultdict(float), defaultdict(int)
    for each in explained(part):
        for layer, head, i, j in np.ndindex(each.weights.shape):
            sums[layer, head, j - i] += each.weights[layer, head, i, j]
            pairs[j - i] += layer == head == 0
    found = rows(corpus(tmp_path, part, ("distance",))["distance"])
    assert len(found) == len(sums)
    for layer, head, distance, count, weight, _ in found:
        assert count == pairs[distance]
        assert weight == pytest.approx(sums[layer, head, distance], abs=1e-5)


@pytest.mark.parametrize("part", PARTS)
def test_entropies_are_by_the_length_of_the_text_that_is_attended_to(tmp_path, part):
    bits = defaultdict(list)
    for each in explained(part):
        for layer, head in np.ndindex(each.weights.shape[:2]):
            bits[layer, head, each.weights.shape[-1]] += entropy(each.weights[layer, head]).tolist()
    found = rows(corpus(tmp_path, part, ("entropy",))["entropy"])
    assert len(found) == len(bits)
    for layer, head, length, _, words, mean, _ in found:
        assert words == len(bits[layer, head, length])
        assert mean == pytest.approx(np.mean(bits[layer, head, length]), abs=2e-5)


@pytest.mark.parametrize("part", PARTS)
def test_measures_of_heads_know_that_the_keys_are_of_another_text(tmp_path, part):
    kinds = [
        measure_heads(
            each.weights,
            each.source.special,
            np.stack([layer.visible for layer in each.layers])[:, None],
            crosses=part == "cross",
        )
        for each in explained(part)
    ]
    found = corpus(tmp_path, part, ("heads",))["heads"]
    for place, (layer, head) in enumerate(zip(found["layer"], found["head"], strict=True)):
        for name in ("distance", "entropy", "previous", "same", "special", "first", "evenness"):
            mean = np.mean([getattr(each, name)[layer, head] for each in kinds])
            assert found[name][place] == pytest.approx(mean, abs=2e-5)
    assert part != "cross" or not any(found["same"])


@pytest.mark.parametrize("part", PARTS)
def test_a_record_of_a_pair_has_the_words_of_both(tmp_path, part):
    corpus(tmp_path, part, ("weights",))
    lines = [line for path in (tmp_path / "out" / "weights").iterdir() for line in path.read_text().splitlines()]
    records = sorted(map(json.loads, lines), key=lambda record: record["line"])
    for record, each in zip(records, explained(part), strict=True):
        assert record["words"] == [token.word for token in each.sentence.tokens]
        assert record["key_words"] == (each.memory and [token.word for token in each.memory.tokens])
        weights = each.weights[-1].mean(axis=0)
        expected = weights[record["query"], record["key"]]
        assert record["weight"] == pytest.approx(expected, abs=2e-6)


def laid_out(folder, source, target, limit=None):
    found = columns.pair_of(str(source), str(target), folder / "run", None, limit)
    with open(found.path, "rb") as file:
        return found.name, file.read()


@pytest.mark.parametrize(
    ("source", "target", "both"),
    [
        (b"a\nb\n", b"c\nd\n", b"a\tc\nb\td\n"),
        (b"a\nb", b"c\nd\n", b"a\tc\nb\td\n"),
        (b"\xef\xbb\xbfa\r\n\n", b"\xef\xbb\xbfc\td\r\n\xff", b"a\tc d\n\t\xff\n"),
        (b"", b"", b""),
    ],
)
def test_two_files_are_laid_out_as_one_of_two_columns(tmp_path, source, target, both):
    (tmp_path / "a").write_bytes(source)
    (tmp_path / "b").write_bytes(target)
    assert laid_out(tmp_path, tmp_path / "a", tmp_path / "b") == (str(tmp_path / "a"), both)


@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_lines_over_the_borders_of_pieces(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr("attncli.corpus.inputs.CHUNK", chunk)
    (tmp_path / "a").write_bytes(b"one\r\n\ntwo three\n")
    (tmp_path / "b").write_bytes(b"eins\n\tzwei\nx\r\n")
    assert laid_out(tmp_path, tmp_path / "a", tmp_path / "b")[1] == b"one\teins\n\t zwei\ntwo three\tx\n"


@pytest.mark.parametrize(("source", "target"), [(3, 2), (2, 3), (0, 1), (1, 0), (3, 900)])
def test_other_numbers_of_lines_are_both_named(tmp_path, source, target):
    (tmp_path / "a").write_bytes(b"a\n" * source)
    (tmp_path / "b").write_bytes(b"b\n" * target)
    with pytest.raises(UsageError, match=f"as many lines as .*a' has, {source}, got {target}"):
        laid_out(tmp_path, tmp_path / "a", tmp_path / "b")
    assert not [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    if min(source, target):
        assert laid_out(tmp_path, tmp_path / "a", tmp_path / "b", 1)[1] == b"a\tb\n"


@pytest.mark.parametrize("place", [0, 1])
def test_a_file_of_another_format_is_refused_wherever_it_stands(tmp_path, place):
    (tmp_path / "a").write_bytes(b"a\n")
    (tmp_path / "b").write_bytes(b"%PDF-1.7\n")
    paths = [tmp_path / "a", tmp_path / "b"][:: 1 - 2 * (1 - place)]
    with pytest.raises(AttnError, match=r"cannot read '.*b': it is"):
        laid_out(tmp_path, *paths)


def test_of_a_giant_line_the_pair_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("attncli.corpus.inputs.LONGEST_LINE", 20)
    (tmp_path / "a").write_bytes(b"a\nb\nc\n")
    (tmp_path / "b").write_bytes(b"a\n" + b"b" * 500 + b"\nc\n")
    first, giant, last = laid_out(tmp_path, tmp_path / "a", tmp_path / "b")[1].splitlines()
    assert (first, last) == (b"a\ta", b"c\tc")
    assert 20 < len(giant) < 30
