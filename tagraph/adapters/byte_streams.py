"""Files and streams to plain bytes: hashed as they lie, unpacked with a limit."""

import hashlib
import io
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

import zstandard

from tagraph.errors import InputError

MAX_RATIO = 200
"""A stream that unpacks to more than this many times its size is taken for a bomb."""
RATIO_FROM = 8 * 2**20
"""Unpacked bytes below which the ratio does not matter."""

_PACKED = {b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst"}
_FOREIGN = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"\xff\xfe\x00\x00": "UTF-32 text",
    b"\x00\x00\xfe\xff": "UTF-32 text",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"{\x00": "UTF-16 text",
    b"[\x00": "UTF-16 text",
    b"\x00{": "UTF-16 text",
    b"\x00[": "UTF-16 text",
    b"SQLite format 3": "an SQLite database",
}
# One fed step of zstd may unpack to 32,000 times its size, of gzip to 1,032 times.
_STEPS = {"gz": 65536, "zst": 2048}


class Hashed(io.RawIOBase):
    """Passes a stream on and keeps the SHA-256 of what went through."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner, self._state = inner, hashlib.sha256()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` and return how many bytes it got."""
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        self._state.update(data)
        return len(data)

    def drain(self) -> None:
        """Read on to the end, so that the digest covers the whole stream."""
        while data := self._inner.read(2**20):
            self._state.update(data)

    def hexdigest(self) -> str:
        """Return the SHA-256 of the bytes read so far."""
        return self._state.hexdigest()


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _zstd() -> _Decoder:
    decoder: _Decoder = zstandard.ZstdDecompressor().decompressobj()
    return decoder


def _gzip() -> _Decoder:
    return zlib.decompressobj(wbits=31)


_DECODERS: dict[str, Callable[[], _Decoder]] = {"gz": _gzip, "zst": _zstd}


class Unpacked(io.RawIOBase):
    """Unpacks a gzip or zstd stream of one or more members.

    Raises:
        InputError: While reading: the stream is damaged, cut short, or a bomb.
    """

    def __init__(self, inner: BinaryIO, compression: str, name: str) -> None:
        self._inner, self._compression, self._name = inner, compression, name
        self._decoder = _DECODERS[compression]()
        self._fresh = True
        self._rest = b""
        self._ready = memoryview(b"")
        self._n_in = self._n_out = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` as far as unpacked bytes are ready and return how many it got."""
        while not self._ready:
            if not self._unpack():
                return 0
        n = min(len(buffer), len(self._ready))
        buffer[:n], self._ready = self._ready[:n], self._ready[n:]
        return n

    def _unpack(self) -> bool:
        """Unpack one more step; return False at the proper end of the stream."""
        chunk = self._next_chunk()
        if not chunk and not self._fresh:
            raise InputError(
                f"{self._name} ends too early: the {self._compression} stream is cut off; "
                "fetch or pack it again"
            )
        if not chunk:
            return False
        self._fresh = False
        self._ready, self._rest = memoryview(self._decode(chunk)), b""
        if self._decoder.eof:
            self._rest, self._fresh = self._decoder.unused_data, True
            self._decoder = _DECODERS[self._compression]()
        self._guard()
        return True

    def _next_chunk(self) -> bytes:
        """Return more packed bytes; zero padding between the members of a gzip goes."""
        chunk = self._rest or self._read()
        if not (self._fresh and self._compression == "gz"):
            return chunk
        while chunk and not chunk.strip(b"\0"):
            chunk = self._read()
        return chunk.lstrip(b"\0")

    def _read(self) -> bytes:
        data = self._inner.read(_STEPS[self._compression])
        self._n_in += len(data)
        return data

    def _decode(self, chunk: bytes) -> bytes:
        try:
            return self._decoder.decompress(chunk)
        except (zlib.error, zstandard.ZstdError) as error:
            raise InputError(f"{self._name} is damaged: {error}; fetch or pack it again") from error

    def _guard(self) -> None:
        self._n_out += len(self._ready)
        if self._n_out > max(RATIO_FROM, MAX_RATIO * self._n_in):
            raise InputError(
                f"{self._name} unpacks to more than {MAX_RATIO} times its size; "
                "if that is meant, unpack it first"
            )


def _buffer(raw: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(raw, 2**20)


class Rejoined(io.RawIOBase):
    """Gives bytes already read, then the rest of the stream they were read from."""

    def __init__(self, head: bytes, rest: io.BufferedIOBase) -> None:
        self._head, self._rest = memoryview(head), rest

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from what is left and return how many bytes it got."""
        if not self._head:
            return self._rest.readinto(buffer)
        n = min(len(buffer), len(self._head))
        buffer[:n], self._head = self._head[:n], self._head[n:]
        return n


def rejoin(head: bytes, rest: io.BufferedIOBase) -> io.BufferedReader:
    """Return a stream that begins with `head` and goes on with `rest`."""
    return _buffer(Rejoined(head, rest))


def unpack(raw: Hashed, name: str) -> tuple[io.BufferedReader, str]:
    """Return the plain bytes of a stream and its compression (gz, zst or empty), by its content.

    Raises:
        InputError: The content is packed or encoded in a way that is not read.
    """
    stream: io.BufferedReader = _buffer(raw)
    head = stream.peek(16)
    found = next((kind for magic, kind in _PACKED.items() if head.startswith(magic)), "")
    if found:
        stream = _buffer(Unpacked(stream, found, name))
        head = stream.peek(16)
    foreign = next((kind for magic, kind in _FOREIGN.items() if head.startswith(magic)), "")
    if foreign:
        raise InputError(f"{name} is {foreign}; give it as UTF-8 text, plain or as .gz or .zst")
    return stream, found
