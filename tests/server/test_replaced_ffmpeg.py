"""An ffmpeg that is replaced while an export renders: the film is made again, by the one that is there now."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import server.exports.render
import server.footage.checked
from compiler.errors import ReelError
from compiler.film_identity import KnownFilm, Stamp, contents_by, made_by, states_of_program
from compiler.ir.build import Build
from compiler.pipeline import Compiled
from compiler.pipeline.identity import Content
from compiler.steps import steps
from compiler.supervise import ffmpeg
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.films.render import Film
from compiler.supervise.films.run_unit import Machine
from compiler.supervise.films.unit import PortableUnit
from compiler.supervise.unit_cache import State, content_in
from server.exports.prepare import Prepared
from server.farm.worker import UnitMaker
from server.settings import Settings
from server.storage.folder import FolderStore
from tests.server.farm import mine, unit
from tests.server.in_process import in_process
from tests.server.test_same_time import Films


def test_a_film_of_two_ffmpegs_is_made_again(tmp_path: Path, game: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    async def render_reel(
        compiled: Compiled, path: Path, *, known: KnownFilm, program: Mapping[str, State], **_: Any
    ) -> Film:
        assert program == states_of_program(compiled.build)
        made.append(b"film %d" % len(made))
        with path.open("xb") as film:
            film.write(made[-1])
        identity = known.stamp.identity if len(made) > 1 else None
        return Film(path, 6, Fraction(1, 5), 6, hashlib.sha256(made[-1]).hexdigest(), identity=identity)

    monkeypatch.setattr(server.exports.render, "render_reel", render_reel)

    async def scene() -> None:
        async with in_process(Settings(data=tmp_path), FolderStore(tmp_path / "objects")) as running:
            films = Films(tmp_path, running.services, running.client, fake=False)
            (project_id,) = await films.projects(game, 1)
            ended = await films.outcome(await films.begin(project_id))
            assert ended["state"] == "complete"
            media = f"/api/working-videos/{ended['result']['working_video_id']}/media"
            assert (await running.client.get(media)).content == made[1]

    asyncio.run(scene())
    assert len(made) == 2


ANSWER = cache(ffmpeg._output_of)
"""What an ffmpeg says of itself, asked for once."""


class Update:
    """An ffmpeg of one shared library, which an update replaces by one of another name: the program stays."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.old, self.new = folder / "libx264.so.164", folder / "libx264.so.165"
        self.old.write_text("a release")
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        monkeypatch.setattr(ffmpeg, "_output_of", lambda path, *option: ANSWER(os.path.realpath(path), *option))
        monkeypatch.setattr(ffmpeg, "_libraries_of", lambda _: self.loaded)
        monkeypatch.setattr(ffmpeg, "_described", cache(ffmpeg._described.__wrapped__))
        monkeypatch.setattr(ffmpeg, "FOUND_BY_LOADERS", str(folder / "ld.so.cache"))

    @property
    def loaded(self) -> tuple[str, ...]:
        """The libraries that the program loads."""
        return (str(self.new if self.new.exists() else self.old),)

    def install(self) -> None:
        """Replace the library."""
        self.old.unlink()
        self.new.write_text("the next release")


@pytest.mark.parametrize("when", ["known", "waiting", "unknown", "at its turn", "away for a moment"])
def test_an_export_is_made_by_the_libraries_that_are_there_at_its_turn(
    when: str, tmp_path: Path, game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever the update comes; and the event loop reads none of them."""
    update, loop = Update(tmp_path, monkeypatch), threading.current_thread()
    made: list[tuple[str, ...]] = []
    coming = [when]

    def read(path: str, state: State) -> str:
        assert threading.current_thread() is not loop
        return content_in(path, state)

    async def render_reel(
        compiled: Compiled, path: Path, *, known: KnownFilm | None, content: Content, program: Any, **_: Any
    ) -> Film:
        made.append(compiled.build.libraries)
        path.write_bytes(b"a film")
        stamp = known.stamp if known else Stamp.of(compiled, steps(compiled), content, program)
        return Film(path, 6, Fraction(1, 5), 6, hashlib.sha256(b"a film").hexdigest(), identity=stamp.identity)

    def states(build: Build) -> Mapping[str, State] | None:
        if coming == ["at its turn"]:
            coming.clear()
            update.install()
        return states_of_program(build)

    async def scene() -> None:
        async with in_process(Settings(data=tmp_path), FolderStore(tmp_path / "objects")) as running:
            render: Any = running.services.jobs.render
            with_known_film: Callable[[Prepared], Awaitable[Prepared]] = render.with_known_film

            async def becoming_known(prepared: Prepared) -> Prepared:
                if coming == ["at its turn"] or not coming:
                    return await with_known_film(prepared)
                coming.clear()
                match when:
                    case "waiting":
                        prepared = await with_known_film(prepared)
                        update.install()
                    case "unknown":  # as footage without checksums leaves it
                        update.install()
                    case "known":
                        update.install()
                        prepared = await with_known_film(prepared)
                    case _:
                        away = update.old.rename(tmp_path / "away")
                        prepared = await with_known_film(prepared)
                        away.rename(update.old)
                return prepared

            render.with_known_film = becoming_known
            films = Films(tmp_path, running.services, running.client, fake=False)
            (project_id,) = await films.projects(game, 1)
            ended = await films.outcome(await films.begin(project_id))
            assert ended["state"] == "complete", ended

    monkeypatch.setattr(server.exports.render, "render_reel", render_reel)
    monkeypatch.setattr(server.exports.render, "states_of_program", states)
    monkeypatch.setattr(server.footage.checked, "content_in", read)
    asyncio.run(scene())
    assert (made, coming) == ([update.loaded], [])


def test_a_worker_makes_units_by_the_ffmpeg_that_is_there_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not started again for an update, and says to `reelc doctor` what it is now."""
    mine()  # which is remembered for all tests
    update, program = Update(tmp_path, monkeypatch), tmp_path / "ffmpeg"
    program.symlink_to(find_build().path)
    monkeypatch.setenv("REELC_FFMPEG", str(program))

    async def making(_: PortableUnit, machine: Machine, folder: Path, *__: object) -> bool:
        (folder / "unit.mp4").write_text(machine.ffmpeg)
        return True

    monkeypatch.setattr("compiler.supervise.films.run_unit._run", making)
    folders = [tmp_path / name for name in ("footage", "coming", "units")]
    for folder in folders:
        folder.mkdir()

    def store(settings: Settings) -> FolderStore:
        return FolderStore(tmp_path / "objects")

    plugin = UnitMaker(Settings(data=tmp_path), str(program), tmp_path, 1, "one", store).plugin()

    def made(name: str) -> str:
        """What becomes of a unit of the ffmpeg that a server has now."""
        try:
            result = plugin.loop.run_until_complete(plugin._make_unit(unit(name, made_by=here), lambda _: None))
        except ReelError as error:
            return f"{error.code} {error.detail}"
        return (tmp_path / "objects" / result.output).read_text()

    with closing(plugin.loop):
        here = made_by(find_build(), contents_by(None))
        assert (made("before"), plugin.facts()["ffmpeg"]) == (str(program), here.ffmpeg)
        update.install()
        assert made("of the old one") == "RC802 differs: ffmpeg"
        here = made_by(find_build(), contents_by(None))
        assert (made("after"), plugin.facts()["ffmpeg"]) == (str(program), here.ffmpeg)
        program.unlink()
        assert (made("without"), plugin.facts()["ffmpeg"]) == ("RC802 differs: ffmpeg", "none")
        monkeypatch.delenv("REELC_FFMPEG")
        here = made_by(find_build(), contents_by(None))
        assert made("elsewhere") == find_build().path
        plugin.loop.run_until_complete(plugin.loop.shutdown_default_executor())
