"""The files that each ffmpeg may write: those that it is to make, and no others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import compiler.previews as making
from compiler.errors import Loc, ReelError
from compiler.previews import Patience
from compiler.supervise.children.reach import Reach
from compiler.supervise.films import render, run_unit, still
from compiler.supervise.films.step import RenderStep
from compiler.timeline.media import AudioStream, Media
from tests.golden.media import NINE, film
from tests.supervise.test_render import EXPECTED


def heard() -> Media:
    media = film("film.mp4", 25, 10)
    sound = AudioStream(
        1, "aac", 48000, 1, layout="mono", time_base=EXPECTED.fps, first=media.start, end=media.video.end
    )
    return replace(media, audio=replace(sound, speakers=("FC",)))


def command(folder: Path, part: Path) -> list[str]:
    return ["ffmpeg", str(folder), str(part)]


def rendered(folder: Path, *, alone: bool) -> Coroutine[Any, Any, Any]:
    steps = [RenderStep(command, {}, 60, independent=alone, made="unit"), RenderStep(command, {}, 60)]
    return render.render(steps, folder / "film.mp4", EXPECTED)


MAKERS: dict[str, Callable[[Path], Coroutine[Any, Any, Any]]] = {
    "step": lambda folder: rendered(folder, alone=False),
    "unit": lambda folder: rendered(folder, alone=True),
    "still": lambda folder: still.render_still(command, "", folder / "still.png", reads=[]),
    "strip": lambda folder: making.make_strip(film("film.mp4", 25, 10), NINE, folder, folder / "strip", Patience()),
    "sought strip": lambda folder: making.make_strip(
        film("film.mp4", 25, 9000), NINE, folder, folder / "strip", Patience()
    ),
    "peaks": lambda folder: making.make_peaks(heard(), NINE, folder, Patience()),
    "proxy": lambda folder: making.make_proxy(film("film.mp4", 25, 10), NINE, folder, folder / "proxy", Patience()),
}


@pytest.mark.parametrize("name", MAKERS)
def test_ffmpeg_can_make_no_file_but_the_one_it_is_asked_for(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoder that a hostile file has taken over could otherwise fill the disk with files of any number."""
    written: list[list[bool]] = []

    async def stopped(*_: Any, reach: Reach, **__: Any) -> None:
        written.append([Path(path).is_file() for path in reach.writes])
        raise ReelError("RC607", Loc(), "stopped")

    for module in (render, run_unit, still, making):
        monkeypatch.setattr(module, "run", stopped)
    with pytest.raises((ReelError, ExceptionGroup)):
        asyncio.run(MAKERS[name](tmp_path))
    assert written
    assert all(each == [True] for each in written)
