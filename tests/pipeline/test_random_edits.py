"""Random edits: two units have one key if, and only if, the same command makes both of the same files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from compiler.emit.sound import MEASURED
from compiler.pipeline import Compiled
from compiler.pipeline.cuts import EVERY
from compiler.steps import steps
from compiler.supervise.films.kept import keys_of
from compiler.supervise.films.step import RenderStep
from tests.pipeline.random_edits import SOURCES, RandomEdit, changed, changed_clip, random_edit

pytestmark = pytest.mark.no_cover

PAIRS = int(os.environ.get("REELC_PAIRS", "200"))
"""Pairs of an edit and a changed one; `make sweep` sets 10,000."""

AT_ONCE = 20
NAMED = re.compile(r"@([^=\s]+)=|\[([^\]:]+)\]|file:(\S+?)\.nut")
"""The places at which a script or a command names a value."""

PLACE = Path("/place")


@pytest.mark.parametrize("seed", range(0, PAIRS, AT_ONCE))
def test_units_have_one_key_if_they_are_made_alike(seed: int) -> None:
    """A key that two makings have is a stale unit; a second key of one making is a unit that is made for nothing."""
    dice = Random(seed)
    keys: dict[str, str] = {}
    makings: dict[str, str] = {}
    edit = random_edit(dice)
    for _ in range(AT_ONCE):
        for key, making in _keyed(edit):
            assert makings.setdefault(key, making) == making
            assert keys.setdefault(making, key) == key
        edit = changed(dice, edit)


@pytest.mark.parametrize("seed", range(0, PAIRS, AT_ONCE))
def test_a_changed_clip_changes_no_unit_that_does_not_show_it(seed: int) -> None:
    """Nor a unit at the end of the clip before, which the transition may change."""
    dice = Random(seed)
    edit = random_edit(dice)
    for _ in range(AT_ONCE // 2):
        number = dice.randrange(len(edit.clips))
        other = changed_clip(dice, edit, number)
        before, after = edit.compiled(), other.compiled()
        keys = {key for _, key in _pictures(after, other)}
        assert (
            len(after.plan.units) == 1
            or {key for span, key in _pictures(before, edit) if not _near(span, number, before)} <= keys
        )
        edit = other


def _pictures(compiled: Compiled, edit: RandomEdit) -> list[tuple[tuple[int, int], str]]:
    """The units of a film's picture, each with its key; none if it is made in one go."""
    made = steps(compiled)
    keys = keys_of(made, edit.content)
    found = [keys[number] for number, step in enumerate(made) if step.frames and step.made]
    return list(zip(compiled.plan.units, found, strict=True)) if found else []


def _near(span: tuple[int, int], number: int, compiled: Compiled) -> bool:
    """Whether a unit shows a clip, or ends in the last units of the clip before."""
    placed = compiled.plan.clips[number].placed
    late = placed.first - 2 * EVERY * compiled.plan.fps
    return span[0] < placed.first + placed.frames and span[1] > late


def _keyed(edit: RandomEdit) -> Iterator[tuple[str, str]]:
    """The key of everything that is made for an edit, and how it is made."""
    compiled = edit.compiled()
    made = steps(compiled)
    keys = keys_of(made, edit.content)
    assert len(keys) == len(made)
    makings = [_making(step, edit) for step in made]
    for number, step in enumerate(made):
        if step.made == MEASURED:  # its warning depends on the target
            makings[number] += str(compiled.reel.audio.loudness)
        if not step.independent:
            makings[number] = "\n".join(makings[: number + 1])
        yield keys[number], makings[number]


def _making(step: RenderStep, edit: RandomEdit) -> str:
    """All that ffmpeg gets for a step, without names of clips and without paths."""
    program, *called = step.command(PLACE, PLACE / "film.part")
    files = [re.sub(r"\s", "", text) for _, text in sorted(step.files.items()) if isinstance(text, str)]
    names: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        name = next(filter(None, match.groups()))
        return match[0].replace(name, names.setdefault(name, f"#{len(names)}"))

    own = NAMED.sub(number, "\n".join([*called, *files]).replace(f"/{step.made}", "/made"))
    fed = sorted((names[name.removesuffix(".nut")], spec) for name, spec in step.feeds.items())
    text = "\n".join([edit.content(program), edit.build.version, own, *(f"{name} {spec}" for name, spec in fed)])
    for name in SOURCES:
        text = text.replace(edit.path(name), edit.content(name))
    return text
