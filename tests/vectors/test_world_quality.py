"""attn-world has fifteen languages in one space: translations are near, sentences align, and no word is unknown."""

import re
from hashlib import sha256

import numpy as np
import pytest
from support.places import ROOT

from attncli import align, explain, open_vectors
from attncli.analysis.gold import Agreement, Gold, agreement
from attncli.vectors.store.verifying import verify

#: A sentence, its translation, and the links between their tokens by hand; those with ? are possible ones.
PAIRS = {
    "fr": (
        "the dog eats a red apple in the garden .",
        "le chien mange une pomme rouge dans le jardin .",
        "0-0 1-1 2-2 3-3 4-5 5-4 6-6 7-7 8-8 9-9",
    ),
    "de": (
        "my sister bought a new car yesterday .",
        "meine Schwester hat gestern ein neues Auto gekauft .",
        "0-0 1-1 2-7 2?2 3-4 4-5 5-6 6-3 7-8",
    ),
    "es": (
        "we do not know where the children are .",
        "no sabemos dónde están los niños .",
        "2-0 3-1 0?1 4-2 5-4 6-5 7-3 8-6",
    ),
    "it": ("the sun is hot in summer .", "il sole è caldo in estate .", "0-0 1-1 2-2 3-3 4-4 5-5 6-6"),
    "pt": (
        "my father works in a big city .",
        "meu pai trabalha numa cidade grande .",
        "0-0 1-1 2-2 3-3 4?3 5-5 6-4 7-6",
    ),
    "nl": ("the white horse runs fast .", "het witte paard rent snel .", "0-0 1-1 2-2 3-3 4-4 5-5"),
    "pl": ("this house is very old .", "ten dom jest bardzo stary .", "0-0 1-1 2-2 3-3 4-4 5-5"),
    "ru": ("the cat sleeps on the table .", "кошка спит на столе .", "1-0 0?0 2-1 3-2 5-3 4?3 6-4"),
    "tr": ("the cat sleeps on the table .", "kedi masanın üstünde uyuyor .", "1-0 0?0 2-3 3-2 5-1 4?1 6-4"),
    "ar": ("the boy writes a long letter .", "يكتب الولد رسالة طويلة .", "1-1 0?1 2-0 4-3 5-2 3?2 6-4"),
    "zh": ("she likes to drink green tea .", "她 喜欢 喝 绿茶 。", "0-0 1-1 3-2 2?2 4-3 5-3 6-4"),
    "ja": ("i read a book at school .", "私 は 学校 で 本 を 読む 。", "0-0 0?1 1-6 3-4 2?4 3?5 4-3 5-2 6-7"),
    "ko": (
        "the teacher drinks water every day .",
        "선생님 은 매일 물 을 마신다 .",
        "1-0 0?0 1?1 2-5 3-3 3?4 4-2 5-2 6-6",
    ),
    "th": ("the water is very cold today", "วันนี้ น้ำ เย็น มาก", "1-1 0?1 3-3 4-2 2?2 5-0"),
}
DOG = ["dog", "狗", "犬", "perro", "chien", "Hund", "cane", "hond", "cão", "собака", "köpek", "สุนัข", "كلب", "개"]


@pytest.fixture(scope="module")
def world():
    return open_vectors("attn-world")


def gold_of(text):
    links = [tuple(map(int, re.split(r"[-?]", link))) for link in text.split()]
    sure = [link for link, written in zip(links, text.split(), strict=True) if "-" in written]
    return Gold(frozenset(sure), frozenset(links))


@pytest.mark.parametrize("links", ["mutual", "grow-diag-final"])
def test_sentences_of_every_language_align(world, links):
    found = {name: align(a, b, world, tokenized=True, links=links).links for name, (a, b, _) in PAIRS.items()}
    judged = {name: agreement(each, gold_of(PAIRS[name][2])) for name, each in found.items()}
    assert sum(judged.values(), Agreement()).aer < (0.05 if links == "mutual" else 0.15)
    assert max(each.aer for each in judged.values()) < 0.4


def test_a_word_is_near_its_translations(world):
    rows = world.rows([world.find([word])[word] for word in (each.lower() for each in DOG)])  # [14, 112]
    cosines = rows[1:] @ rows[0] / np.linalg.norm(rows[1:], axis=1) / np.linalg.norm(rows[0])
    assert (cosines > 0.7).all()
    others = world.rows([*world.find(["table", "mesa", "тихо", "銀行", "kırmızı"]).values()])
    assert (others @ rows[0] / np.linalg.norm(others, axis=1) / np.linalg.norm(rows[0]) < 0.3).all()


def test_all_vectors_have_one_length_that_suits_scaled_attention(world):
    some = world.rows(range(0, world.words, 97))  # [m, 112]
    lengths = np.linalg.norm(some, axis=1)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-5)
    assert lengths[0] ** 2 / world.dimensions**0.5 == pytest.approx(3, abs=1e-4)
    assert world.info.cross_temperature == pytest.approx(0.07 * 3)
    for text in ("吠叫很可愛,他是一只狗", "собака очень милая и он лает", "the dog is very cute and he barks"):
        own = np.diagonal(explain(text, world).weights[0, 0])
        assert ((own > 0.3) & (own < 0.85)).all()


@pytest.mark.parametrize(
    "text", ["Donaudampfschifffahrt", "гиперзвуковой", "気候変動", "anlaşılmayanlardan", "ไฮโดรเจน", "zzqx"]
)
def test_no_word_is_unknown(world, text):
    sentence = explain(f"the {text}", world).sentence
    assert sentence.unknown == ()


def test_composed_words_are_near_words_of_the_same_meaning(world):
    for word, near, far in [
        ("Donaudampfschifffahrt", "Schifffahrt", "Suppe"),
        ("unbelievableness", "incredible", "kitchen"),
        ("reconstruiríamos", "rebuild", "eat"),
    ]:
        made, closer, other = world.composed([word, near, far]).values()
        assert made @ closer > made @ other + 3  # of 17.8 between equal vectors


@pytest.mark.parametrize("words", ["學校 学校 可愛 可爱 頭髮 头发", "0 22 1000 1999 . , 。 、 ! ? 's ％"])
def test_both_ways_of_writing_chinese_numbers_and_signs_are_known(world, words):
    assert set(world.find(words.replace("％", "%").split())) == set(words.replace("％", "%").split())


def test_it_is_whole_and_small_and_its_checksums_are_those_of_the_readme(world):
    verify(world)
    files = [path for path in world.folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 30_000_000
    said = (ROOT / "data" / "README.md").read_text().partition("`attn-world/`:")[2]
    sums = dict(reversed(pair) for pair in re.findall(r"([0-9a-f]{64})  (\S+)", said))
    for path in files:
        assert sums[str(path.relative_to(world.folder))] == sha256(path.read_bytes()).hexdigest()
