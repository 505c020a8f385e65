"""Refused files on the command line: exit 3, two lines that name the file, nothing kept."""

import gzip
import json
import os
import pickle
import resource
import struct

import numpy as np
import pytest
from gensim.models import KeyedVectors
from support.command import attn_process
from support.vector_files import GENSIM_DATA, TEXT, binary

GIGABYTES_3 = 3 * 2**30


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (GIGABYTES_3, GIGABYTES_3))


def explained(path, home):
    options = ["--vectors", str(path), "--json"]
    return attn_process("explain", "cat dog", *options, env={"ATTN_HOME": str(home)}, preexec_fn=limited)


class Payload:
    def __reduce__(self):
        return os.system, ("touch touched",)


MODEL = (GENSIM_DATA / "toy-model.bin").read_bytes()
REFUSED = {
    "many rows": b"1000000000000 300\ncat 1\n",
    "one number": b"100000000 1\ncat 1\n",
    "many dimensions": b"1 1000000000000\ncat 1\n",
    "too many dimensions": b"1 65537\ncat 1\n",
    "negative": b"-5 3\ncat 1 2 3\n",
    "no dimensions": b"2 0\ncat\ndog\n",
    "long line": b"1 2\ncat " + b"1" * 5_000_000 + b"\n",
    "long first line": b"1" * 5_000_000,
    "binary cut": binary()[:-9],
    "fastText cut in its words": MODEL[:300],
    "fastText cut in its numbers": MODEL[:-30],
    "fastText magic": MODEL[:8] + bytes(200),
    "UTF-16": TEXT.decode().encode("utf-16"),
    "payload": pickle.dumps(Payload()),
    "payload packed": gzip.compress(pickle.dumps(Payload())),
    "hungry pickle": b"\x80\x04" + b"]" * 9_000_000 + b".",
    "row of one number": b"2 2\ncat 1 2\ndog 1\n",
    "long row": b"cat 1 2\ndog x 3 x\n",
    "nan": b"cat 1 2\ndog nan 3\n",
    "inf": b"cat 1 2\ndog inf 3\n",
    "1e400": b"cat 1 2\ndog 1e400 3\n",
    "gzip cut": gzip.compress(TEXT)[:-9],
    "gzip bomb": gzip.compress(b"1 2\ncat " + b"1" * 20_000_000),
    "npz": b"PK\x05\x06" + bytes(18),
    "safetensors": struct.pack("<Q", 99) + b'{"cat":{}}',
    "escape in its name \x1b]0;x\x07": b"no vectors",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_in_two_lines(tmp_path, attn_home, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(REFUSED[name])
    done = explained(tmp_path / name, attn_home)
    assert (done.returncode, done.stdout) == (3, "")
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    assert name.partition("\x1b")[0] in error
    assert "\x1b" not in done.stderr
    assert not list(attn_home.rglob("*.*"))
    assert not (tmp_path / "touched").exists()


def keyed_vectors_file(path):
    vectors = KeyedVectors(2)
    vectors.add_vectors(["cat", "dog"], np.eye(2, dtype=np.float32))
    vectors.save(str(path))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(TEXT),
        lambda path: path.write_bytes(TEXT[4:]),
        lambda path: path.write_bytes(binary()),
        lambda path: path.write_bytes(gzip.compress(binary())),
        lambda path: path.write_bytes(TEXT.replace(b"\n", b"\r\n")),
        lambda path: path.write_bytes(b"\xef\xbb\xbf" + TEXT),
        keyed_vectors_file,
    ],
)
def test_a_good_file_is_explained_within_3_gb_of_address_space(tmp_path, attn_home, write):
    write(tmp_path / "set")
    done = explained(tmp_path / "set", attn_home)
    assert (done.returncode, done.stderr) == (0, "")
    assert [token["text"] for token in json.loads(done.stdout)["tokens"]] == ["cat", "dog"]


@pytest.mark.parametrize("path", ["folder", "pipe", "/dev/zero", "s3://bucket/set.bin", "https://x.invalid/set.txt"])
def test_what_is_no_file_is_refused_unopened(tmp_path, attn_home, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    done = explained(path if ":" in path or path[0] == "/" else f"./{path}", attn_home)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (3, "", 2)
    assert path in done.stderr


def test_a_zero_vector_is_said_and_leaves_the_weights_finite(tmp_path, attn_home):
    (tmp_path / "set.txt").write_bytes(b"cat 1 2\ndog 0 0\n")
    done = explained(tmp_path / "set.txt", attn_home)
    assert np.isfinite(json.loads(done.stdout)["weights"]).all()
    assert "1 zero vectors" in done.stderr
