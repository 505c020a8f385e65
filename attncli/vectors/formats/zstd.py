"""zstd archives, through the package zstandard: never more in memory than a bound, whatever the archive asks for."""

from attncli.extras import package

MEMORY = 128 * 2**20  # bytes; as much as zstd itself takes without being told to
PIECE = 2**10  # bytes that are unpacked at a time; 32 MB can come out of them


class ZstdDecoder:
    """zstandard's decoder of one frame with the manners of lzma's: it gives no more than it is asked for."""

    def __init__(self, path: str) -> None:
        self._zstandard = package("zstandard", f"'{path}', a zstd archive,")
        self._frame = self._zstandard.ZstdDecompressor(max_window_size=MEMORY).decompressobj()
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
        """What came after the frame."""
        return bytes(self._frame.unused_data) + self._packed[self._at :]

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """The next bytes, at most so many. What is given is unpacked a little at a time: 4 bytes may become 128 KB."""
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
