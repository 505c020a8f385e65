import gzip
import os
import pickle
import struct
import subprocess
import sys
import textwrap
import time
import zipfile

import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors, Word2Vec
from support.vector_files import GENSIM_DATA, contents

from attncli.errors import ResourceError
from attncli.vectors import open_vectors
from attncli.vectors.formats import unpickling

WORDS = ["cat", "the dog", "注意", "\x1b]0;x", ""]
MATRIX = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)  # [n, d]


@pytest.fixture
def theirs():
    vectors = KeyedVectors(4)
    vectors.add_vectors(WORDS, MATRIX)
    vectors.set_vecattr("cat", "count", 7)
    vectors.set_vecattr("cat", "note", "text")
    return vectors


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"separately": ["vectors"]},
        {"sep_limit": 1},
        {"pickle_protocol": 5},
        {"pickle_protocol": 3},
        {"pickle_protocol": 2},
        {"ignore": ["expandos"]},
    ],
)
def test_what_gensim_saved_is_read_equal(theirs, tmp_path, how):
    theirs.fill_norms()
    theirs.save(str(tmp_path / "set.kv"), **how)
    assert contents(tmp_path / "set.kv") == dict(zip(WORDS, MATRIX.astype(float).tolist(), strict=True))


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2"])
@pytest.mark.parametrize("how", [{}, {"separately": ["vectors"]}])
def test_numbers_of_any_width_and_order(theirs, tmp_path, dtype, how):
    theirs.vectors = MATRIX.astype(dtype)
    theirs.save(str(tmp_path / "set.kv"), **how)
    rows = open_vectors(tmp_path / "set.kv").rows(range(5))
    np.testing.assert_array_equal(rows, theirs.vectors.astype(np.float32))


def test_a_matrix_in_columns_and_one_in_rows(theirs, tmp_path):
    theirs.vectors = np.asfortranarray(MATRIX)
    theirs.save(str(tmp_path / "set.kv"))
    np.testing.assert_array_equal(open_vectors(tmp_path / "set.kv").rows(range(5)), MATRIX)


def test_a_packed_one_is_read(theirs, tmp_path):
    theirs.save(str(tmp_path / "set.kv.gz"))
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("set.kv", gzip.decompress((tmp_path / "set.kv.gz").read_bytes()))
    assert contents(tmp_path / "set.kv.gz") == contents(tmp_path / "set.zip")


def test_names_of_older_numpy_are_known():
    for core in ("numpy.core", "numpy._core"):
        assert (f"{core}.multiarray", "_reconstruct") in unpickling.GLOBALS
        assert (f"{core}.numeric", "_frombuffer") in unpickling.GLOBALS


def test_one_of_gensim_3_is_read():
    path = GENSIM_DATA / "old_keyedvectors_320.dat"
    theirs, ours = KeyedVectors.load(str(path)), open_vectors(path)
    assert ours.text(range(ours.words)) == theirs.index_to_key
    np.testing.assert_array_equal(ours.rows(range(ours.words)), theirs.vectors)


def test_another_side_file_is_another_set(theirs, tmp_path):
    theirs.save(str(tmp_path / "set.kv"), separately=["vectors"])
    open_vectors(tmp_path / "set.kv")
    np.save(tmp_path / "set.kv.vectors.npy", MATRIX + 1)
    np.testing.assert_array_equal(open_vectors(tmp_path / "set.kv").rows([0]), MATRIX[:1] + 1)


class Payload:
    """Does what its callable does as soon as anyone unpickles it."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


class Kept(KeyedVectors):
    """Its state is whatever it is told."""

    def __init__(self, state):
        self.state = state

    def __reduce__(self):
        return KeyedVectors, (1,), self.state


def touching(path):
    command = f"open({str(path)!r}, 'w').close()"
    yield Payload(exec, (command,))
    yield Payload(eval, (command,))
    yield Payload(os.system, (f"touch '{path}'",))
    yield Payload(subprocess.Popen, (["touch", str(path)],))
    yield Payload(os.open, (str(path), os.O_CREAT | os.O_WRONLY))
    yield Payload(np.load, (str(path) + ".npy",))
    yield Kept({"vectors": MATRIX, "index_to_key": WORDS, "norms": Payload(exec, (command,))})
    yield Kept(Payload(exec, (command,)))


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("name", ["x.kv", "x.txt", "x.gz"])
def test_a_payload_never_runs(tmp_path, attn_home, number, name, protocol):
    touched = tmp_path / "touched"
    payload = list(touching(touched))[number]
    content = pickle.dumps(payload, protocol=protocol)
    (tmp_path / name).write_bytes(gzip.compress(content) if name == "x.gz" else content)
    with pytest.raises(ResourceError) as caught:
        open_vectors(tmp_path / name)
    time.sleep(0.05 if number == 3 else 0)
    assert not touched.exists()
    assert str(tmp_path / name) in caught.value.message
    assert "pickle" in caught.value.message
    assert not list(attn_home.rglob("*.*"))


@pytest.mark.parametrize("stage", ["__scipys", "__numpys", "__recursive_saveloads"])
def test_a_payload_in_a_second_file_never_runs(tmp_path, stage):
    touched = tmp_path / "touched"
    state = {"index_to_key": WORDS, stage: ["vectors"], "vector_size": 4}
    content = pickle.dumps(Kept(state))
    payload = pickle.dumps(Payload(exec, (f"open({str(touched)!r}, 'w')",)))
    (tmp_path / "x.kv").write_bytes(content)
    for end in (".vectors", ".vectors.npy", ".vectors.data.npy"):
        (tmp_path / f"x.kv{end}").write_bytes(payload)
    with pytest.raises(ResourceError):
        open_vectors(tmp_path / "x.kv")
    np.save(
        tmp_path / "x.kv.vectors.npy", np.array([Payload(exec, (f"open({str(touched)!r}, 'w')",))]), allow_pickle=True
    )
    with pytest.raises(ResourceError):
        open_vectors(tmp_path / "x.kv")
    assert not touched.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04" + b"]" * 9_000_000 + b".",
        b"\x80\x04" + b"\x8f" * 3_000_000 + b".",  # empty sets
        b"\x80\x04Nr" + struct.pack("<I", 2**32 - 1) + b".",  # a memo of 32 GB
        b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"x.",  # bytes of 1 TB
        b"\x80\x04\x8d" + struct.pack("<Q", 2**40) + b"x.",
        b"\x80\x04\x95" + struct.pack("<Q", 2**40) + b"x.",
        b"\x80\x04\x8b" + struct.pack("<i", 2**31 - 1) + b"x.",
        b"\x80\x02" + b"(" * 1_000_000 + b".",
        b"\x80\x02\x82\x01.",  # a name from a registry
        b"\x80\x02Pname\n.",  # a persistent object
        b"\x80\x04.",
        b"\x80\x04",
        pickle.dumps({2**61 * i - i: 0 for i in range(1, 3000)}),
        pickle.dumps({"a": 1}),
        pickle.dumps(Kept({})),
        pickle.dumps(Kept({"index_to_key": [1, 2], "vectors": MATRIX})),
        pickle.dumps(Kept({"index_to_key": ["a"] * 5, "vectors": MATRIX[:4]})),
        pickle.dumps(Kept({"index_to_key": WORDS, "vectors": MATRIX[0]})),
        pickle.dumps(Kept({"index_to_key": WORDS, "vectors": MATRIX.astype(int)})),
        pickle.dumps(Kept({"index_to_key": WORDS, "vectors": MATRIX * np.nan})),
        pickle.dumps(Kept({"index_to_key": ["a\0b"], "vectors": MATRIX[:1]})),
        pickle.dumps(Kept({"index_to_key": ["x" * 1000] * 5, "vectors": MATRIX})),
        pickle.dumps(Kept({"index_to_key": WORDS, "vectors": np.array([Kept({})], dtype=object)})),
    ],
)
def test_a_hostile_pickle_is_refused_soon(tmp_path, attn_home, content):
    (tmp_path / "x.kv").write_bytes(content)
    started = time.process_time()
    with pytest.raises(ResourceError, match=r"x\.kv"):
        open_vectors(tmp_path / "x.kv")
    assert time.process_time() - started < 2
    assert not list(attn_home.rglob("*.*"))


def test_a_pickle_cut_anywhere_is_refused(theirs, tmp_path):
    theirs.save(str(tmp_path / "set.kv"))
    whole = (tmp_path / "set.kv").read_bytes()
    for length in range(2, len(whole), 29):
        (tmp_path / f"{length}.kv").write_bytes(whole[:length])
        with pytest.raises(ResourceError):
            open_vectors(tmp_path / f"{length}.kv")


@pytest.mark.parametrize(
    ("save", "says"),
    [
        (lambda path: Word2Vec([["a", "b"]], min_count=1, vector_size=2).save(path), "Word2Vec.load"),
        (lambda path: FastText([["a"]], min_count=1, vector_size=2, bucket=9).save(path), "save_facebook_model"),
        (lambda path: FastText([["a"]], min_count=1, vector_size=2, bucket=9).wv.save(path), "FastTextKeyedVectors"),
    ],
)
def test_a_model_is_refused_with_the_line_that_converts_it(tmp_path, save, says):
    path = str(tmp_path / "x.model")
    save(path)
    with pytest.raises(ResourceError) as caught:
        open_vectors(path)
    line = caught.value.hint.split('python -c "')[1].rstrip('"')
    assert says in line
    subprocess.run([sys.executable, "-c", line], check=True, cwd=tmp_path, stderr=subprocess.DEVNULL)
    assert open_vectors(tmp_path / "vectors.bin").words


@pytest.mark.parametrize("kept", [0, 1, 64, 128, -1, None])
def test_a_side_file_cut_or_missing_is_refused(theirs, tmp_path, kept):
    theirs.save(str(tmp_path / "set.kv"), separately=["vectors"])
    beside = tmp_path / "set.kv.vectors.npy"
    content = beside.read_bytes()
    beside.unlink()
    if kept is not None:
        beside.write_bytes(content[:kept])
    with pytest.raises(ResourceError, match=r"set\.kv"):
        open_vectors(tmp_path / "set.kv")


def npy(header):
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + bytes(400)


@pytest.mark.parametrize(
    "content",
    [
        *map(
            npy, (b"(((", b"{'descr': \n", b"\\", b"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 4)}")
        ),
        *map(npy, (b"{'descr': '|O', 'fortran_order': False, 'shape': (5, 4)}", b"{" * 9000)),
        npy(b"{'descr': '<f4', 'fortran_order': True, 'shape': (5, 4)}"),
        b"\x93NUMPY\x02\0\xff\xff\xff\xff{",
        b"\x93NUMPY\x09\0",
    ],
)
def test_a_side_file_that_lies_is_refused(theirs, tmp_path, content):
    theirs.save(str(tmp_path / "set.kv"), separately=["vectors"])
    (tmp_path / "set.kv.vectors.npy").write_bytes(content)
    with pytest.raises(ResourceError, match=r"set\.kv\.vectors\.npy"):
        open_vectors(tmp_path / "set.kv")


def test_the_limit_is_never_above_the_one_in_force(theirs, tmp_path):
    theirs.save(str(tmp_path / "set.kv"))
    program = """
        import resource, sys
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        from attncli.vectors.formats import unpickling
        unpickling.limit(10**12)
        assert resource.getrlimit(resource.RLIMIT_AS) == (2**30, 2**30)
        unpickling.limit(0)
        assert 0 < resource.getrlimit(resource.RLIMIT_AS)[0] < 2**30
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)
