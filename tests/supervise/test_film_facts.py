"""Facts of finished films."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from compiler.errors import ReelError
from compiler.supervise.facts import survey
from compiler.supervise.facts.film import film
from tests.supervise.tracks import muxed


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of RIFF, which begins at an even byte."""
    return kind + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def canvas(width: int, height: int) -> bytes:
    return chunk(b"VP8X", bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"))


def lasting(milliseconds: int) -> bytes:
    """A frame of an animation: its place and size have 12 bytes, its flags one."""
    return chunk(b"ANMF", bytes(12) + milliseconds.to_bytes(3, "little") + bytes(1) + chunk(b"VP8L", b"\x2f1234"))


def webp(tmp_path: Path, *chunks: bytes) -> Path:
    path = tmp_path / "film.webp"
    content = b"WEBP" + b"".join(chunks)
    path.write_bytes(b"RIFF" + len(content).to_bytes(4, "little") + content)
    return path


def test_an_animated_webp_lasts_as_long_as_its_frames(tmp_path: Path) -> None:
    path = webp(tmp_path, canvas(300, 2000), chunk(b"ANIM", bytes(6)), lasting(40), lasting(120), lasting(70_000))
    assert film(path, Fraction(25)) == {
        **{"container": "webp", "videos": 1, "audios": 0, "audio_codec": None, "samples": None},
        **{"codec": "webp", "pix_fmt": "bgra", "size": [300, 2000], "frames": 3, "off_grid": None},
        "lasts": Fraction(70_160, 1000),
    }


@pytest.mark.parametrize("kind", [b"VP8 ", b"VP8L"])
def test_a_still_webp_is_one_frame_without_a_length(kind: bytes, tmp_path: Path) -> None:
    facts = film(webp(tmp_path, canvas(64, 48), chunk(kind, b"odd")), Fraction(25))
    assert (facts["frames"], facts["lasts"], facts["size"]) == (1, None, [64, 48])


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        (b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + (0x4000 | 300).to_bytes(2, "little") + (200).to_bytes(2, "little")),
        (b"VP8L", b"\x2f" + (299 | 199 << 14).to_bytes(4, "little")),
    ],
)
def test_a_webp_of_one_picture_alone_has_its_size(kind: bytes, head: bytes, tmp_path: Path) -> None:
    facts = film(webp(tmp_path, chunk(kind, head + b"coded")), Fraction(25))
    assert (facts["frames"], facts["lasts"], facts["size"]) == (1, None, [300, 200])


def test_a_webp_without_frames_or_with_half_a_chunk_is_not_whole(tmp_path: Path) -> None:
    whole = webp(tmp_path, canvas(64, 48), lasting(40))
    film(whole, Fraction(25))
    whole.write_bytes(whole.read_bytes()[:-2])
    with pytest.raises(ReelError, match="no whole WebP"):
        film(whole, Fraction(25))
    with pytest.raises(ReelError, match="no whole WebP"):
        film(webp(tmp_path, canvas(64, 48)), Fraction(25))


def test_a_film_on_the_grid(tmp_path: Path) -> None:
    path = muxed(tmp_path / "film.mkv", [0, 33, 67, 100, 133], sounds=2)
    assert film(path, Fraction(30)) == {
        **{"container": "matroska", "videos": 1, "audios": 2, "audio_codec": "pcm_s16le", "samples": 9600},
        **{"codec": "ffv1", "pix_fmt": "yuv420p", "size": [64, 48], "frames": 5, "off_grid": None, "lasts": None},
    }


def test_the_first_frame_off_the_grid_is_told(tmp_path: Path) -> None:
    """Half a tick may be off by rounding: frame 2 is due at 66.7 ms."""
    facts = film(muxed(tmp_path / "film.mkv", [0, 33, 68, 100, 134]), Fraction(30))
    assert (facts["off_grid"], facts["audios"], facts["samples"]) == (2, 0, None)


def test_a_film_that_breaks_off_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = survey.Reading([], "Input/output error")
    monkeypatch.setattr(survey, "read_whole", lambda *_: broken)
    with pytest.raises(ReelError, match="cannot be read to its end") as caught:
        film(muxed(tmp_path / "film.mkv", [0, 40]), Fraction(25))
    assert caught.value.detail == "Input/output error"
