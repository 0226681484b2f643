import gzip
import io
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zstandard import ZstdCompressor

from tagraph.adapters.byte_streams import Hashed, rejoin, unpack
from tagraph.errors import InputError

PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gz": gzip.compress,
    "zst": ZstdCompressor().compress,
}


def read(data: bytes) -> bytes:
    return unpack(Hashed(io.BytesIO(data)), "x")[0].read()


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.sampled_from(list(PACK)))
def test_packed_bytes_come_back_over_all_members(parts: list[bytes], compression: str) -> None:
    parts[0] = b"{" + parts[0]
    raw = Hashed(io.BytesIO(b"".join(PACK[compression](part) for part in parts)))
    stream, found = unpack(raw, "x")
    assert (stream.read(), found) == (b"".join(parts), compression)


@pytest.mark.parametrize("compression", ["gz", "zst"])
def test_a_stream_cut_anywhere_is_one_clear_error(compression: str) -> None:
    packed = PACK[compression](bytes(range(256)) * 4)
    for end in range(5, len(packed)):
        with pytest.raises(InputError, match="x ends too early"):
            read(packed[:end])


@pytest.mark.parametrize("compression", ["gz", "zst"])
def test_a_damaged_stream_is_one_clear_error(compression: str) -> None:
    packed = PACK[compression](bytes(range(256)) * 4)
    with pytest.raises(InputError, match="x is damaged"):
        read(packed + b"trailing garbage")
    with pytest.raises(InputError, match="x is damaged"):
        read(packed[:4] + b"\xff" * 300)


def test_zero_padding_after_a_gzip_is_no_damage() -> None:
    padded = gzip.compress(b"a") + bytes(70_000) + gzip.compress(b"b") + bytes(512)
    assert read(padded) == b"ab"


@pytest.mark.parametrize(("compression", "level"), [("gz", 9), ("zst", 1)])
def test_a_bomb_is_stopped(compression: str, level: int) -> None:
    zeros = bytes(2**25)
    pack = {"gz": gzip.compress, "zst": lambda data, level: ZstdCompressor(level).compress(data)}
    packed = pack[compression](zeros, level)
    with pytest.raises(InputError, match="x unpacks to more than 200 times its size"):
        sum(map(len, unpack(Hashed(io.BytesIO(packed)), "x")[0]))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04....", "a zip archive"),
        (b"BZh91AY", "packed with bzip2"),
        (b"\xfd7zXZ\x00", "packed with xz"),
        ("{}".encode("utf-16"), "UTF-16 text"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (gzip.compress(b"PK\x03\x04...", mtime=0), "a zip archive"),
    ],
)
def test_what_is_not_read_is_named(data: bytes, kind: str) -> None:
    with pytest.raises(InputError, match=f"x is {kind}; give it as UTF-8"):
        read(data)


def test_the_digest_covers_what_was_never_asked_for() -> None:
    data = bytes(3_000_000)
    raw = Hashed(io.BytesIO(data))
    assert unpack(raw, "x")[0].read(10) == bytes(10)
    raw.drain()
    assert raw.hexdigest() == sha256(data).hexdigest()


@given(st.binary(max_size=50), st.binary(max_size=50), st.integers(1, 20))
def test_a_rejoined_stream_begins_with_its_head(head: bytes, rest: bytes, size: int) -> None:
    stream = rejoin(head, io.BytesIO(rest))
    assert b"".join(iter(lambda: stream.read(size), b"")) == head + rest
