"""Packed files as streams: nothing is written anywhere, and neither memory nor length is left to the archive."""

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from typing import BinaryIO, Protocol

from attncli.vectors.formats.refusal import refused
from attncli.vectors.formats.zipped import Readable, only_member
from attncli.vectors.formats.zstd import ZstdDecoder

CHUNK = 2**20  # bytes unpacked at a time
LZMA_MEMORY = 192 * 2**20  # bytes; what `xz -9` made needs 65 MB to unpack, a hostile file may ask for 4 GB
RATIO = 50  # word vectors pack to a half or a third; what grows fiftyfold is none
FREE = 64 * 2**20  # bytes that may come out of any archive, however small
SIGNATURES = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip", b"PK\x05\x06": "zip",
}  # fmt: skip
FAULTS = (EOFError, OSError, ValueError, LookupError, RuntimeError, struct.error, zlib.error, lzma.LZMAError,
          zipfile.BadZipFile)  # fmt: skip


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
        if self._at > most_bytes(self._file.tell()):  # so far, so that a bomb is noticed as soon as it goes off
            why = f"unpacks to over {self._at >> 20} MB from {self._file.tell():,} bytes, as no word vectors do"
            raise refused(self._path, why, "unpack it yourself if it is sound, and name its file")
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
            return only_member(self._path, self._file.fileno())
        if self._packing == "gzip":
            return gzip.GzipFile(fileobj=self._file)
        decoders: dict[str, Callable[[], _Decoder]] = {
            "xz": partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, LZMA_MEMORY),
            "bzip2": bz2.BZ2Decompressor,
            "zstd": partial(ZstdDecoder, self._path),
        }
        return _Streams(self._file, decoders[self._packing])

    def _broken(self, error: Exception) -> Exception:
        if isinstance(error, MemoryError):
            return refused(self._path, f"is a {self._packing} archive that needs more memory to unpack than there is")
        return refused(self._path, f"is a broken {self._packing} archive ({error})")


class _Decoder(Protocol):
    """What unpacks one stream, never more than it is asked for, as bz2 and lzma do."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether it needs more of the file to go on."""

    @property
    def unused_data(self) -> bytes:
        """What came after the stream."""

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        """Up to so many bytes of what `data` and the data before hold."""


class _Streams:
    """The streams of a packed file, one after the other. Python's own class for .xz knows no memory limit."""

    def __init__(self, file: BinaryIO, start: Callable[[], _Decoder]) -> None:
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
