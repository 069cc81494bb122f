"""The verification of films, by the answers of the child that reads them, which a hostile film may have made."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from compiler import verification
from compiler.errors import ReelError
from compiler.profiles import WEBP
from compiler.supervise.films import verify
from compiler.supervise.films.verify import Expected, verify_film

EXPECTED = Expected(30, Fraction(30), (64, 48), None)
GOOD: dict[str, Any] = {
    **{"container": "mov", "videos": 1, "audios": 0, "audio_codec": None, "samples": None, "lasts": None},
    **{"codec": "h264", "pix_fmt": "yuv420p", "size": [64, 48], "frames": 30, "off_grid": None},
}
NO_NUMBERS: tuple[object, ...] = ("soon", "1/0", "1e999999999", "9" * 5000, [])
NO_COUNTS: tuple[object, ...] = (None, [], "many")
PACKETS: dict[str, Any] = {"pictures": "0" * 16, "sounds": "", "first": "0", "length": "1/50", "digits": 8}


def answered(monkeypatch: pytest.MonkeyPatch, module: Any, answer: object) -> None:
    """Have the probe child give this answer."""

    async def question(*_: object, **__: object) -> object:
        return answer

    monkeypatch.setattr(module, "question", question)


def test_the_film_that_was_predicted_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, verify, GOOD)
    asyncio.run(verify_film(Path("film.mp4"), EXPECTED))


STILL = {**GOOD, "container": "webp", "codec": "webp", "pix_fmt": "bgra", "frames": 1}


def test_one_picture_is_as_many_equal_frames_as_ffmpeg_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """WebP merges equal frames, and one picture alone has no length."""
    expected = Expected(30, Fraction(30), (64, 48), None, WEBP)
    answered(monkeypatch, verify, STILL)
    asyncio.run(verify_film(Path("film.webp"), expected, 30))
    asyncio.run(verify_film(Path("film.webp"), expected))  # of an earlier render, which counted
    with pytest.raises(ReelError) as caught:
        asyncio.run(verify_film(Path("film.webp"), expected, 29))
    assert (caught.value.code, caught.value.detail) == ("RC610", "frames: got 29, predicted 30")


@pytest.mark.parametrize(
    "answer",
    [
        *(None, [], "film", {}, {"container": "mov"}),
        *({**GOOD, name: 7} for name in ("size", "samples")),
        *({**GOOD, "lasts": value} for value in NO_NUMBERS),
        *({**GOOD, "frames": value} for value in NO_COUNTS),
    ],
)
def test_an_answer_that_holds_no_facts_is_a_film_that_differs(answer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, verify, answer)
    with pytest.raises(ReelError) as caught:
        asyncio.run(verify_film(Path("film.mp4"), EXPECTED))
    assert caught.value.code == "RC610"


def test_what_a_film_claims_to_be_is_printed_on_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, verify, {**GOOD, "codec": "\x1b[2Jh264\nframes: got 30"})
    with pytest.raises(ReelError) as caught:
        asyncio.run(verify_film(Path("film.mp4"), EXPECTED))
    assert caught.value.detail == r"video codec: got \x1b[2Jh264\nframes: got 30, predicted h264"


def test_packets_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, verification, PACKETS)
    found = asyncio.run(verification._packets(Path("film.mp4")))
    assert (found.pictures, found.length, found.digits) == ("0" * 16, Fraction(1, 50), 8)


@pytest.mark.parametrize(
    "answer",
    [
        *(None, [], {}, {**PACKETS, "pictures": ["00000000"]}, {**PACKETS, "sounds": None}),
        *({**PACKETS, "digits": value} for value in (0, -1, "8", None, True)),
        *({**PACKETS, "length": value} for value in ("long", "1/0", "1e999999999", None)),
    ],
)
def test_an_answer_that_holds_no_packets_is_a_coded_error(answer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, verification, answer)
    with pytest.raises(ReelError) as caught:
        asyncio.run(verification._packets(Path("film.mp4")))
    assert (caught.value.code, "holds no facts" in caught.value.detail) == ("RC901", True)
