"""kill -9 during exports: no film row without its object, no unfinished job, no ffmpeg left running.

REELC_KILLS sets the number of kills; run hundreds before a release. Every second kill also deletes the disk.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.server.editing import awaited, begin, come_to, export, ffmpegs_of, film, one_clip, trim
from tests.server.site import Site, add_user
from tests.server.stored import newest_database
from tests.server.test_jobs import gone

pytestmark = pytest.mark.fault

SLOWED = {"start": 0, "end": 2, "speed": 0.1}
PARTS = 2
ROUNDS = -(-int(os.environ.get("REELC_KILLS", "4")) // PARTS)


def films_are_whole(client: httpx.Client, project_id: str) -> None:
    """Every film that an export names exists and is whole."""
    for each in client.get("/api/export", params={"project_id": project_id}).json()["exports"]:
        assert each["state"] in ("complete", "error", "cancelled"), each
        if each["result"]:
            description = client.get(f"/api/working-videos/{each['result']['working_video_id']}").json()
            media = client.get(f"/api/working-videos/{description['id']}/media")
            assert (media.status_code, len(media.content)) == (200, description["size"])


def no_film_without_its_object(data: Path, uid: str) -> None:
    """The same in the newest snapshot, which another machine would restore."""
    database = sqlite3.connect(newest_database(data, uid, data.parent / "image.sqlite"))
    keys = [key for (key,) in database.execute("SELECT object_key FROM working_videos")]
    named = database.execute("SELECT working_video_id FROM exports WHERE state = 'complete'").fetchall()
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()
    assert all((data / "objects" / key).is_file() for key in keys)
    assert len(named) == len(keys)


@pytest.mark.parametrize("part", range(PARTS))
def test_exports_survive_the_death_of_their_server(tmp_path: Path, game: Path, part: int) -> None:
    data = tmp_path / "data"
    token = add_user(data, "ann")
    site, project_id, reached = Site(data), "", set()
    for turn in range(ROUNDS):
        with site.client(token) as ann:
            project_id = project_id or one_clip(ann, game, segments_data=trim(0, 2, SLOWED))
            settings = {"encode": {"crf": 30 + turn}}  # another film each time, which has to be rendered
            export_id = begin(ann, project_id, settings=settings)
            reached.add(come_to(ann, export_id, (turn + part / PARTS) / ROUNDS))  # the stages at which the kills came
        site.kill()
        gone(data)
        if turn % 2:
            shutil.rmtree(data / "local")
        no_film_without_its_object(data, "ann")
        site = Site(data)
        with site.client(token) as ann:
            description = awaited(ann, export_id)
            assert description["state"] == "complete", description
            answer = export(ann, project_id, export_id, settings=settings)
            assert film(ann, answer)
            films_are_whole(ann, project_id)
            shown = ann.get(f"/api/projects/{project_id}").json()["working_video_id"]
            assert shown == description["result"]["working_video_id"]
            assert not list((data / "local" / "temporary").glob("*"))
    assert site.stop() == 0
    assert ffmpegs_of(data) == []
    assert len(reached) > 1  # more than one stage
