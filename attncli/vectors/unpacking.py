"""Packed files as streams: nothing is written anywhere, and neither memory nor length is left to the archive."""

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from attncli.vectors.refusal import refused

CHUNK = 2**20  # bytes unpacked at a time
LZMA_MEMORY = 192 * 2**20  # bytes; what `xz -9` made needs 65 MB to unpack, a hostile file may ask for 4 GB
RATIO = 100  # word vectors pack to a half or a third; what grows a hundredfold is none
FREE = 256 * 2**20  # bytes that may come out of any archive, however small
CONTENTS = 2 * 2**20  # bytes; the table of contents of a zip archive, which zipfile reads whole
SIGNATURES = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip"}
FAULTS = (EOFError, OSError, ValueError, LookupError, RuntimeError, struct.error, zlib.error, lzma.LZMAError,
          zipfile.BadZipFile)  # fmt: skip


class Readable(Protocol):
    """What gives its next bytes, b"" at the end."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes."""


def packing_of(head: bytes) -> str | None:
    """The name of the packing of a file with these first bytes, None for none."""
    return next((name for signature, name in SIGNATURES.items() if head.startswith(signature)), None)


def most_bytes(size: int) -> int:
    """How many bytes may come out of an archive of `size` bytes."""
    return max(FREE, RATIO * size)


class Unpacked(io.RawIOBase):
    """What the archive `file` holds, counted against what it may hold. Every fault of it becomes a ResourceError."""

    def __init__(self, path: str, file: BinaryIO, packing: str) -> None:
        self._path, self._file, self._packing = path, file, packing
        self._most = most_bytes(file.seek(0, io.SEEK_END))
        self._rewind()

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is: forward by reading on, backward by starting again."""
        return True

    def tell(self) -> int:
        """Bytes unpacked so far."""
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer has no length
        """The next bytes into `buffer`, and how many they are; 0 at the end."""
        try:
            chunk = self._source.read(min(len(buffer), CHUNK))
        except (*FAULTS, MemoryError) as error:
            raise self._broken(error) from error
        self._at += len(chunk)
        if self._at > self._most:
            raise refused(self._path, f"unpacks to over {self._most >> 20} MB, as no word vectors of its size do")
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte counted from the start or from here."""
        target = offset + (self._at if whence == io.SEEK_CUR else 0)
        if target < self._at:
            self._rewind()
        while self._at < target and self.readinto(memoryview(bytearray(min(CHUNK, target - self._at)))):
            pass
        return self._at

    def _rewind(self) -> None:
        self._file.seek(0)
        self._at = 0
        try:
            self._source = self._opened()
        except (*FAULTS, MemoryError) as error:
            raise self._broken(error) from error

    def _opened(self) -> Readable:
        if self._packing == "zip":
            return _only_member(self._path, self._file.fileno())
        if self._packing == "gzip":
            return gzip.GzipFile(fileobj=self._file)
        xz = partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, LZMA_MEMORY)
        return _Streams(self._file, xz if self._packing == "xz" else bz2.BZ2Decompressor)

    def _broken(self, error: Exception) -> Exception:
        if isinstance(error, MemoryError):
            return refused(self._path, f"is a {self._packing} archive that needs more memory to unpack than there is")
        return refused(self._path, f"is a broken {self._packing} archive ({error})")


class _Streams:
    """The streams of a .xz or .bz2 file, one after the other. Python's own class for .xz knows no memory limit."""

    def __init__(self, file: BinaryIO, start: "partial[lzma.LZMADecompressor] | type[bz2.BZ2Decompressor]") -> None:
        self._file, self._start, self._decoder = file, start, start()

    def read(self, size: int, /) -> bytes:
        while True:
            found = b""
            if self._decoder.eof:
                found = (self._decoder.unused_data or self._file.read(CHUNK)).lstrip(b"\0")  # padding of .xz
                if not found:
                    return b""
                self._decoder = self._start()
            elif self._decoder.needs_input:
                found = self._file.read(CHUNK // 16)
                if not found:
                    raise EOFError("it is cut off")
            if unpacked := self._decoder.decompress(found, size):
                return unpacked


class _Frugal(io.FileIO):
    """A file that hands out no more than a zip archive in order needs at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > CONTENTS:
            raise zipfile.BadZipFile("its table of contents is too long")
        return super().read(CONTENTS if size is None or size < 0 else size) or b""


def _only_member(path: str, descriptor: int) -> Readable:
    """The one file in a zip archive (folders do not count), to be read where it is."""
    archive = zipfile.ZipFile(_Frugal(descriptor, closefd=False))
    members = [member for member in archive.infolist() if not member.filename.endswith("/")]
    if len(members) != 1:
        some = ", ".join(member.filename for member in members[:3]) + (", …" if len(members) > 3 else "")
        raise refused(path, f"is a zip archive of {len(members)} files ({some})", "unpack it and name one of its files")
    member = members[0]
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in member.filename:
        raise refused(path, f"is a zip archive whose member wants to lie outside of it: '{member.filename}'")
    if member.flag_bits & 1:
        raise refused(path, "is an encrypted zip archive", "unpack it and name its file")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refused(path, "is a zip archive packed in an unusual way", "unpack it and name its file")
    return archive.open(member)
