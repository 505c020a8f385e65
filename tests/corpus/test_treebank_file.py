"""Files of CoNLL-U: words at their places in texts of several languages, malformed sentences by line, other files."""

import gzip
import os
import sys
import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.treebanks import conllu, written

from attncli import extras
from attncli.corpus.treebank_file import MOST_BYTES, MOST_HELD, MOST_ROWS, read_treebank
from attncli.errors import AttnError, ResourceError, UsageError

DOG = conllu("1\tthe\t2\tdet", "2\tdog\t3\tnsubj", "3\tbarks\t0\troot", text="the dog barks")

KOREAN = unicodedata.normalize("NFD", "한국어")


def read(tmp_path, content, limit=None, name="a.conllu"):
    """The sentences of a file, and what was passed over as line and reason."""
    path, skipped = tmp_path / name, []
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    sentences = list(read_treebank(str(path), skipped.append, limit))
    assert all(each.file == str(path) for each in (*sentences, *skipped))
    return sentences, [(each.line, each.reason) for each in skipped]


def places(sentence):
    return [(word.form, sentence.text[word.start : word.end]) for word in sentence.words]


def whole(*forms):
    """Words that stand in the text as they are."""
    return [(form, form) for form in forms]


CASES = {
    "French: du is de and le, which share its place": (
        conllu(
            "1\tIl\t2\tnsubj",
            "2\tparle\t0\troot",
            "3-4\tdu",
            "3\tde\t5\tcase",
            "4\tle\t5\tdet",
            "5\tchien\t2\tobl:arg\tSpaceAfter=No",
            "6\t.\t2\tpunct",
            text="Il parle du chien.",
        ),
        [*whole("Il", "parle"), ("de", "du"), ("le", "du"), *whole("chien", ".")],
    ),
    "English: don't is do and n't, each in a place of its own": (
        conllu("1-2\tdon't", "1\tdo\t3\taux", "2\tn't\t3\tadvmod", "3\tgo\t0\troot", text="don't go"),
        whole("do", "n't", "go"),
    ),
    "English: a capital letter that the word has not": (
        conllu("1-2\tGonna", "1\tgoing\t3\taux", "2\tto\t3\tmark", "3\tgo\t0\troot", text="Gonna go"),
        [("going", "Gonna"), ("to", "Gonna"), ("go", "go")],
    ),
    "Arabic: a conjunction and a pronoun written to the word": (
        conllu("1-3\tوكتابها", "1\tو\t2\tcc", "2\tكتاب\t0\troot", "3\tها\t2\tnmod", text="وكتابها"),
        whole("و", "كتاب", "ها"),
    ),
    "Hebrew: an article that is not written, marked by underscores": (
        conllu("1-3\tבבית", "1\tב\t3\tcase", "2\tה\t3\tdet", "3\tבית\t0\troot", text="בבית"),
        [("ב", "בבית"), ("ה", "בבית"), ("בית", "בבית")],
    ),
    "Japanese: no blanks": (
        conllu(
            "1\t猫\t3\tnsubj\tSpaceAfter=No",
            "2\tが\t1\tcase\tSpaceAfter=No",
            "3\t寝る\t0\troot\tSpaceAfter=No",
            "4\t。\t3\tpunct\tSpaceAfter=No",
            text="猫が寝る。",
        ),
        whole("猫", "が", "寝る", "。"),
    ),
    "Chinese without text": (
        conllu("1\t我\t2\tnsubj\tSpaceAfter=No", "2\t爱\t0\troot\tTranslit=ài|SpaceAfter=No", "3\t你\t2\tobj"),
        whole("我", "爱", "你"),
    ),
    "Vietnamese: blanks inside of forms": (
        conllu("1\thọc sinh\t2\tnsubj", "2\tđọc\t0\troot", text="học  sinh đọc"),
        [("học sinh", "học  sinh"), ("đọc", "đọc")],
    ),
    "numbers with a blank that does not break": (
        conllu("1\t10 000\t2\tnummod", "2\tans\t0\troot", text="10\u00a0000 ans"),
        [("10 000", "10\u00a0000"), ("ans", "ans")],
    ),
    "blanks, tabs and wide blanks between words": (
        conllu("1\ta\t2\tdet", "2\tdog\t3\tnsubj", "3\tbarks\t0\troot", text="a  dog \t \u3000barks"),
        whole("a", "dog", "barks"),
    ),
    "no blank where SpaceAfter says nothing: the text decides": (
        conllu("1\tdog\t0\troot", "2\t.\t1\tpunct", text="dog."),
        whole("dog", "."),
    ),
    "text that goes on behind the last word": (conllu("1\tdog\t0\troot", text="dog … and more"), whole("dog")),
    "an empty node before a word, behind words, and first of all": (
        conllu("0.1\tthat", "1\tdog\t0\troot", "1.1\truns\t_\t_\tCopyOf=3", "2\tcat\t1\tconj", text="dog cat"),
        whole("dog", "cat"),
    ),
    "a token of one word, and two tokens in a row": (
        conllu(
            "1-1\tau", "1\tà\t3\tcase", "2-3\tdu", "2\tde\t3\tcase", "3\tle\t0\troot", text="au du"
        ),
        [("à", "au"), ("de", "du"), ("le", "du")],
    ),
    "a token of several words without text, with no blank behind it": (
        conllu("1-2\tdu\t_\t_\tSpaceAfter=No", "1\tde\t3\tcase", "2\tle\t3\tdet", "3\t!\t0\troot"),
        [("de", "du"), ("le", "du"), ("!", "!")],
    ),
    "an underscore as form and lemma": (conllu("1\t_\t0\troot", text="_"), whole("_")),
    "a number sign as form": (conllu("1\t#\t0\troot", "2\t#1\t1\tdep", text="# #1"), whole("#", "#1")),
    "two blanks inside of a form": (conllu("1\t10  000\t0\troot", text="10 000"), [("10 000", "10 000")]),
    "the other columns": (DOG.replace("_\t_\t_\t_\t3", "dog\tNOUN\tNN\tN=S|P=x\t3"), whole("the", "dog", "barks")),
    "enhanced dependencies and notes of any form": (
        DOG.replace("det\t_\t_", "det\t2:det|3.1:dep:x\t=|a=b=c|SpaceAfter").replace("nsubj\t_\t_", "nsubj\t?\t||"),
        whole("the", "dog", "barks"),
    ),
    "letters composed in the forms, decomposed in the text": (
        conllu("1\té\t2\tdet", "2\tdéjà\t0\troot", text=unicodedata.normalize("NFD", "é déjà")),
        [("é", "e\u0301"), ("déjà", unicodedata.normalize("NFD", "déjà"))],
    ),
    "letters decomposed in the forms, composed in the text": (
        conllu(f"1\t{KOREAN}\t2\tdet", "2\te\u0302\u0301\t0\troot", text="한국어 ế"),
        [(KOREAN, "한국어"), ("e\u0302\u0301", "ế")],
    ),
    "marks in another order": (
        conllu("1\ta\u0323\u0302\t0\troot", text="a\u0302\u0323"),
        [("a\u0323\u0302", "a\u0302\u0323")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_words_have_their_places(tmp_path, case):
    content, expected = CASES[case]
    (sentence,), skipped = read(tmp_path, content)
    assert places(sentence) == expected
    assert not skipped


def test_a_sentence_as_it_is(tmp_path):
    content = "# sent_id = 1\n# text_en = x\n#text= the dog \n" + conllu("1\tthe\t2\tdet:x", "2\tdog\t0\troot")
    ((sentence,), _) = read(tmp_path, "\n" + content)
    assert (sentence.text, sentence.line) == ("the dog", 2)
    first, second = sentence.words
    assert (first.form, first.head, first.relation, first.start, first.end) == ("the", 2, "det:x", 0, 3)
    assert (second.head, second.relation) == (0, "root")


def test_without_text_blanks_stand_where_none_is_denied(tmp_path):
    rows = conllu("1\tbarks\t0\troot\tSpaceAfter=No", "2\t,\t1\tpunct", "3\tloud\t1\tadvmod\tX=1|SpaceAfter=No")
    sentences, _ = read(tmp_path, rows + "# text =\n" + rows)
    assert [each.text for each in sentences] == ["barks, loud"] * 2


@pytest.mark.parametrize(
    "content",
    [
        DOG.replace("\n", "\r\n"),
        "\ufeff" + DOG,
        DOG.rstrip("\n"),
        DOG + "\n\n \t\n# a comment alone\n\n",
        "# a comment alone\n\n\n" + DOG,
        DOG.replace("\t_\n", "\t\n"),
    ],
)
def test_ends_of_lines_marks_and_comments(tmp_path, content):
    (sentence,), skipped = read(tmp_path, content)
    assert places(sentence) == whole("the", "dog", "barks")
    assert not skipped


MALFORMED = {
    "9 columns": (DOG.replace("\t_\n3", "\n3"), 3, "expected 10 columns between tabs, got 9"),
    "11 columns": (DOG.replace("\t_\n3", "\t_\t_\n3"), 3, "expected 10 columns between tabs, got 11"),
    "blanks": ("1  a  _\n", 1, "expected 10 columns between tabs, got 1"),
    "no ID": (DOG.replace("2\tdog", "\tdog"), 3, "expected an ID such as 3, 3-4 or 3.1, got ''"),
    "no form": (DOG.replace("2\tdog", "2\t\u00a0"), 3, "expected a form, got '\\xa0'"),
    "ID": (DOG.replace("2\tdog", "2a\tdog"), 3, "expected an ID such as 3, 3-4 or 3.1, got '2a'"),
    "ID behind a blank": (DOG.replace("2\tdog", " #2\tdog"), 3, "expected an ID such as 3, 3-4 or 3.1, got ' #2'"),
    "ID with a zero in front": (DOG.replace("2\tdog", "02\tdog"), 3, "expected an ID such as 3, 3-4 or 3.1, got '02'"),
    "head with a zero in front": (DOG.replace("\t3\t", "\t03\t"), 3, "expected the number of a word as HEAD, got '03'"),
    "ID of another script": (DOG.replace("2\tdog", "\u0662\tdog"), 3, "expected an ID such as 3, 3-4 or 3.1, got"),
    "ID of many digits": (DOG.replace("2\tdog", "9" * 5000 + "\tdog"), 3, "expected an ID such as 3, 3-4 or 3.1, got"),
    "IDs out of order": (conllu("2\ta\t0\troot", "1\tb\t2\tdep"), 1, "expected the ID 1, got 2"),
    "ID twice": (conllu("1\ta\t0\troot", "1\tb\t1\tdep"), 2, "expected the ID 2, got 1"),
    "ID from 0": (conllu("0\ta\t1\tdep", "1\tb\t0\troot"), 1, "expected the ID 1, got 0"),
    "token behind its words": (conllu("1\tb\t0\troot", "1-2\tba", "2\ta\t1\tdep"), 2, "expected the ID 2, got 1-2"),
    "tokens that overlap": (
        conllu("1-2\tba", "1\tb\t0\troot", "2-3\tax", "2\ta\t1\tdep", "3\tx\t1\tdep"),
        3,
        "expected the ID 2, got 2-3",
    ),
    "token that does not end": (
        conllu("1-9\tba", "1\tb\t0\troot"),
        1,
        "expected the words of 1-9, got none with the ID 2",
    ),
    "token from behind": (conllu("2-1\tba", "1\tb\t0\troot"), 1, "expected an ID such as 3, 3-4 or 3.1, got '2-1'"),
    "no head": (DOG.replace("\t3\t", "\t_\t"), 3, "expected the number of a word as HEAD, got '_'"),
    "head of letters": (DOG.replace("\t3\t", "\tx\t"), 3, "expected the number of a word as HEAD, got 'x'"),
    "head of many digits": (DOG.replace("\t3\t", f"\t{'9' * 5000}\t"), 3, "expected the number of a word as HEAD, got"),
    "head behind the last word": (DOG.replace("\t3\t", "\t4\t"), 3, "expected a HEAD from 0 to 3, got 4"),
    "head before the first word": (DOG.replace("\t3\t", "\t-1\t"), 3, "expected a HEAD from 0 to 3, got -1"),
    "no relation": (DOG.replace("nsubj", "_"), 3, "expected a relation as DEPREL, got '_'"),
    "two roots": (DOG.replace("\t3\t", "\t0\t"), 4, "expected one root, got a second one, 3 besides 2"),
    "own head": (DOG.replace("\t3\t", "\t2\t"), 3, "expected a tree, got a word, 2, whose heads lead back to it"),
    "cycle": (
        conllu("1\ta\t3\tdep", "2\tb\t0\troot", "3\tc\t4\tdep", "4\td\t3\tdep"),
        3,
        "expected a tree, got a word, 3, whose heads lead back to it",
    ),
    "no root": (conllu("1\ta\t2\tdep", "2\tb\t1\tdep"), 1, "expected a tree, got a word, 1, whose"),
    "empty nodes alone": (conllu("0.1\ta"), 1, "expected a word, got empty nodes alone"),
    "form that the text has not": (
        conllu("1\tthe\t2\tdet", "2\tcat\t0\troot", text="the dog"),
        3,
        "expected the form that `# text` goes on with, 'dog', got 'cat'",
    ),
    "text that ends early": (conllu("1\tthe\t2\tdet", "2\tcat\t0\troot", text="the"), 3, "goes on with, '', got 'cat'"),
    "form in another case": (conllu("1\tThe\t0\troot", text="the"), 2, "goes on with, 'the', got 'The'"),
    "form without its accent": (conllu("1\te\u0323\t0\troot", text="e\u0301"), 2, "goes on with"),
    "token that the text has not": (conllu("1-2\tdu", "1\tde\t0\troot", "2\tle\t1\tdet", text="de le"), 2, "got 'du'"),
    "bytes that are no text": (b"1\t\xff\t" + b"_\t" * 7 + b"_\n", 1, "byte 3 is not UTF-8 (0xff)"),
    "NUL": ("1\t\0\n", 1, "byte 3 is NUL, which no text has"),
    "a row of many bytes": ("1\t" + "x" * MOST_BYTES, 1, "expected a sentence of up to 16,384 rows in 4,194,304 bytes"),
    "many rows": (written(*["a 1 dep"] * (MOST_ROWS + 1)), MOST_ROWS + 2, "expected a sentence of up to 16,384 rows"),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_sentence_is_named_by_its_line_and_passed_over(tmp_path, case):
    content, line, reason = MALFORMED[case]
    content = content if isinstance(content, bytes) else content.encode()
    before = DOG.count("\n")
    sentences, skipped = read(tmp_path, DOG.encode() + content.rstrip(b"\n") + b"\n\n" + DOG.encode())
    assert [each.line for each in sentences] == [1, before + content.rstrip(b"\n").count(b"\n") + 3]
    ((at, why),) = skipped
    assert at - before == line
    assert why.startswith(reason) or reason in why
    assert len(why) < 250


def test_limit_counts_what_was_read_and_reads_no_further(tmp_path):
    sentences, skipped = read(tmp_path, "x\n\n" + DOG * 2 + "x\n\n" + DOG, limit=2)
    assert [each.line for each in sentences] == [3, 8]
    assert skipped == [(1, "expected 10 columns between tabs, got 1")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it has no sentence"),
        ("\n\n# a comment\n", "it has no sentence"),
        (b"\x89PNG\r\n" + b"\0" * 40, "it is a picture"),
        (gzip.compress(DOG.encode(), mtime=0), "it is a gzip archive"),
        (DOG.encode("utf-16"), "it is UTF-16 text"),
        ("some words\n\n" * MOST_HELD, "line 1: expected 10 columns between tabs, got 1"),
        ("\n\n\n" + "a" * 2**22 + "\n\n" + "b\n\n" * MOST_HELD, "line 4: expected "),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    with pytest.raises(AttnError) as error:
        read(tmp_path, content)
    assert f"cannot read '{tmp_path}/a.conllu': {message}" in error.value.message
    assert error.value.hint


@pytest.mark.parametrize("path", ["missing", ".", "/dev/zero"])
def test_what_is_no_file_is_refused(tmp_path, path):
    with pytest.raises(AttnError, match="cannot read") as error:
        next(read_treebank(path if path.startswith("/") else str(tmp_path / path), pytest.fail))
    assert error.value.in_words()[1].startswith("a treebank is a file of CoNLL-U")


@pytest.mark.parametrize("name", ["a.conllu", "-"])
def test_a_file_of_another_kind_leads_to_treebanks(tmp_path, monkeypatch, name):
    (tmp_path / "a.conllu").write_bytes(b"\x7fELF" + b"\0" * 40)
    with (tmp_path / "a.conllu").open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(AttnError, match="it is a program") as error:
            next(read_treebank(name, pytest.fail))
    assert error.value.in_words()[1].startswith("a treebank is a file of CoNLL-U")


def test_packed_files(tmp_path):
    zstandard = pytest.importorskip("zstandard")
    for name, pack in (("a.conllu.gz", gzip.compress), ("a.conllu.zst", zstandard.compress)):
        assert len(read(tmp_path, pack(DOG.encode() * 3), name=name)[0]) == 3


def test_standard_input_is_read_while_it_goes_on(monkeypatch):
    reader, writer = os.pipe()
    with open(reader) as stream, open(writer, "w") as source:
        monkeypatch.setattr(sys, "stdin", stream)
        found = read_treebank("-", pytest.fail)
        for line in (1, 6):
            source.write(DOG)
            source.flush()
            sentence = next(found)
            assert (sentence.file, sentence.line) == ("-", line)
        source.close()
        assert next(found, None) is None


def test_without_standard_input_one_line_says_so(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="there is no standard input"):
        next(read_treebank("-", pytest.fail))


def test_a_long_treebank_takes_no_more_memory_than_a_short_one(tmp_path):
    path = tmp_path / "long.conllu"
    path.write_text(f"# note = {'x' * 4000}\n{DOG}" * 5000)  # 20 MB
    peaks = []
    for count in (1000, 5000):
        tracemalloc.start()
        assert sum(1 for _ in read_treebank(str(path), pytest.fail, count)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_without_the_package_one_line_says_how_it_comes(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "conllu", None)
    with pytest.raises(ResourceError, match="a treebank needs the package conllu") as error:
        read(tmp_path, DOG)
    assert error.value.hint == extras.install_command(*extras.requirements("treebank"))


FORM = st.text("aé\u0301漢\u200dx'", min_size=1, max_size=3)
WORD = st.tuples(FORM, st.integers(0, 8), st.sampled_from(["_", "SpaceAfter=No"]))


@given(words=st.lists(WORD, min_size=1, max_size=8))
def test_heads_are_a_tree_or_the_sentence_is_malformed(tmp_path_factory, words):
    """A plain walk to the root from every word decides; the words of a sentence without text fill it in order."""
    heads = [head for _, head, _ in words]
    rows = [f"{number}\t{form}\t{head}\tdep\t{misc}" for number, (form, head, misc) in enumerate(words, 1)]
    sentences, skipped = read(tmp_path_factory.getbasetemp(), conllu(*rows), name="tree.conllu")
    is_tree = heads.count(0) == 1 and max(heads) <= len(heads) and all(map(leads_to_root(heads), heads))
    assert (len(sentences), len(skipped)) == (is_tree, not is_tree)
    for sentence in sentences:
        assert places(sentence) == whole(*(form for form, _, _ in words))
        assert all(a.end <= b.start for a, b in zip(sentence.words, sentence.words[1:], strict=False))


def leads_to_root(heads):
    def walk(head):
        for _ in heads:
            head = head and heads[head - 1]
        return not head

    return walk
