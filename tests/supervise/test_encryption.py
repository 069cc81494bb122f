"""Encrypted media are refused as such: decoding them gives noise, which no film may show."""

from __future__ import annotations

import shlex
import struct
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from compiler.errors import ReelError
from compiler.supervise.media.boxes import MAX_BOXES
from compiler.supervise.media.encryption import encrypted_tracks, is_encrypted, scrambled_pids
from compiler.supervise.probe import probe
from tests.supervise.conftest import Made

Run = Callable[..., bytes]

KEY = "76a6c65c5ea762046bd749a2e632ccbb"
CENC = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", KEY, "-encryption_kid", KEY[::-1])
MOVFLAGS = {
    "whole": (),
    "fragments": ("-movflags", "frag_keyframe+empty_moov"),
    "index first": ("-movflags", "faststart"),
}


def refusal(path: Path) -> ReelError:
    with pytest.raises(ReelError) as caught:
        probe(path)
    return caught.value


@pytest.mark.parametrize("layout", MOVFLAGS)
def test_an_encrypted_mp4_is_refused_and_its_key_makes_a_clear_one(
    layout: str, made: Made, ffmpeg: Run, tmp_path: Path
) -> None:
    path = tmp_path / "film.mp4"
    ffmpeg("-i", made("plain.mp4"), "-c", "copy", *CENC, *MOVFLAGS[layout], path)
    error = refusal(path)
    assert (error.code, error.message) == ("RC604", '"film.mp4" is encrypted')
    words = shlex.split(error.hint.rpartition(": ")[2].replace("KEY", KEY))
    assert words[0] == "ffmpeg"
    clear = tmp_path / words[-1]
    if layout == "whole":  # libavformat decrypts an index of samples only
        ffmpeg(*words[1:3], "-i", path, "-c", "copy", clear)
        assert probe(clear).video.frames == 60


@pytest.mark.parametrize("entry", [b"drmi", b"encv"])
def test_sample_entries_of_encrypted_pictures(entry: bytes, made: Made, tmp_path: Path) -> None:
    path = tmp_path / "bought.m4v"
    path.write_bytes(made("silent.mp4").read_bytes().replace(b"avc1\0\0\0\0\0\0\0\1", entry + b"\0\0\0\0\0\0\0\1"))
    assert refusal(path).message.endswith("is encrypted")


def test_keys_of_a_film_that_is_clear_do_not_matter(made: Made, tmp_path: Path) -> None:
    """Decryption often leaves the box of the keys behind."""
    path = tmp_path / "clear.mp4"
    keys = b"pssh" + bytes(24)
    path.write_bytes(made("silent.mp4").read_bytes() + struct.pack(">I", len(keys) + 4) + keys)
    assert probe(path).video.frames == 60


def test_encrypted_sound_is_not_played(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    path.write_bytes(made("plain.mp4").read_bytes().replace(b"mp4a\0\0\0\0\0\0\0\1", b"enca\0\0\0\0\0\0\0\1"))
    assert encrypted_tracks(path) == {1}


def test_an_encrypted_matroska_file(made: Made, ffmpeg: Run, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(locked(ffmpeg("-i", made("silent.mp4"), "-c", "copy", "-live", "1", "-f", "matroska", "-")))
    assert refusal(path).message.endswith("is encrypted")


def test_a_scrambled_transport_stream(made: Made, tmp_path: Path) -> None:
    path, partly = tmp_path / "film.ts", tmp_path / "partly.ts"
    clear = made("plain.ts").read_bytes()
    path.write_bytes(scrambled(clear, from_byte=0))
    assert refusal(path).message.endswith("is encrypted")
    partly.write_bytes(scrambled(clear, from_byte=len(clear) * 9 // 10))
    assert probe(partly).video.frames


@pytest.mark.parametrize("size", [0, 7, 8, 24, 40, 700])
def test_files_cut_anywhere_are_looked_at(size: int, made: Made, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(made("long.mp4").read_bytes()[:size])
    assert encrypted_tracks(path) == frozenset()


def box(kind: bytes, content: bytes = b"", size: int | None = None) -> bytes:
    """A box whose size has 64 bits if it is stated."""
    if size is not None:
        return struct.pack(">I4sQ", 1, kind, size) + content
    return struct.pack(">I4s", 8 + len(content), kind) + content


def movie(*entries: bytes) -> bytes:
    """Tracks with a sample entry of these types each."""
    tables = [box(b"stsd", bytes(8) + box(entry, bytes(78))) for entry in entries]
    return b"".join(box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", table)))) for table in tables)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (box(b"ftyp") + box(b"moov", movie(b"avc1", b"enca", b"drmi")), {1, 2}),
        (box(b"ftyp") + box(b"moov", movie(b"encv"), 16 + len(movie(b"encv"))), {0}),
        (box(b"ftyp") + bytes(4) + box(b"moov", movie(b"encv"))[4:], {0}),  # a size of 0 goes on to the end
        (box(b"ftyp") + box(b"free", box(b"moov", movie(b"encv"))), set()),
        (box(b"any ") + box(b"moov", movie(b"encv")), set()),
        (box(b"ftyp") + b"\0\0\0\4free" + box(b"moov", movie(b"encv")), set()),
        (box(b"ftyp") + box(b"free") * MAX_BOXES + box(b"moov", movie(b"encv")), set()),
        (box(b"ftyp") + box(b"moov", movie(b"encv")[:-80], 2000), set()),
        (box(b"ftyp") + box(b"moov", box(b"free", movie(b"encv"), (1 << 63) + 100), (1 << 64) - 64), set()),
    ],
    ids=[
        *("two of three", "64 bits", "to the end", "no index", "another file", "too small", "too many"),
        *("cut short", "beyond any file"),
    ],
)
def test_sample_entries_tell_encrypted_tracks(content: bytes, found: set[int], tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    assert encrypted_tracks(path) == found


def transport(*packets: tuple[int, int]) -> bytes:
    """Transport packets, each of a PID with its fourth byte."""
    return b"".join(struct.pack(">BHB", 0x47, pid, control) + bytes(184) for pid, control in packets)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (transport((256, 0x90), (257, 0x10), (258, 0xD0), (259, 0x50)), {256, 258, 259}),
        (transport((256, 0x90), (256, 0x10), (257, 0x90)), {257}),
        (transport((256, 0x80), (257, 0x90)), {257}),  # a packet without content is not scrambled
        (transport((256, 0x90))[:188], set()),
        (b"\0" + transport((256, 0x90), (256, 0x90)), set()),
        (transport((256, 0x90)) + bytes(188), set()),
        (transport(*[(256, 0x90)] * 4000, *[(256, 0x10)] * 2000), set()),  # its last third begins so
        (transport(*[(256, 0x90)] * 1000, *[(256, 0x10)] * 1000, *[(256, 0x90)] * 4000), {256}),
    ],
    ids=["each alone", "both", "no content", "one packet", "no start", "no second", "clear later", "unseen"],
)
def test_streams_are_scrambled_that_have_no_clear_packet(content: bytes, found: set[int], tmp_path: Path) -> None:
    path = tmp_path / "film.ts"
    path.write_bytes(content)
    assert scrambled_pids(path) == found


def test_a_stream_is_encrypted_by_its_own_mark(tmp_path: Path) -> None:
    """A movie's tracks are known by their index, a transport stream's by their PID, Matroska's by their metadata."""

    def streams(content: bytes, *each: dict[str, Any]) -> list[bool]:
        path = tmp_path / f"film-{len(content)}"
        path.write_bytes(content)
        opened = SimpleNamespace(name=f"file:{path}")
        made: list[Any] = [SimpleNamespace(container=opened, **{"metadata": {}, **one}) for one in each]
        return [is_encrypted(one) for one in made]

    mp4 = box(b"ftyp") + box(b"moov", movie(b"avc1", b"enca"))
    assert streams(mp4, {"index": 0, "id": 1}, {"index": 1, "id": 2}) == [False, True]
    scrambled = transport((256, 0x10), (257, 0x90))
    assert streams(scrambled, {"index": 0, "id": 256}, {"index": 1, "id": 257}) == [False, True]
    locked = {"index": 0, "id": 1, "metadata": {"enc_key_id": "a"}}
    assert streams(b"\x1a\x45\xdf\xa3", locked, {"index": 1, "id": 2}) == [True, False]


def scrambled(stream: bytes, from_byte: int) -> bytes:
    """A transport stream whose picture's packets (PID 256) state that they are scrambled."""
    packets = [bytearray(stream[at : at + 188]) for at in range(0, len(stream), 188)]
    for number, packet in enumerate(packets):
        if bytes(packet[1:3]) in (b"\x01\x00", b"\x41\x00") and number * 188 >= from_byte:
            packet[3] |= 0x80
    return b"".join(packets)


def locked(matroska: bytes) -> bytes:
    """A Matroska file whose first track states that it is encrypted."""
    encoding = _element("5031", b"\0") + _element("5032", b"\1") + _element("5033", b"\1")
    encoding += _element("5035", _element("47E1", b"\5") + _element("47E2", b"0123456789abcdef"))
    encodings = _element("6D80", _element("6240", encoding))
    tracks = matroska.rindex(b"\x16\x54\xae\x6b", 0, 1000)  # the first mention is in the index of elements
    at, size = _size(matroska, tracks + 4)
    if matroska[at] == 0xBF:  # a checksum, which would be wrong; EC says that the bytes have no meaning
        matroska, entry = matroska[:at] + b"\xec" + matroska[at + 1 :], at + 6
    else:
        entry = at
    first, length = _size(matroska, entry + 1)
    grown = matroska[: tracks + 4] + _sized(at - tracks - 4, size + len(encodings)) + matroska[at : entry + 1]
    grown += _sized(first - entry - 1, length + len(encodings)) + matroska[first : first + length]
    return grown + encodings + matroska[first + length :]


def _element(name: str, content: bytes) -> bytes:
    return bytes.fromhex(name) + bytes([0x80 | len(content)]) + content


def _size(data: bytes, at: int) -> tuple[int, int]:
    """Where an element's content begins, and its size."""
    width = 9 - data[at].bit_length()
    return at + width, int.from_bytes(data[at : at + width]) & ((1 << 7 * width) - 1)


def _sized(width: int, size: int) -> bytes:
    return ((1 << 7 * width) | size).to_bytes(width)
