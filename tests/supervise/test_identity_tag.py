"""Tags of films: what was written is read back, in every container, and the rest of the file stays."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from compiler.supervise.films.identity_tag import BOX, CHUNK, EXTENSION, read_tag, sha256_without_tag, write_tag


def riff(kind: bytes, *content: bytes) -> bytes:
    body = kind + b"".join(content)
    return b"RIFF" + struct.pack("<I", len(body)) + body


FILMS = {
    "mp4": b"\0\0\0\x14ftypisom" + bytes(8) + b"\0\0\0\x0cmdat1234",
    "wav": riff(b"WAVE", b"data", struct.pack("<I", 4), b"1234"),
    "webp": riff(b"WEBP", b"VP8L", struct.pack("<I", 4), b"1234"),
    "gif": b"GIF89a" + bytes(7) + b"\x2c picture \x3b",
}
TEXTS = (b"{}", b"x" * 255, b"y" * 1001)


@pytest.fixture(params=FILMS)
def film(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"film.{request.param}"
    path.write_bytes(FILMS[request.param])
    return path


def test_a_film_without_a_tag_has_none(film: Path) -> None:
    assert read_tag(film) is None


@pytest.mark.parametrize("text", TEXTS)
def test_a_tag_is_read_back(film: Path, text: bytes) -> None:
    write_tag(film, text)
    assert read_tag(film) == text


def test_the_last_tag_replaces_an_earlier_one(film: Path) -> None:
    write_tag(film, b"the first")
    once = film.read_bytes()
    write_tag(film, b"the second, which is longer")
    write_tag(film, b"the first")
    assert film.read_bytes() == once


def test_nothing_else_changes(film: Path) -> None:
    before, digest = film.read_bytes(), sha256_without_tag(film)
    write_tag(film, b"tag")
    after = film.read_bytes()
    assert sha256_without_tag(film) == digest
    assert (after[:4], after[8 : len(before)]) == (before[:4], before[8:])
    film.write_bytes(after[: len(before) - 1] + b"?" + after[len(before) :])
    assert sha256_without_tag(film) != digest


def test_a_riff_states_its_new_size(tmp_path: Path) -> None:
    path = tmp_path / "film.wav"
    path.write_bytes(FILMS["wav"])
    write_tag(path, b"odd")
    content = path.read_bytes()
    assert struct.unpack("<I", content[4:8]) == (len(content) - 8,)
    assert len(content) % 2 == 0


def test_the_tag_of_a_gif_is_behind_its_pictures(tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    path.write_bytes(FILMS["gif"])
    write_tag(path, b"tag")
    assert path.read_bytes().endswith(b"picture \x3b" + EXTENSION + b"\x03tag\0\x3b")


@pytest.mark.parametrize("mark", [BOX, CHUNK, EXTENSION])
def test_a_mark_inside_a_film_is_no_tag(film: Path, mark: bytes) -> None:
    film.write_bytes(film.read_bytes() + 20 * mark + b"\xff\xff\xff")
    assert read_tag(film) is None


def test_a_tag_that_is_cut_short_is_none(film: Path) -> None:
    write_tag(film, b"a tag of some length")
    film.write_bytes(film.read_bytes()[:-3])
    assert read_tag(film) is None


def test_a_file_of_another_kind_gets_no_tag(tmp_path: Path) -> None:
    path = tmp_path / "film.txt"
    path.write_bytes(b"no film at all")
    with pytest.raises(ValueError, match="no container"):
        write_tag(path, b"tag")
    assert read_tag(path) is None
    assert path.read_bytes() == b"no film at all"


def test_a_text_that_is_too_long_is_refused(film: Path) -> None:
    before = film.read_bytes()
    with pytest.raises(ValueError, match="too long"):
        write_tag(film, bytes(5 << 20))
    assert film.read_bytes() == before
