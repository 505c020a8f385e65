import bz2
import gzip
import io
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import textwrap
import time
import zipfile

import pytest
import zstandard
from support.vector_files import TEXT, binary, contents

from attncli.errors import ResourceError
from attncli.files import unpacking
from attncli.vectors import keeping, open_vectors
from attncli.vectors.formats import content as file_content
from attncli.vectors.store.writing import StoreWriter


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def streamed_zst(content):
    """Without its size in its header, as a pipe into zstd makes it."""
    packed = zstandard.ZstdCompressor().compressobj()
    return packed.compress(content) + packed.flush()


def tarred(name, content):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


PACK = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda content: zipped(("folder/", b""), ("folder/set.txt", content)),
    "stored zip": lambda content: zipped(("set", content), method=zipfile.ZIP_STORED),
    "nameless zip": lambda content: zipped(("@@@", content)).replace(b"@@@", bytes(3)),
    "zst": lambda content: zstandard.compress(content),
    "two zst": lambda content: zstandard.compress(content[:9]) + zstandard.compress(content[9:]),
    "streamed zst": lambda content: streamed_zst(content),
    "zip of macOS": lambda content: zipped(
        ("set.txt", content), ("__MACOSX/", b""), ("__MACOSX/._set.txt", b"\0\5\x16\7"), (".DS_Store", b"\0\0\0\1Bud1")
    ),
    "zip with words about it": lambda content: zipped(
        ("d/README.md", b"Read me"), ("d/LICENSE", b"MIT"), ("d/meta.json", b"{}"), ("d/set.txt", content)
    ),
    "two gz": lambda content: gzip.compress(content[:9]) + gzip.compress(content[9:]),
    "two bz2": lambda content: bz2.compress(content[:9]) + bz2.compress(content[9:]),
    "two xz": lambda content: lzma.compress(content[:9]) + bytes(8) + lzma.compress(content[9:]),
}


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("content", [TEXT, binary(), TEXT[4:]])
@pytest.mark.parametrize("name", ["set.txt", "set.zip"])
def test_what_is_packed_is_recognised_by_content(write, packing, content, name):
    assert contents(write(PACK[packing](content), name)) == contents(write(content, "plain.txt"))


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst", "zip", "stored zip"])
def test_an_archive_cut_anywhere_is_refused(write, attn_home, packing):
    whole = PACK[packing](TEXT)
    for length in range(1, len(whole), 3):
        with pytest.raises(ResourceError):
            open_vectors(write(whole[:length], f"{length}.txt"))
    assert not list(attn_home.rglob("*.*"))


def line_of_600_mb():
    file = io.BytesIO()
    with gzip.open(file, "wb", 1) as packed:
        packed.write(b"1 2\na ")
        for _ in range(600):
            packed.write(bytes([49]) * 10**6)
    return file.getvalue()


def encrypted():
    content = bytearray(zipped(("set.txt", TEXT)))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + at] |= 1
    return bytes(content)


def hungry_xz():
    """Asks for a dictionary of 1.5 GB before it gives its first byte."""
    return lzma.compress(TEXT, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1610612736, "mode": lzma.MODE_FAST,
                                         "mf": lzma.MF_HC3, "nice_len": 8, "depth": 1}])  # fmt: skip


def hungry_zst():
    """Asks for a window of 512 MB."""
    parameters = zstandard.ZstdCompressionParameters(window_log=29, enable_ldm=True)
    packed = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packed.compress(TEXT) + packed.flush()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (line_of_600_mb, "a line of more than 4 MB"),
        (gzip.compress(b"1000000000000 300\na 1\n", mtime=0), "claims 1000000000000 rows"),
        (gzip.compress(TEXT, mtime=0) + b"more", "broken gzip"),
        (gzip.compress(TEXT, mtime=0)[:-6] + b"\0\0\0\0\0\0", "broken gzip"),
        (b"\x1f\x8bnot gzip", "broken gzip"),
        (b"BZh91AY&SYnot bzip2", "broken bzip2"),
        (b"\xfd7zXZ\x00not xz", "broken xz"),
        (b"PK\x03\x04not zip", "broken zip"),
        (b"\x28\xb5\x2f\xfdnot zstd", "broken zstd"),
        (hungry_zst, "broken zstd archive"),
        (zipped(), "zip archive without a file in it"),
        (zipped(("__MACOSX/._a.txt", TEXT)), "zip archive without a file in it"),
        (zipped(("a.txt", TEXT), ("b.txt", TEXT)), "zip archive of 2 files (a.txt, b.txt)"),
        (zipped(("../x", TEXT)), "outside of it: '../x'"),
        (zipped(("/etc/x", TEXT)), "outside of it: '/etc/x'"),
        (zipped(("..\\x", TEXT)), "outside of it"),
        (zipped(("c:x", TEXT)), "outside of it"),
        (zipped(("set.zip", zipped(("set.txt", TEXT)))), "holds a zip archive in a zip archive"),
        (gzip.compress(gzip.compress(TEXT, mtime=0), mtime=0), "holds a gzip archive in a gzip archive"),
        (zipped(("a.npy", b"\x93NUMPY\x01\0")), "is a NumPy .npz file"),
        (zipped(("m/data.pkl", b"\x80\x02}."), ("m/version", b"3"), ("m/data/0", bytes(4))), "is a PyTorch checkpoint"),
        (tarred("glove.txt", TEXT), "is a tar archive"),
        (gzip.compress(tarred("glove.txt", TEXT), mtime=0), "is a tar archive"),
        (gzip.compress(b"<!DOCTYPE html><html>", mtime=0), "holds a web page"),
        (zipped(("set.txt", TEXT), method=zipfile.ZIP_LZMA), "packed in an unusual way"),
        (encrypted, "encrypted"),
        (hungry_xz, "broken xz archive"),
        (gzip.compress(TEXT.decode().encode("utf-16"), mtime=0), "UTF-16"),
        (gzip.compress(b"", mtime=0), "is not word vectors"),
        (struct.pack("<Q", 60) + b'{"a":{"dtype":"F32"}}', "safetensors"),
    ],
)
def test_a_bad_archive_is_refused_and_nothing_is_written(write, attn_home, content, says):
    path = write(content() if callable(content) else content)
    started = time.process_time()
    with pytest.raises(ResourceError) as caught:
        open_vectors(path)
    assert time.process_time() - started < 2
    assert says in caught.value.message
    assert str(path) in caught.value.message
    assert not list(attn_home.rglob("*.*"))
    assert set(os.listdir(path.parent)) <= {path.name, attn_home.name}


def test_what_unpacks_to_far_more_than_word_vectors_do_is_refused(write, monkeypatch):
    monkeypatch.setattr(unpacking, "FREE", 10_000)
    with pytest.raises(ResourceError, match="unpacks to over"):
        open_vectors(write(gzip.compress(b"a 0 0 0\n" * 10_000)))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress, PACK["zip"]])
def test_a_bomb_is_noticed_as_soon_as_it_goes_off(write, monkeypatch, attn_home, pack):
    """However much of the archive is still to come: what was unpacked is held against what was read for it."""
    monkeypatch.setattr(unpacking, "FREE", 10**6)
    written = []
    monkeypatch.setattr(StoreWriter, "add", lambda new, words, vectors: written.append(vectors.nbytes))
    content = b"".join(b"word%d" % i + b" 0" * 900 + b"\n" for i in range(9_000))  # 16 MB, and 32 MB in a store
    with pytest.raises(ResourceError, match="unpacks to over") as caught:
        open_vectors(write(pack(content) + os.urandom(10**6) * (pack is not PACK["zip"])))
    assert "unpack it" in caught.value.hint
    assert sum(written) < 2 * 10**7
    assert not list(attn_home.rglob("*.*"))


def test_a_limit_ends_the_unpacking(write, monkeypatch):
    """Of 200 MB that are packed in 200 KB the first 10 words are read, before any ceiling is met."""
    path = write(gzip.compress(b"".join(b"w%d" % i + b" 0" * 1000 + b"\n" for i in range(100_000)), 1), "bomb.gz")
    read = []
    original = unpacking.Unpacked.readinto
    monkeypatch.setattr(unpacking.Unpacked, "readinto", lambda *args: read.append(original(*args)) or read[-1])
    assert keeping.add(str(path), limit=10).words == 10
    assert sum(read) < 8 * 2**20


def test_an_archive_of_several_files_is_answered_with_the_command_that_takes_one_out(write):
    path = write(zipped(("glove.6B/50d.txt", TEXT), ("glove.6B/100d.txt", TEXT)), "glove.zip")
    with pytest.raises(ResourceError) as caught:
        open_vectors(path)
    command = caught.value.hint.partition(" takes one out; ")[0]
    subprocess.run(command, shell=True, check=True, cwd=path.parent, stdout=subprocess.DEVNULL)
    assert contents(path.parent / "glove.6B" / "50d.txt") == contents(write(TEXT))


def test_an_archive_of_zstd_says_which_package_reads_it(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(ResourceError, match="needs the package zstandard"):
        open_vectors(write(PACK["zst"](TEXT)))


def test_a_table_of_contents_without_end_is_not_read(write, monkeypatch):
    monkeypatch.setattr(file_content, "CONTENTS", 1000)
    with pytest.raises(ResourceError, match="table of contents"):
        open_vectors(write(zipped(*((f"{i}.txt", b"") for i in range(100)))))


def test_refusing_a_bomb_takes_little_memory(write):
    path = write(line_of_600_mb())
    program = f"""
        from attncli.vectors import open_vectors
        try:
            open_vectors({str(path)!r})
        except Exception as error:
            assert "4 MB" in str(error)
            print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, capture_output=True)
    assert 0 < int(done.stdout) < 200_000  # KB, most of them gensim's own modules
