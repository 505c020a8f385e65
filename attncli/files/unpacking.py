"""Packed files as streams: nothing is written to disk, and memory and length are bounded, not left to the archive."""

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

from attncli.extras import package

CHUNK = 2**20  # bytes unpacked at a time
LZMA_MEMORY = 192 * 2**20  # bytes; the output of `xz -9` needs 65 MB to unpack, a hostile file may ask for 4 GB
ZSTD_MEMORY = 128 * 2**20  # bytes; the default of zstd itself
PIECE = 2**10  # bytes of zstd that are unpacked at a time; 32 MB can come out of them
FREE = 64 * 2**20  # bytes that may come out of any archive, however small
FAULTS = (EOFError, OSError, ValueError, LookupError, RuntimeError, struct.error, zlib.error, lzma.LZMAError,
          zipfile.BadZipFile)  # fmt: skip


def most_bytes(size: int, ratio: int) -> int:
    """The most bytes that may come out of an archive of `size` bytes that grows at most `ratio` times."""
    return max(FREE, ratio * size)


class Readable(Protocol):
    """A source of bytes, b"" at its end."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes."""


class Unpacked(io.RawIOBase):
    """The content of the archive `file`, of a packing that `kinds.packed_kind` names, or as `opened` reads it.

    It may be `ratio` times as long as the archive so far: longer is a bomb. Every fault of the archive becomes the
    exception that `refuse` makes of a clause (`is …`), and for a bomb of a hint too.
    """

    def __init__(
        self,
        name: str,
        file: BinaryIO,
        packing: str,
        ratio: int,
        refuse: Callable[..., Exception],
        opened: Callable[[], Readable] | None = None,
    ) -> None:
        self._name, self._file, self._packing, self._ratio, self._refuse = name, file, packing, ratio, refuse
        self._opened = opened or self._streams
        self._rewind()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always: forward by reading on, backward by starting again."""
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
        packed = self._file.tell()  # so far, so that a bomb is noticed as soon as it goes off
        if self._at > most_bytes(packed, self._ratio):
            why = f"unpacks to over {self._at >> 20} MB from {packed:,} bytes, more than {self._ratio} times as many"
            raise self._refuse(why, "unpack it yourself if it is sound, and name its file")
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

    def _streams(self) -> Readable:
        if self._packing == "gzip":
            return gzip.GzipFile(fileobj=self._file)
        decoders: dict[str, Callable[[], _Decoder]] = {
            "xz": partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, LZMA_MEMORY),
            "bzip2": bz2.BZ2Decompressor,
            "zstd": partial(_ZstdDecoder, self._name),
        }
        return _Streams(self._file, decoders[self._packing])

    def _broken(self, error: Exception) -> Exception:
        if isinstance(error, MemoryError):
            return self._refuse(f"is a {self._packing} archive that needs more memory to unpack than there is")
        return self._refuse(f"is a broken {self._packing} archive ({error})")


class _Decoder(Protocol):
    """Unpacks one stream, at most the requested bytes, as bz2 and lzma do."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether it needs more of the file."""

    @property
    def unused_data(self) -> bytes:
        """The bytes after the stream."""

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        """Up to so many bytes, unpacked from `data` and the data before."""


class _Streams:
    """The streams of a packed file, one after the other. Python's own class for .xz knows no memory limit."""

    def __init__(self, file: BinaryIO, start: Callable[[], _Decoder]) -> None:
        self._file, self._start = file, start
        self._decoder: _Decoder | None = None

    def read(self, size: int, /) -> bytes:
        while True:
            found = b""
            if self._decoder is None or self._decoder.eof:
                found = self._between()
                if not found:
                    return b""
                self._decoder = self._start()
            elif self._decoder.needs_input:
                found = self._file.read(CHUNK // 16)
                if not found:
                    raise EOFError("it is cut off")
            if unpacked := self._decoder.decompress(found, size):
                return unpacked

    def _between(self) -> bytes:
        """The bytes with which the next stream begins, without the padding of .xz; none at the end."""
        if self._decoder is None:
            return self._file.read(CHUNK // 16)
        return (self._decoder.unused_data or self._file.read(CHUNK)).lstrip(b"\0")


class _ZstdDecoder:
    """zstandard's decoder of one frame with the interface of lzma's: it gives at most the requested bytes."""

    def __init__(self, name: str) -> None:
        self._zstandard = package("zstandard", f"'{name}', a zstd archive,")
        self._frame = self._zstandard.ZstdDecompressor(max_window_size=ZSTD_MEMORY).decompressobj()
        self._packed, self._at, self._ready = b"", 0, memoryview(b"")

    @property
    def eof(self) -> bool:
        """Whether the frame has ended and all of it was handed out."""
        return bool(self._frame.eof) and not self._ready

    @property
    def needs_input(self) -> bool:
        """Whether all that was given is used up."""
        return not self._ready and self._at >= len(self._packed)

    @property
    def unused_data(self) -> bytes:
        """The bytes after the frame."""
        return bytes(self._frame.unused_data) + self._packed[self._at :]

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """The next bytes, at most so many. The packed ones are taken a few at a time: 4 of them may become 128 KB."""
        if data:
            self._packed, self._at = self._packed[self._at :] + data, 0
        if not self._ready:
            piece = self._packed[self._at : self._at + PIECE]
            self._at += len(piece)
            try:
                self._ready = memoryview(self._frame.decompress(piece))
            except self._zstandard.ZstdError as error:
                raise ValueError(str(error)) from error
        found, self._ready = bytes(self._ready[:max_length]), self._ready[max_length:]
        return found
