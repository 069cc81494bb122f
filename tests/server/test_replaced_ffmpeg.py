"""An ffmpeg that is replaced while an export renders: the film is made again, by the one that is there now."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import server.exports.render
from compiler.film_identity import KnownFilm, states_of_program
from compiler.pipeline import Compiled
from compiler.supervise.films.render import Film
from compiler.supervise.unit_cache import State
from server.settings import Settings
from server.storage.folder import FolderStore
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
