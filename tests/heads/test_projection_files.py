"""Hostile projections files: any header, and numbers that grow; numbers or one line, never a warning."""

import io
import json
import re
import struct
import zipfile

import numpy as np
import pytest

from attncli.attention.similarity import method_of
from attncli.cli.app import run
from attncli.errors import ResourceError
from attncli.files.npz import read_npy_header
from attncli.heads.file import read_heads
from attncli.settings.explanation import METHODS

D = 200  # of attn-en
SENTENCE = "the dog sees the cat"
RNG = np.random.default_rng(5)
PLAIN = {name: RNG.normal(size=(1, D, 4)) / 14 for name in ("w_q", "w_k", "w_v")}
WHOLE = PLAIN | {
    "w_o": RNG.normal(size=(4, D)) / 2,
    "general_w": RNG.normal(size=(1, 4, 4)),
    "additive_w_q": RNG.normal(size=(1, 4, 3)),
    "additive_w_k": RNG.normal(size=(1, 4, 3)),
    "additive_u": RNG.normal(size=(1, 3)),
    "kernel_sigma": np.ones(1),
    "temperature": np.ones(1),
    "b_q": np.ones((1, 4)),
    "position_bias": np.ones((1, 3)),
    "key_offset_bias": np.ones((1, 3, 4)),
    "input_scale": np.array(2.0),
}


def header(text, version=(1, 0)):
    """The beginning of a member that says `text`."""
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text.encode("latin-1")


def said(dtype="'<f8'", order="False", shape="(1, 200, 4)"):
    return f"{{'descr': {dtype}, 'fortran_order': {order}, 'shape': {shape}, }}"


def archive(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return stream.getvalue()


HEADERS = {
    "nothing": "",
    "unclosed": "{'descr': '<f8', 'fortran_order': False, 'shape': (1,",  # TokenError
    "a statement": "import os",  # SyntaxError
    "deep": "(" * 9000,  # RecursionError or MemoryError
    "deep shape": said(shape="(" * 4000 + ")" * 4000),
    "a call": said(shape="(__import__('os').getpid(),)"),
    "arithmetic": said(shape="(9**9**9,)"),
    "a string as shape": said(shape="'abc'"),
    "many axes": said(shape="(" + "1," * 99 + ")"),
    "long axis": said(shape="(" + "9" * 4000 + ",)"),
    "negative": said(shape="(-1, 200, 4)"),
    "a float": said(shape="(1.0, 200, 4)"),
    "structured": said("[('a', '<f8'), ('b', '<f4')]"),
    "object": said("'|O'"),
    "text": said("'<U4'"),
    "dates": said("'<M8[s]'"),
    "bool": said("'|b1'"),
    "complex": said("'<c16'"),
    "no such size": said("'<f3'"),
    "old code": said("'a8'"),
    "subarray": said("'(2,3)f8'"),
    "escape": said(r"'\x1b[31m'"),
    "twice": "{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 200, 4)}",
    "another key": "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 200, 4), 'x': 1}",
    "no order": "{'descr': '<f8', 'shape': (1, 200, 4)}",
    "order is no word": said(order="1"),
    "null bytes": "\0" * 60,
    "octal": said(shape="(01, 0200, 4)") + "x",
}


@pytest.mark.parametrize("text", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("name", ["w_k", "vectors_checksum"])
def test_a_header_that_says_anything_is_one_line(tmp_path, name, text):
    good = {key: np.lib.format.header_data_from_array_1_0(array) for key, array in PLAIN.items()}
    members = {key: header(str(told)) + PLAIN[key].tobytes() for key, told in good.items()}
    (tmp_path / "p.npz").write_bytes(archive(**members | {name: header(text) + bytes(8 * 800)}))
    with pytest.raises(ResourceError, match=r"p\.npz.*" + name) as caught:
        read_heads(tmp_path / "p.npz", D)
    assert len(caught.value.message) < 300 + len(str(tmp_path))
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("array", [np.ones((2, 3)), np.ones(()), np.ones((0, 4)), np.asfortranarray(np.ones((3, 2)))])
@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2", "|u1", ">i8", "longdouble"])
def test_headers_as_numpy_writes_them(version, array, dtype):
    stream, array = io.BytesIO(), array.astype(dtype, order="K")
    np.lib.format.write_array(stream, array, version)
    end = stream.tell() - array.nbytes
    stream.seek(0)
    by_column = array.flags.f_contiguous and not array.flags.c_contiguous
    assert read_npy_header(stream) == (array.shape, by_column, array.dtype)
    assert stream.tell() == end


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", ">f4", "<f2", "longdouble", "<i4", ">i2", "|u1", "|i1"])
def test_numbers_of_every_type_are_read(tmp_path, dtype):
    arrays = {name: np.asfortranarray(np.round(array * 9)).astype(dtype, order="K") for name, array in PLAIN.items()}
    np.savez_compressed(tmp_path / "p.npz", **arrays)
    np.testing.assert_array_equal(read_heads(tmp_path / "p.npz", D).w_k, arrays["w_k"].astype(np.float64))


def encrypted(content):
    """The flag of encryption set, in both headers."""
    local, central = content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8
    for place in (local, central):
        content = content[:place] + b"\x01" + content[place + 1 :]
    return content


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (encrypted(archive(w_q=b"x")), "encrypted"),
        (archive(**{"w_q.npy/w_q": b""}), "expected an array w_q"),
        (archive(**{"\x1b[31mw_q\n": b""}), "expected an array w_q, got no known array"),
        (archive(w_q=b"\x93NUMPY\x09\x00"), "unknown format version"),
        (archive(w_q=b"\x93NUM"), "does not begin"),
        (archive(w_q=header(said(shape="(1, 200, 4)"))), "0 bytes follow"),
        (
            archive(w_q=header(said("'|u1'", shape="(9000000,)")) + bytes(9_000_000)),
            "too many for a file",
        ),  # in float64
    ],
)
def test_archives_that_are_none(tmp_path, content, reason):
    (tmp_path / "p.npz").write_bytes(content)
    with pytest.raises(ResourceError, match=reason) as caught:
        read_heads(tmp_path / "p.npz", D)
    assert caught.value.message.isprintable()


GROWN = [(name, factor) for name in WHOLE for factor in (1e300, 1e-320)]


@pytest.mark.parametrize(("name", "factor"), [*GROWN, ("w_q", 1e150), ("w_v", 1e80), ("w_o", 1e80)])
def test_numbers_that_grow_are_numbers_or_a_refusal(tmp_path, capfd, name, factor):
    """pytest's filter makes every warning an error, which would be a fault of ours to report."""
    np.savez(tmp_path / "p.npz", **WHOLE | {name: WHOLE[name] * factor})
    for method in {"scaled", "cosine", *(method for method in METHODS if name in method_of(method).parameters)}:
        for more in (["--json", "--full", "--layers", "3"], ["--word", "dog"]):
            options = ["--mode", "qkv", "--method", method, "--projections", str(tmp_path / "p.npz")]
            code = run(["explain", SENTENCE, *options, *more])
            out, err = capfd.readouterr()
            assert code in (0, 3), err
            assert "report" not in err
            assert (code == 3) == (out == "")
            assert code == 0 or "p.npz" in err
            assert not re.search(r"(?<![\w'\"])-?(nan|inf)(?![\w'\"])", out)
            if out and "--json" in more:
                assert _nulls(json.loads(out)) == []


def _nulls(record):
    names = ("scores", "weights", "queries", "keys", "values", "outputs")
    return [name for name in names if None in _flat(record.get(name, 0))]


def _flat(numbers):
    return [each for part in numbers for each in _flat(part)] if isinstance(numbers, list) else [numbers]


@pytest.mark.parametrize(("name", "number"), [("kernel_sigma", 0), ("temperature", -1), ("input_scale", 0)])
def test_what_must_be_above_zero_is(tmp_path, name, number):
    np.savez(tmp_path / "p.npz", **WHOLE | {name: np.full_like(WHOLE[name], number)})
    with pytest.raises(ResourceError, match=name):
        read_heads(tmp_path / "p.npz", D)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_finite_number_names_its_array(tmp_path, name, number):
    np.savez(tmp_path / "p.npz", **WHOLE | {name: np.full_like(WHOLE[name], number)})
    with pytest.raises(ResourceError, match=name):
        read_heads(tmp_path / "p.npz", D)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", ("a Git LFS pointer", "git lfs pull")),
        (b"<!DOCTYPE html>\n<html><body>Not found</body></html>\n", ("a web page", "read it")),
        (b"a" * 257 + b"ustar\0", ("a tar archive", "tar xf")),
        (b"w_q,w_k,w_v\n1,2,3\n", ("a table with commas", "numpy.savez")),
        (b"\x93NUMPY\x01\0", ("a NumPy .npy file", "numpy.savez")),
    ],
)
def test_a_file_that_is_no_npz_is_named_for_what_it_is(write, content, told):
    with pytest.raises(ResourceError) as refused:
        read_heads(write(content, "p.npz"), D)
    assert told[0] in refused.value.message
    assert told[1] in refused.value.hint


def test_a_checkpoint_of_pytorch_is_no_file_of_projections(tmp_path):
    with zipfile.ZipFile(tmp_path / "p.npz", "w") as archive:
        archive.writestr("p/data.pkl", b"\x80\x02}.")
    with pytest.raises(ResourceError, match="PyTorch"):
        read_heads(tmp_path / "p.npz", D)
