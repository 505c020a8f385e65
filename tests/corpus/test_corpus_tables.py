"""The tables of `attn corpus` against `attn explain` of each sentence, added up by hand."""

import json
import math
from collections import defaultdict

import numpy as np
import pytest
from support.corpora import SENTENCES, corpus_settings, read_table, rows, run

import attncli.corpus.attending as attending
import attncli.corpus.pairs as pairs
import attncli.corpus.tables.context as context
from attncli import explain
from attncli.analysis.kinds import measure_heads
from attncli.analysis.measures import entropy
from attncli.corpus.tables.distance import REACH

SETTINGS = [
    {},
    {"method": "cosine", "temperature": 0.3, "exclude_self": True},
    {"mode": "multihead", "heads": 3},
    {"mode": "qkv", "mask": ["causal"]},
    {"mode": "multihead", "heads": 2, "projections": "random", "layers": 2, "mask": ["window:2"]},
    {"method": "kernel", "positions": "sinusoidal", "top": 2},
    {"method": "additive"},
]


@pytest.fixture
def corpus_file(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(SENTENCES) + "\n")
    return path


def explained(settings):
    return [explain(sentence, **settings) for sentence in SENTENCES]


@pytest.mark.parametrize("settings", SETTINGS)
def test_context_words(tmp_path, corpus_file, settings):
    weights = defaultdict(list)
    for explanation in explained(settings):
        words = [token.word for token in explanation.sentence.tokens]
        for ranking in explanation.context:
            for each in ranking.ranked:
                weights[words[ranking.query], words[each.key]].append(each.weight)
    found = run(tmp_path / "out", [corpus_file], corpus_settings(attention=settings, kept=100)).tables["context"]
    assert {(word, other): count for word, other, count, *_ in rows(found)} == {
        pair: len(each) for pair, each in weights.items()
    }
    for word, other, _, mean, deviation in rows(found):
        assert mean == pytest.approx(np.mean(weights[word, other]), abs=2e-6)
        assert deviation == pytest.approx(np.std(weights[word, other]), abs=5e-5)


@pytest.mark.parametrize("settings", SETTINGS)
def test_distances(tmp_path, corpus_file, settings):
    sums, pairs = defaultdict(float), defaultdict(int)
    for explanation in explained(settings):
        n = len(explanation.sentence.tokens)
        for layer, head, i, j in np.ndindex(explanation.weights.shape):
            sums[layer, head, j - i] += explanation.weights[layer, head, i, j]
        for distance in range(1 - n, n):
            pairs[distance] += n - abs(distance)
    found = run(tmp_path / "out", [corpus_file], corpus_settings(attention=settings)).tables["distance"]
    for layer, head, distance, count, weight, mean in rows(found):
        assert count == pairs[distance]
        assert weight == pytest.approx(sums[layer, head, distance], abs=1e-5)
        assert mean == pytest.approx(weight / count, abs=1e-8)
    assert len(rows(found)) == len(sums)


@pytest.mark.parametrize("settings", SETTINGS)
def test_entropies_by_length(tmp_path, corpus_file, settings):
    bits = defaultdict(list)
    for explanation in explained(settings):
        seeing = explanation.weights.any(axis=-1)
        for layer, head in np.ndindex(explanation.weights.shape[:2]):
            own = entropy(explanation.weights[layer, head])[seeing[layer, head]].tolist()
            bits[layer, head, len(explanation.sentence.tokens)] += own
    found = run(tmp_path / "out", [corpus_file], corpus_settings(attention=settings)).tables["entropy"]
    assert len(rows(found)) == len(bits)
    for layer, head, length, _, words, mean, deviation in rows(found):
        own = bits[layer, head, length] or [0.0]
        assert words == len(bits[layer, head, length])
        assert mean == pytest.approx(np.mean(own), abs=2e-5)
        assert deviation == pytest.approx(np.std(own), abs=1e-3)


@pytest.mark.parametrize("settings", SETTINGS[:5])
def test_what_heads_do(tmp_path, corpus_file, settings):
    kinds = [
        measure_heads(each.weights, np.zeros(each.weights.shape[-1], bool), each.scores > -np.inf)
        for each in explained(settings)
    ]
    wanted = corpus_settings(collect=("heads",), attention=settings)
    found = run(tmp_path / "out", [corpus_file], wanted).tables["heads"]
    assert len(found["layer"]) == kinds[0].distance.size
    for place, (layer, head) in enumerate(zip(found["layer"], found["head"], strict=True)):
        for name in ("distance", "entropy", "previous", "next", "same", "first", "evenness"):
            mean = np.mean([getattr(each, name)[layer, head] for each in kinds])
            assert found[name][place] == pytest.approx(mean, abs=2e-5)


@pytest.mark.parametrize("settings", [{"mode": "multihead"}, {"mode": "multihead", "heads": 1}, {"mode": "qkv"}])
@pytest.mark.parametrize("sentence", SENTENCES[:4])
def test_a_text_gets_the_names_that_explain_gives_its_heads(tmp_path, sentence, settings):
    (tmp_path / "text.txt").write_text(f"{sentence}\n", encoding="utf-8")
    wanted = corpus_settings(collect=("heads",), attention=settings)
    found = run(tmp_path / "out", [tmp_path / "text.txt"], wanted).tables["heads"]
    assert found["kind"] == [role.here for role in explain(sentence, **settings).source.roles]


def records_of(folder, ending):
    for path in (folder / "weights").glob(f"*.{ending}"):
        yield from map(json.loads, path.read_text().splitlines())


def test_a_record_for_each_sentence(tmp_path, corpus_file):
    run(tmp_path / "out", [corpus_file], corpus_settings(collect=("weights",)))
    records = sorted(records_of(tmp_path / "out", "ndjson"), key=lambda record: record["line"])
    assert [record["line"] for record in records] == list(range(1, len(SENTENCES) + 1))
    for record, explanation in zip(records, explained({}), strict=True):
        assert record["words"] == [token.word for token in explanation.sentence.tokens]
        pairs = [(c.query, each.key) for c in explanation.context for each in c.ranked]
        assert list(zip(record["query"], record["key"], strict=True)) == pairs
        weights = [each.weight for c in explanation.context for each in c.ranked]
        assert record["weight"] == pytest.approx(weights, abs=2e-6)


def test_long_texts_are_attended_to_by_blocks(tmp_path, corpus_file, monkeypatch):
    settings = corpus_settings(attention={"mode": "multihead", "heads": 3})
    whole = run(tmp_path / "whole", [corpus_file], settings)
    monkeypatch.setattr(attending, "LONG", 0)
    found = run(tmp_path / "blocks", [corpus_file], settings)
    for name in ("context", "distance", "entropy"):
        for mine, its in zip(rows(found.tables[name]), rows(whole.tables[name]), strict=True):
            assert mine == pytest.approx(its, abs=1e-4) if name != "context" else mine[:3] == its[:3]


def test_a_text_longer_than_the_table_of_distances(tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("the dog of the king " * 40 + "\n")
    found = run(tmp_path / "out", [path], corpus_settings())
    table = found.tables["distance"]
    assert [table["distance"][0], table["distance"][-1]] == [-REACH, None]
    assert sum(table["weight"]) == pytest.approx(200, abs=1e-3)  # every word has a weight of 1 to give
    assert sum(table["pairs"]) == 200 * 200


def test_words_choose_whose_context_is_kept(tmp_path, corpus_file):
    found = run(tmp_path / "out", [corpus_file], corpus_settings(words=("Bank", "river"))).tables["context"]
    assert set(found["word"]) == {"bank", "river"}


def test_only_the_strongest_pairs_are_kept(tmp_path, corpus_file):
    everything = run(tmp_path / "a", [corpus_file], corpus_settings(kept=1000)).tables["context"]
    found = run(tmp_path / "b", [corpus_file], corpus_settings(kept=2)).tables["context"]
    totals = defaultdict(list)
    for word, other, count, mean, _ in rows(everything):
        totals[word].append((-round(count * mean, 6), other))
    for word, own in totals.items():
        mine = [other for each, other, *_ in rows(found) if each == word]
        strengths = {other: strength for strength, other in own}
        assert [strengths[other] for other in mine] == pytest.approx(sorted(strengths.values())[:2], abs=1e-5)


def test_pairs_are_merged_a_range_of_words_at_a_time(tmp_path, corpus_file, monkeypatch):
    whole = rows(run(tmp_path / "a", [corpus_file], corpus_settings()).tables["context"])
    monkeypatch.setattr(pairs, "AT_ONCE", 8)
    monkeypatch.setattr(pairs, "BLOCK", 4)
    monkeypatch.setattr(context, "MOST", 8)
    monkeypatch.setattr(context, "BUFFERED", 3)
    run(tmp_path / "b", [corpus_file], corpus_settings())
    pieces = [json.loads(line) for line in (tmp_path / "b" / "context.ndjson").read_text().splitlines()]
    assert [tuple(each.values())[1:4] for each in pieces] == [each[:3] for each in whole]


@pytest.mark.parametrize("table", ["ndjson", "csv", "parquet"])
def test_the_three_formats_say_the_same(tmp_path, corpus_file, table):
    collect = ("context", "distance", "entropy", "heads", "weights")
    corpus = run(tmp_path / "out", [corpus_file], corpus_settings(collect=collect, table=table))
    for name, columns in corpus.tables.items():
        found = read_table(tmp_path / "out" / f"{name}.{table}")
        assert {each.pop("schema") for each in found} == {f"attn.corpus.{name}/1.0"}
        assert found == [dict(zip(columns, row, strict=True)) for row in rows(columns)]
    records = [row for path in (tmp_path / "out" / "weights").iterdir() for row in read_table(path)]
    assert {row["line"] for row in records} == {*range(1, len(SENTENCES) + 1)}
    assert len(records) == len(SENTENCES)


def test_parquet_names_its_schema(tmp_path, corpus_file):
    from pyarrow.parquet import read_schema

    run(tmp_path / "out", [corpus_file], corpus_settings(table="parquet"))
    told = read_schema(tmp_path / "out" / "entropy.parquet").metadata
    assert (told[b"schema"], told[b"schema_version"]) == (b"attn.corpus.entropy", b"1.0")


def test_no_number_is_none_or_infinite(tmp_path, corpus_file):
    corpus = run(tmp_path / "out", [corpus_file], corpus_settings(attention={"mask": ["causal"], "exclude_self": True}))
    assert {*corpus.tables} == {"context", "distance", "entropy"}
    for columns in corpus.tables.values():
        for column in columns.values():
            assert len(column)
            assert all(math.isfinite(each) for each in column if isinstance(each, float))
