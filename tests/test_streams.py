"""Streams: the content is read whatever it is compressed with; damage is told after what stood before it."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from kg2instruct.errors import InputError
from kg2instruct.streams import DamagedError, ends_bz2_stream, open_stream, sniff

CONTENT = b"".join(b"line %d of the content, which goes on for a while\n" % n for n in range(60_000))
SKIPPABLE = b"\x5a\x2a\x4d\x18\x04\x00\x00\x00skip"

Compress = Callable[[bytes], bytes]
COMPRESS: dict[str, Compress] = {
    "plain": lambda data: data,
    "gz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
PACKED = {name: compress(CONTENT) for name, compress in COMPRESS.items()}


def write(folder: Path, data: bytes) -> Path:
    path = folder / "input"
    path.write_bytes(data)
    return path


def read(path: Path, *, threads: int = 1, size: int = 10_007) -> tuple[bytes, InputError | None]:
    """All that can be read, and the error that ended it."""
    parts = []
    with open_stream(path, threads=threads) as stream:
        try:
            while part := stream.read(size):
                parts.append(part)
        except InputError as error:
            return b"".join(parts), error
    return b"".join(parts), None


@pytest.mark.parametrize("name", COMPRESS)
def test_reads_the_content_whatever_it_is_compressed_with(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, PACKED[name])
    assert sniff(path.read_bytes()[:16]) == name
    assert read(path) == (CONTENT, None)
    with open_stream(path) as stream:
        assert stream.read() == CONTENT


@pytest.mark.parametrize("name", COMPRESS)
def test_lines_can_be_iterated(tmp_path: Path, name: str) -> None:
    with open_stream(write(tmp_path, PACKED[name])) as stream:
        assert list(stream) == CONTENT.splitlines(keepends=True)


@pytest.mark.parametrize("name", ["gz", "bz2", "zst"])
def test_members_one_after_the_other_are_one_content(tmp_path: Path, name: str) -> None:
    compress = COMPRESS[name]
    path = write(tmp_path, compress(b"one\n") + compress(b"") + compress(b"two\n") + compress(CONTENT))
    assert read(path) == (b"one\ntwo\n" + CONTENT, None)


def test_skippable_zstd_frames_are_skipped_wherever_they_stand(tmp_path: Path) -> None:
    path = write(tmp_path, SKIPPABLE + PACKED["zst"] + SKIPPABLE + COMPRESS["zst"](b"end") + SKIPPABLE)
    assert read(path) == (CONTENT + b"end", None)


def test_zero_padding_after_gz_is_no_damage(tmp_path: Path) -> None:
    assert read(write(tmp_path, PACKED["gz"] + b"\0" * 70_000)) == (CONTENT, None)


@pytest.mark.parametrize("name", ["gz", "bz2", "zst"])
def test_truncated_data_is_told_with_file_and_position_after_what_could_be_read(
    tmp_path: Path, name: str
) -> None:
    data = PACKED[name][: len(PACKED[name]) * 2 // 3]
    path = write(tmp_path, data)
    content, error = read(path)
    assert error is not None
    assert str(path) in str(error) and "truncated" in str(error) and str(len(data)) in str(error)
    assert CONTENT.startswith(content)
    assert name == "bz2" or len(content) > len(CONTENT) // 3


@pytest.mark.parametrize("name", ["gz", "bz2", "zst"])
@pytest.mark.parametrize("tail", [b"this is no member", b"\x1f", b"BZ", b"BZhX"])
def test_what_follows_the_end_and_is_no_member_is_told(tmp_path: Path, name: str, tail: bytes) -> None:
    content, error = read(write(tmp_path, PACKED[name] + tail))
    assert content == CONTENT
    assert error is not None


def test_a_corrupt_bz2_block_is_not_handed_out_but_those_before_it_are(tmp_path: Path) -> None:
    blocks = os.urandom(2_500_000).hex().encode()
    packed = bytearray(bz2.compress(blocks))
    packed[len(packed) // 2] ^= 0xFF
    for threads in (1, 2):
        content, error = read(write(tmp_path, bytes(packed)), threads=threads)
        assert error is not None and "damaged bz2" in str(error)
        assert 900_000 < len(content) < len(blocks)
        assert blocks.startswith(content)


@pytest.mark.parametrize("tail", [b"", bz2.compress(b"more"), b"no stream"])
@pytest.mark.parametrize("cut", [0, 100])
def test_threads_change_nothing(tmp_path: Path, tail: bytes, cut: int) -> None:
    path = write(tmp_path, PACKED["bz2"][: len(PACKED["bz2"]) - cut] + tail)
    (one, error), (two, other) = read(path), read(path, threads=3)
    assert one == two
    assert str(error) == str(other)


def test_the_error_after_a_short_read_comes_with_the_next_read_and_stays(tmp_path: Path) -> None:
    with open_stream(write(tmp_path, PACKED["gz"][:-4])) as stream:
        assert stream.read() == CONTENT
        for _ in range(2):
            with pytest.raises(InputError, match="truncated"):
                stream.read()


def test_missing_files_and_folders_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.xml: No such file"):
        open_stream(tmp_path / "none.xml")
    with pytest.raises(InputError, match="is a folder"):
        open_stream(tmp_path)
    with pytest.raises(InputError):
        open_stream(Path("a\0b"))


def test_other_archives_are_told_by_name(tmp_path: Path) -> None:
    import lzma

    with pytest.raises(InputError, match="is xz; unpack it"):
        open_stream(write(tmp_path, lzma.compress(b"x")))


@pytest.mark.parametrize("name", COMPRESS)
def test_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PACKED[name])))
    with open_stream("-") as stream:
        assert stream.read() == CONTENT
    assert not sys.stdin.buffer.closed


def test_a_damage_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(DamagedError("file: damaged", 7)))
    assert (str(error), error.member) == ("file: damaged", 7)


@given(st.binary(max_size=2000))
def test_the_end_of_a_bz2_stream_is_recognised(data: bytes) -> None:
    packed = bz2.compress(data)
    assert ends_bz2_stream(packed)
    assert not ends_bz2_stream(packed[:-1])


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(["gz", "bz2", "zst"]), st.binary(max_size=3000))
def test_flipped_bytes_never_crash(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str, content: bytes
) -> None:
    packed = bytearray(COMPRESS[name](content))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    path = write(tmp_path_factory.mktemp("flip"), bytes(packed))
    try:
        got, error = read(path)
    except InputError:
        return
    assert error is not None or got == content or at < 10
