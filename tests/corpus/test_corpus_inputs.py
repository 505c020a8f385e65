"""Texts of every kind: packed files, pipes and other bytes, read within bounds or refused in one line."""

import gzip
import io
import os
import shlex
import shutil
import subprocess
import threading
from collections import namedtuple

import pytest
import zstandard
from support.command import COMMAND
from support.corpora import corpus_settings, run

import attncli.corpus.inputs as inputs
import attncli.files.unpacking as unpacking
from attncli.corpus.inputs import inputs_of, named_texts
from attncli.corpus.shards import plan_shards
from attncli.errors import AttnError, UsageError

TEXT = b"a dog\nthe king\n" * 50
FRAME = zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)
SKIPPED = b"\x53\x2a\x4d\x18\x05\x00\x00\x00notes"


def zstd_bomb(byte, blocks=2**16):
    """A frame of blocks that repeat a byte 2¹⁷ times: 256 kB for 8 GB."""
    block = (1 << 1 | 2**17 << 3).to_bytes(3, "little") + byte
    return b"\x28\xb5\x2f\xfd\x00\x58" + block * blocks


def gzip_bomb(byte):
    return gzip.compress(byte * 2**25, mtime=0)


@pytest.fixture
def small_bounds(monkeypatch):
    monkeypatch.setattr(unpacking, "FREE", 2**23)
    monkeypatch.setattr(inputs, "NO_LINE", 2**23)


def laid_out(path, limit=None, **how):
    (found,) = inputs_of([str(path)], path.parent / "run", None, limit, **how)
    with open(found.path, "rb") as file:
        return file.read()


@pytest.mark.parametrize("content", [zstd_bomb(b"\n"), gzip_bomb(b"\n"), zstd_bomb(b"\0"), gzip_bomb(b"\0")])
def test_what_unpacks_beyond_measure_is_refused_and_with_a_limit_read_no_further(write, small_bounds, content):
    path = write(content, "bomb.gz" if content[:1] == b"\x1f" else "bomb.zst")
    assert max(len(chunk) for chunk, _ in zip(inputs.unpacked(str(path)), range(5), strict=False)) <= 2**20
    with pytest.raises(AttnError, match=r"bomb.*(unpacks to over .* more than 200 times|a line of more than)"):
        laid_out(path)
    if any(b"\n" in chunk for chunk, _ in zip(inputs.unpacked(str(path)), range(5), strict=False)):
        assert laid_out(path, 10) == b"\n" * 10
    assert not [each for each in (path.parent / "run").rglob("*") if each.name.startswith(".")]


READ = [
    *((FRAME, TEXT), (FRAME * 3, TEXT * 3), (SKIPPED + FRAME + SKIPPED, TEXT), (b"", b"")),
    (zstandard.ZstdCompressor(write_content_size=False).compress(TEXT), TEXT),
    (zstandard.ZstdCompressor(level=19).compress(os.urandom(2**19).replace(b"\n", b" ")), None),
]


@pytest.mark.parametrize(("content", "expected"), READ)
def test_every_frame_is_read(write, content, expected):
    if expected is None:
        expected = zstandard.ZstdDecompressor().decompress(content)
    assert b"".join(inputs.unpacked(str(write(content, "text.zst")))) == expected


@pytest.mark.parametrize("name", ["cut.zst", "cut.gz"])
def test_a_file_that_ends_anywhere_in_the_middle_is_refused(write, name):
    whole = FRAME if name.endswith("zst") else gzip.compress(TEXT)
    for end in range(1, len(whole)):
        with pytest.raises(AttnError, match=r"cannot read '.*cut"):
            list(inputs.unpacked(str(write(whole[:end], name))))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.zst", FRAME + b"garbage", "broken zstd archive"),
        ("a.gz", gzip.compress(TEXT, mtime=0) + b"garbage", "gzip"),
        ("a.zst", b"\x28\xb5\x2f\xfd\x00\xff" + b"\x01\x00\x00", "broken zstd archive .*too much memory"),
        ("a.zst", FRAME[:-1] + b"x", "broken zstd archive"),
        ("a.zst", b"\x28\xb5\x2f\xfd\x00\x58\x07\x00\x00", "broken zstd archive"),
    ],
)
def test_what_is_wrong_with_a_packed_file_is_said(write, name, content, told):
    with pytest.raises(AttnError, match=f"cannot read '.*{name}': .*{told}"):
        list(inputs.unpacked(str(write(content, name))))


def test_of_a_giant_line_no_more_is_laid_out_than_shows_it(write, monkeypatch):
    monkeypatch.setattr(inputs, "LONGEST_LINE", 50)
    monkeypatch.setattr(inputs, "CHUNK", 5)
    content = b"first\n" + b"x" * 3000 + b"\nlast\n"
    assert laid_out(write(gzip.compress(content), "text.gz")) == b"first\n" + b"x" * 51 + b"\nlast\n"


def test_a_disk_is_not_filled_to_the_brim(write, monkeypatch):
    said = []
    monkeypatch.setattr(inputs, "CHECKED", 100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("usage", "free")(2**20))
    path = write(gzip.compress(TEXT), "text.gz")
    with pytest.raises(OSError, match="No space left on device"):
        laid_out(path, report=said.append)
    assert not any(each.is_file() for each in (path.parent / "run").rglob("*"))
    assert "as plain text in" in said[0]


SIGNED = [
    *((b"\x1f\x8bx", "gzip"), (FRAME, "zstd"), (b"BZh91AY&SYx", "bunzip2 -k"), (b"\xfd7zXZ\0x", "unxz -k")),
    *(
        (b"PK\x03\x04x", "zip archive"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (b"<!DOCTYPE html>\n<html><body>Not found</body></html>\n", "a web page"),
        (b"a" * 257 + b"ustar\0", "tar xf"),
        (b"7z\xbc\xaf\x27\x1c", "7z x"),
        (b"\x93NUMPY\x01\0", "a NumPy .npy file"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"GGUF\x03\0\0\0", "a GGUF model"),
        (b'\x38\0\0\0\0\0\0\0{"a":{}}', "a safetensors file"),
        (b"%PDF-1.7", "pdftotext"),
        ("é".encode("utf-16"), "iconv"),
    ),
]


@pytest.mark.parametrize(("content", "told"), SIGNED)
def test_what_is_no_text_is_named_for_what_it_is(write, content, told):
    path = str(write(content, "text.txt"))
    with pytest.raises(AttnError, match="cannot read") as refused:
        plan_shards(inputs_of([path], write(b"").parent, None, None))
    assert told in f"{refused.value.message} {refused.value.hint}"


def test_a_word_that_begins_as_a_packed_file_does_is_a_word(write):
    path = write(b"BZh is no word\n")
    assert plan_shards(inputs_of([str(path)], path.parent, None, None))


@pytest.mark.parametrize(("name", "told"), [("no.txt", "No such file"), (".", "a folder"), ("/dev/zero", "not a file")])
def test_what_is_no_file_is_refused(name, told):
    with pytest.raises(AttnError, match=told):
        named_texts([name])


def test_a_pipe_is_read_and_waited_for_with_a_word(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "PATIENCE", 0.01)
    pipe, said = tmp_path / "pipe", []
    os.mkfifo(pipe)
    writer = threading.Timer(0.3, lambda: pipe.write_bytes(TEXT))
    writer.start()
    (found,) = inputs_of([str(pipe)], tmp_path / "run", None, None, said.append)
    writer.join()
    assert said == [f"waiting for somebody to write to {str(pipe)!r}"]
    with open(found.path, "rb") as file:
        assert (found.name, file.read()) == (str(pipe), TEXT)


@pytest.mark.parametrize(
    ("again", "same"), [(TEXT, True), (b"", True), (TEXT[:-1], False), (b"x", False), (TEXT * 2, False)]
)
def test_going_on_with_a_stream_wants_the_same_text_or_none(tmp_path, again, same):
    inputs_of(["-"], tmp_path, io.BytesIO(TEXT), None)
    if same:
        inputs_of(["-"], tmp_path, io.BytesIO(again), None)
    else:
        with pytest.raises(UsageError, match="got another one"):
            inputs_of(["-"], tmp_path, io.BytesIO(again), None)


@pytest.mark.parametrize("how", ["{} < text.txt", "cat text.txt | {}"])
def test_standard_input_by_its_path_is_one_to_other_processes_too(tmp_path, write, how):
    write(TEXT, "text.txt")
    command = how.format(shlex.join([*COMMAND, "corpus", "/dev/stdin", "--jobs", "2", "--json", "-q"]))
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert '"texts": 100' in done.stdout


def test_text_that_is_laid_out_again_is_the_same(tmp_path, write):
    path = write(gzip.compress(TEXT), "text.gz")
    parts = []
    for _ in range(2):
        parts.append(run(tmp_path / "out", [path], corpus_settings(), resume=True).manifest["parts"])
        shutil.rmtree(tmp_path / "out" / "text")
    assert parts[0] == parts[1]
