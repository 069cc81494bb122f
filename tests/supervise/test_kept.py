"""What a render keeps while its footage is still being read, with steps and a cache that only take notes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from compiler.errors import Loc, Notice, ReelError
from compiler.supervise.films.kept import Kept
from compiler.supervise.films.step import RenderStep


class Notes:
    """A cache that notes the keys that are kept in it."""

    keeps_films = True

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.kept: list[str] = []

    def has(self, key: str) -> bool:
        return False

    def get(self, key: str, target: Path) -> bool:
        return False

    def put(self, key: str, made: Path) -> None:
        assert made.exists(), "what was made is gone"
        self.kept.append(key)

    def forget(self, keys: Sequence[str]) -> None:
        raise AssertionError

    def content(self, path: str) -> str:
        return path

    def knows(self, paths: Sequence[str]) -> bool:
        return False

    def unchanged(self, paths: Sequence[str]) -> bool:
        return True


UNIT = RenderStep(lambda folder, part: [], {}, 1, made="unit", independent=True, identity=lambda content: "of the unit")
JOIN = RenderStep(lambda folder, part: [], {}, 0, identity=lambda content: "of the join")


async def begun(cache: Notes, reading: Future[None], made: Path, unit: RenderStep = UNIT) -> Kept:
    """A render whose unit has been made, and whose footage is being read."""
    kept = Kept(cache, [unit, replace(JOIN, command=unit.command, libraries=unit.libraries)], None, reading)
    await kept.look()
    made.touch()
    await kept.keep(0, made)
    assert cache.kept == []
    return kept


def test_what_was_made_is_kept_when_the_footage_has_been_read(tmp_path: Path) -> None:
    async def run() -> None:
        cache, reading = Notes(), Future[None]()
        kept = await begun(cache, reading, tmp_path / "unit")
        async with kept.keeping():
            reading.set_result(None)
            await kept.settle()
            assert cache.kept == ["of the unit"]

    asyncio.run(run())


@pytest.mark.parametrize("end", [ReelError("RC607", Loc(), "the render failed"), asyncio.CancelledError()])
def test_neither_a_failure_nor_a_cancel_waits_for_footage(tmp_path: Path, end: BaseException) -> None:
    async def run() -> None:
        cache, reading = Notes(), Future[None]()
        kept = await begun(cache, reading, tmp_path / "unit")
        with pytest.raises(type(end)):
            async with kept.keeping():
                raise end
        assert (cache.kept, reading.done()) == ([], False)

    asyncio.run(run())


@pytest.mark.parametrize("replaced", [None, "ffmpeg", "libx264.so"])
def test_what_a_program_made_is_not_kept_as_that_of_its_successor(tmp_path: Path, replaced: str | None) -> None:
    """An update of ffmpeg while footage is read: the key is that of the program that is there afterwards."""
    program, library = tmp_path / "ffmpeg", tmp_path / "libx264.so"
    for file in (program, library):
        file.write_text("a release")
    unit = replace(UNIT, command=lambda folder, part: [str(program)], libraries=[str(library)])

    async def run() -> None:
        cache, reading = Notes(), Future[None]()
        kept = await begun(cache, reading, tmp_path / "unit", unit)
        if replaced:
            (tmp_path / replaced).write_text("the next release")
        async with kept.keeping():
            reading.set_result(None)
            await kept.settle()
        assert cache.kept == ([] if replaced else ["of the unit"])

    asyncio.run(run())


def test_footage_that_changed_while_it_was_read_is_not_read_again(tmp_path: Path) -> None:
    """An interrupt would wait for that, and nothing is kept of it."""
    footage, asked = tmp_path / "footage", list[str]()
    footage.write_text("before")
    unit = replace(UNIT, reads=[str(footage)], identity=lambda content: content(str(footage)))

    class Reading(Notes):
        def content(self, path: str) -> str:
            asked.append(path)
            return path

    async def run() -> None:
        cache, reading = Reading(), Future[None]()
        kept = await begun(cache, reading, tmp_path / "unit", unit)
        footage.write_text("another length")
        async with kept.keeping():
            reading.set_result(None)
            await kept.settle()
        assert (cache.kept, asked) == ([], [])

    asyncio.run(run())


def test_nothing_is_taken_again_of_what_made_a_wrong_film(tmp_path: Path) -> None:
    """Also from a folder that cannot be written, where nothing can be removed."""

    class Lasting(Notes):
        def has(self, key: str) -> bool:
            return True

        def get(self, key: str, target: Path) -> bool:
            return True

        def forget(self, keys: Sequence[str]) -> None:
            pass

    async def run() -> None:
        steps = [UNIT, replace(JOIN, command=UNIT.command)]
        kept = Kept(Lasting(), steps)
        await kept.look()
        assert [await kept.take(0, tmp_path), await kept.take_film(tmp_path, tmp_path / "part")] == [True, True]
        await kept.forget()
        assert [await kept.take(0, tmp_path), await kept.take_film(tmp_path, tmp_path / "part")] == [False, False]

    asyncio.run(run())
