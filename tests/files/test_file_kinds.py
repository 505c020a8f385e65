"""The kind of a file by its content, tested on files that the formats' own libraries wrote."""

import io
import os
import pickle
import sqlite3
import subprocess
import sys
import tarfile
import warnings
import zipfile

import duckdb
import numpy as np
import onnx
import pyarrow
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet
import pytest
import safetensors.numpy
import zstandard

from attncli.errors import ResourceError
from attncli.files.kinds import binary_kind, kind_of_file, text_kind
from attncli.vectors import open_vectors

TABLE = pyarrow.table({"a": [1, 2]})


def database(connect, statement):
    def write(path):
        connection = connect(path)
        connection.execute(statement)
        connection.close()

    return write


def members(**contents):
    def write(path):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in contents.items():
                archive.writestr(name.replace("__", "/"), content)

    return write


def tar(path, mode="w"):
    with tarfile.open(path, mode) as archive:
        archive.addfile(tarfile.TarInfo("glove.txt"), io.BytesIO())


def old_feather(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyarrow.feather.write_feather(TABLE, path, version=1)


def onnx_model(path):
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "g", [], []), producer_name="pytorch"), path)


def holding(content):
    def write(path):
        with open(path, "wb") as file:
            file.write(content)

    return write


def made(save, array):
    file = io.BytesIO()
    save(file, array)
    return holding(file.getvalue())


def pack(function):
    return holding(function(b"cat 1 2\n"))


FILES = {  # kind -> what makes one, each by the library of the format or, where that is none of attn's, by its document
    "tar": [tar],
    "zstd": [pack(zstandard.compress)],
    "npy": [made(np.save, np.eye(2))],
    "npz": [made(np.savez, np.eye(2))],
    "sqlite": [database(sqlite3.connect, "CREATE TABLE words (word)")],
    "duckdb": [database(duckdb.connect, "CREATE TABLE words (word INT)")],
    "parquet": [lambda path: pyarrow.parquet.write_table(TABLE, path)],
    "arrow": [lambda path: pyarrow.feather.write_feather(TABLE, path), old_feather],
    "orc": [lambda path: pyarrow.orc.write_table(TABLE, path)],
    "safetensors": [lambda path: safetensors.numpy.save_file({"a": np.eye(2)}, path)],
    "onnx": [onnx_model],
    "torch": [
        members(**{"archive__data.pkl": b"\x80\x02}.", "archive__version": b"3"}),
        holding(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."),  # before PyTorch 1.6
    ],
    "pickle": [holding(pickle.dumps([1]))],
    "office": [members(**{"[Content_Types].xml": b"<a/>", "word__document.xml": b""})],
    "keras": [members(**{"config.json": b"{}", "model.weights.h5": b""})],
    "hdf5": [holding(b"\x89HDF\r\n\x1a\n" + bytes(9))],
    "gguf": [holding(b"GGUF\3\0\0\0" + bytes(9))],
    "savedmodel": [holding(b"\x08\x01\x12\xf1\x07\n")],
    "tflite": [holding(b"\x1c\0\0\0TFL3\x14\0")],
    "sentencepiece": [holding(b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02")],
    "rar": [holding(b"Rar!\x1a\7\1\0")],
    "7z": [holding(b"7z\xbc\xaf'\x1c\0\4")],
    "pdf": [holding(b"%PDF-1.7\n")],
    "utf-16": [holding("cat 1 2\n".encode("utf-16"))],
    "lfs": [holding(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")],
    "html": [holding(b"<!DOCTYPE html>\n<html>"), holding(b"\xef\xbb\xbf\n <html lang=en>"), holding(b"<HEAD>")],
    "json": [holding(b'{"cat": [1, 2]}'), holding(b'[\n  {"a": 1}]'), holding(b"[[1, 2]]"), holding(b"{}")],
    "csv": [holding(b"cat,1,2\ndog,3,4\n"), holding(b'"a b", 1, 2\r\n'), holding(b"cat;1;2\n"), holding(b"word,d0,d1")],
    "xml": [holding(b'<?xml version="1.0"?><a/>')],
}


@pytest.mark.parametrize(("kind", "make"), [(kind, make) for kind, makers in FILES.items() for make in makers])
def test_every_kind_is_named_alone_and_as_vectors_with_a_way_on(tmp_path, monkeypatch, kind, make):
    monkeypatch.chdir(tmp_path)
    make("it's here.bin")
    assert kind_of_file("it's here.bin").key == kind
    if kind in ("zstd", "pickle"):  # are read
        return
    with pytest.raises(ResourceError) as caught:
        open_vectors("it's here.bin")
    assert kind_of_file("it's here.bin").name in caught.value.message
    assert "PATH" not in caught.value.hint
    assert caught.value.hint


@pytest.mark.parametrize(
    "content", [b"<html> 1 2\n", b"{ 1 2\n", b"[ 1 2\n", b", 1 2\n", b"PAR1 1 2\n", b"GGUF 1 2\n", b"%PDF 1 2\n",
                b"MZ 1 2\n", b"BM 1 2\n", b"#! 1 2\n", b"II 1 2\n", b"ORC 1 2\n", b"Rar! 1 2\n", b"7z 1 2\n"]
)  # fmt: skip
def test_a_word_that_is_a_signature_is_a_word(write, content):
    assert open_vectors(write(content)).words == 1


def test_a_packed_tar_archive_is_answered_with_the_command_that_unpacks_it(tmp_path):
    with tarfile.open(tmp_path / "v.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("glove.txt")
        info.size = 8
        archive.addfile(info, io.BytesIO(b"cat 1 2\n"))
    with pytest.raises(ResourceError, match="is a tar archive") as caught:
        open_vectors(tmp_path / "v.tar.gz")
    subprocess.run(caught.value.hint.partition(" unpacks it")[0], shell=True, check=True, cwd=tmp_path)
    assert open_vectors(tmp_path / "glove.txt").words == 1


def test_commas_become_blanks_by_the_command_of_the_hint(write):
    path = write(b"cat,1,2\ndog,3,4\n", "set.csv")
    with pytest.raises(ResourceError) as caught:
        open_vectors(path)
    subprocess.run(caught.value.hint.partition(" makes")[0], shell=True, check=True, cwd=path.parent)
    assert open_vectors(path.parent / "vectors.txt").rows([1]).tolist() == [[3, 4]]


@pytest.mark.parametrize("place", ["/dev/zero", "/", "missing", "pipe", "a\0b"])
def test_what_is_no_file_has_no_kind_and_is_not_waited_for(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    assert kind_of_file(place) is None


@pytest.mark.parametrize("content", [b"", b"\n", b"Hello, world.\n", b"the dog sees\n", bytes(600), b"3 2\ncat 1 2\n"])
def test_prose_and_word_vectors_have_no_kind(content):
    assert binary_kind(content) is None
    assert text_kind(content) is None


def test_the_table_costs_no_numpy():
    program = "import sys, attncli.files.kinds; assert not sys.modules.keys() & {'numpy', 'zipfile', 'gensim'}"
    subprocess.run([sys.executable, "-c", program], check=True)
