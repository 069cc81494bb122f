"""Encrypted media are refused as such: decoding them gives noise, which no film may show."""

from __future__ import annotations

import shlex
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.errors import ReelError
from compiler.supervise.media.encryption import encrypted_tracks
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
