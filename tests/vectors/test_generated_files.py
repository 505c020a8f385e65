"""Properties over generated sets: what was written in any form, packed in any way, is what is read."""

import bz2
import gzip
import lzma
import re
import struct
import zipfile
from io import BytesIO
from unicodedata import category

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support.vector_files import binary

from attncli.errors import ResourceError
from attncli.vectors import open_vectors
from attncli.vectors.formats.rows import ends_in_number
from attncli.vectors.gensim_parts import keyed_vectors

ASCII_BLANKS = " \t\n\r\v\f"
letters = st.characters(exclude_characters="\0\n\r", exclude_categories=["Cs"])
words = st.lists(st.text(letters, max_size=8), min_size=1, max_size=20, unique=True)
numbers = st.floats(-(2.0**100), 2.0**100, width=32)


def zipped(content):
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("set", content)
    return file.getvalue()


packings = st.sampled_from([bytes, gzip.compress, bz2.compress, lzma.compress, zipped])


def text(keys, rows):
    lines = [
        f"{len(rows)} {len(rows[0])}",
        *(f"{key} {' '.join(map(repr, row))}" for key, row in zip(keys, rows, strict=True)),
    ]
    return "\n".join(lines).encode()


@st.composite
def sets(draw, alphabet=words):
    """Words, and a row [d] for each: the same d, float32."""
    keys = draw(alphabet)
    width = draw(st.integers(1, 5))
    return keys, [draw(st.lists(numbers, min_size=width, max_size=width)) for _ in keys]


def may_be_text(content):
    """Whether the bytes of all numbers happen to be printable text in UTF-8: nothing in the file says they are none."""
    try:
        return not any(category(letter) == "Cc" and letter not in ASCII_BLANKS for letter in content.decode())
    except UnicodeDecodeError:
        return False


def may_be_letters(number):
    """Whether a number's bytes are letters: a row that begins so is refused, as the rest of a word with blanks."""
    return abs(number) > 1e15 and re.fullmatch(b"[A-Za-z ]{4}", struct.pack("<f", number)) is not None


def agree(path, keys, rows):
    vectors = open_vectors(path)
    assert vectors.text(range(len(keys))) == keys
    np.testing.assert_array_equal(vectors.rows(range(len(keys))), rows)
    assert vectors.find(keys) == {key: row for row, key in enumerate(keys)}


@settings(max_examples=60, deadline=None)
@given(generated=sets(), pack=packings, form=st.sampled_from(["text", "binary", "kv"]))
@example(generated=(["\x80"], [[44.09490966796875]]), pack=bytes, form="binary")  # a control, and `0a0B`
def test_what_was_written_is_what_is_read(tmp_path_factory, generated, pack, form):
    keys, rows = generated
    if form == "text":  # blanks at an end of a word belong to nobody
        keys = list(dict.fromkeys(key.strip(ASCII_BLANKS) for key in keys))
        rows = rows[: len(keys)]
        assume(not any(ends_in_number(key.encode()) for key in keys))  # `0 0`: a row that is too long looks so
        content = text(keys, rows)
    elif form == "binary":
        keys = list(dict.fromkeys(key.replace(" ", "_") for key in keys))
        rows = rows[: len(keys)]
        content = binary([key.encode() for key in keys], rows)
        assume(not may_be_text(content))
        assume(not any(may_be_letters(row[0]) for row in rows))
    path = tmp_path_factory.mktemp("generated") / "set"
    if form == "kv":
        vectors = keyed_vectors()(len(rows[0]))
        vectors.add_vectors(keys, np.array(rows, dtype=np.float32))
        vectors.save(str(path))
        content = path.read_bytes()
    path.write_bytes(pack(content))
    agree(path, keys, rows)


@settings(max_examples=60, deadline=None)
@given(generated=sets(), pack=packings, cut=st.integers(1, 60), form=st.sampled_from([text, "binary"]))
def test_what_was_cut_is_refused_or_ends_in_a_shorter_number(tmp_path_factory, generated, pack, cut, form):
    """Text that ends in the middle of its last number is whole to anybody who was not told its length."""
    keys, rows = generated
    keys = [f"w{number}" for number in range(len(keys))]
    content = text(keys, rows) if form is text else binary([key.encode() for key in keys], rows, newline=b"")
    packed = pack(content)
    path = tmp_path_factory.mktemp("cut") / "set"
    path.write_bytes(packed[: max(0, len(packed) - cut)])
    try:
        vectors = open_vectors(path)
    except ResourceError:
        return
    assert form is text
    assert pack is bytes
    np.testing.assert_array_equal(vectors.rows(range(len(rows) - 1)), rows[:-1] or np.zeros((0, len(rows[0]))))


@settings(max_examples=100, deadline=None)
@given(
    content=st.binary(max_size=300),
    head=st.sampled_from([b"", b"2 2\n", b"a 1 2\n", b"\xba\x16\x4f\x2f\x0c\0\0\0", b"\x80\x04"]),
)
def test_any_bytes_are_refused_in_one_line_or_read(tmp_path_factory, content, head):
    path = tmp_path_factory.mktemp("any") / "set"
    path.write_bytes(head + content)
    try:
        vectors = open_vectors(path)
    except ResourceError as error:
        refusal = error.message
    else:
        refusal = str(path)
        assert np.isfinite(vectors.rows(range(vectors.words))).all()
    assert str(path) in refusal
