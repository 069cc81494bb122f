"""A failure of ffmpeg that is not repeated leaves no other film than a render without it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import compiler.render
from compiler.errors import Loc, ReelError
from compiler.supervise.films.render import Film
from compiler.supervise.films.step import RenderStep
from tests.cli.desk import Desk


@pytest.mark.parametrize("code", ["RC604", "RC607", "RC610"])
def test_whole_media_are_straightened_only_after_a_second_failure(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """Straightened media have sound of other bytes; the film's identity is that of media as they are."""
    tried: list[Sequence[RenderStep]] = []

    async def render(steps: Sequence[RenderStep], *_: Any, **__: Any) -> None:
        tried.append(steps)
        raise ReelError(code, Loc(), "ffmpeg crashed")

    monkeypatch.setattr(compiler.render, "render", render)
    assert desk.run("render", desk.reel(), "-o", "film.mp4").codes == [code]
    straightened = [any(step.feeds for step in steps) for steps in tried]
    assert straightened == [False, False, True]


def test_the_plan_beside_a_film_is_the_one_that_it_was_made_by(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After damage turned up the plan lists what is held, which only the reel that is compiled anew has."""

    async def render(steps: Sequence[RenderStep], output: Path, *_: Any, **__: Any) -> Film:
        if not any(step.feeds for step in steps):
            raise ReelError("RC604", Loc(), "a frame does not decode")
        return Film(output, 60, Fraction(2), 1, "")

    monkeypatch.setattr(compiler.render, "render", render)
    (clip,) = json.loads(desk.run("render", desk.reel(), "-o", "film.mp4", "--json").stdout)["plan"]["clips"]
    assert clip["picture"] == {"straightened": ["it is damaged"]}
    assert clip["held"] == []
