"""What only a render could tell of a film stands in the answer of its export."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import server.exports.render
from compiler.errors import Loc, Notice
from compiler.film_identity import KnownFilm
from compiler.pipeline import Compiled
from compiler.supervise.films.render import Film
from server.problem import MOST_ERRORS
from server.settings import Settings
from server.storage.folder import FolderStore
from tests.server.in_process import in_process
from tests.server.test_same_time import Films


def test_an_export_answers_with_the_warnings_of_its_render(
    tmp_path: Path, game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside those of the edit, which explain has; of many only the first."""
    told = "the media is damaged at 1 .. 2 s; the frame before is held there"

    async def render_reel(compiled: Compiled, path: Path, *, known: KnownFilm, **_: Any) -> Film:
        path.write_bytes(b"a film")
        notices = [Notice(clip.placed.clip.loc.at("media"), told) for clip in compiled.plan.clips]
        rest = [Notice(Loc(), str(n)) for n in range(MOST_ERRORS + 4)]
        return Film(path, 6, Fraction(1, 5), 6, "0" * 64, (*notices, *rest), identity=known.stamp.identity)

    monkeypatch.setattr(server.exports.render, "render_reel", render_reel)

    async def scene() -> None:
        async with in_process(Settings(data=tmp_path), FolderStore(tmp_path / "objects")) as running:
            films = Films(tmp_path, running.services, running.client, fake=False)
            (project_id,) = await films.projects(game, 1)
            ended = await films.outcome(await films.begin(project_id))
            (clip,) = (await running.client.get(f"/api/clips/projects/{project_id}/clips")).json()["clips"]
            first, *rest = ended["result"]["warnings"]
            assert first == {"clip_id": clip["id"], "pointer": "/clips/0/media", "message": told}
            assert (len(rest), rest[-1]["message"]) == (MOST_ERRORS, "5 more warnings")

    asyncio.run(scene())
