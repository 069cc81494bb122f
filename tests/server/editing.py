"""The steps of an edit over HTTP (upload, cut, save, export), and the same edit as a reel file."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from compiler.cli import main
from tests.server.test_http import project, uploaded
from tests.server.waiting import PATIENCE, until

RENDER = "/api/export/framing/render"
Json = dict[str, Any]

SMALL = {"canvas": {"width": 90, "height": 160, "fps": 30}, "encode": {"preset": "ultrafast"}}
"""Encoder settings with which films render quickly."""

OTHER: Json = {"encode": {"crf": 30}}
"""Settings of an export of another film: one that is there already is not rendered again."""

BOX = [{"frame": 0, "x": 10, "y": 0, "width": 200, "height": 350}]
PAN = [*BOX, {"frame": 60, "x": 90, "y": 8, "width": 200, "height": 350}]
_counted = itertools.count()


def trim(start: float, end: float, *spans: Json) -> Json:
    """Stored segments with this much footage."""
    return {"version": 2, "trimRange": {"start": start, "end": end}, "spans": list(spans)}


def new_export() -> str:
    """A new id, in the form that clients choose."""
    return f"export-{os.getpid()}-{next(_counted)}"


def add_clip(client: httpx.Client, project_id: str, raw: str, **fields: Any) -> str:
    """Add a clip at the project's end; its id."""
    given = {"raw_clip_id": raw, "crop_data": BOX, **fields}
    answer = client.post(f"/api/clips/projects/{project_id}/clips", json=given)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["clip_id"])


def one_clip(client: httpx.Client, path: Path, **fields: Any) -> str:
    """A new project with one clip."""
    project_id = project(client, settings=SMALL)
    add_clip(client, project_id, uploaded(client, path), **{"segments_data": trim(0.5, 1.0), **fields})
    return project_id


def long_project(client: httpx.Client, path: Path, name: str = "A long film") -> str:
    """A project with a film of one unit that renders for more than a minute, while a test acts."""
    # a preset with a lookahead would delay the first frame; interpolated frames take long, and come one by one
    slow = {"canvas": {"width": 1080, "height": 1920, "fps": 240}, "encode": {"preset": "ultrafast"}}
    project_id = project(client, settings=slow, name=name)
    raw = uploaded(client, path)
    halved = trim(0, 4, {"start": 0, "end": 4, "speed": 0.5})
    add_clip(client, project_id, raw, segments_data=halved, motion="interpolate")
    return project_id


def awaited(client: httpx.Client, export_id: str, *states: str) -> Json:
    """The export's description as soon as it has one of these states; by default as soon as it has ended."""

    def look() -> Json | None:
        description: Json = client.get(f"/api/export/{export_id}").json()
        return description if description["state"] in (states or ("complete", "error", "cancelled")) else None

    return until(look, f"{export_id} does not end")


def drawn(client: httpx.Client, export_id: str) -> Json:
    """The export's description as soon as some of its frames are rendered."""

    def look() -> Json | None:
        description: Json = client.get(f"/api/export/{export_id}").json()
        assert description["completed_at"] is None, description
        return description if description["stage"] == "rendering" and description["progress"] > 0 else None

    return until(look, f"{export_id} is not rendered")


def come_to(client: httpx.Client, export_id: str, share: float) -> str:
    """The stage of an export once it has reached this one, or has ended."""

    def look() -> str | None:
        description = client.get(f"/api/export/{export_id}").json()
        return str(description["stage"]) if description["progress"] >= share or description["completed_at"] else None

    return until(look, f"{export_id} does not come to {share}")


def frozen(data: Path) -> list[int]:
    """The ffmpeg processes of a server that has begun to render; they are stopped (SIGSTOP)."""

    def look() -> list[int] | None:
        found = ffmpegs_of(data)
        for pid in found:
            with contextlib.suppress(ProcessLookupError):  # this process has just ended, and the next one begins
                os.kill(pid, signal.SIGSTOP)
        return found if [_status(pid) for pid in found] == ["T"] * len(found) else None

    return until(look, "nothing is rendered")


def standing(client: httpx.Client, data: Path, project_id: str, export_id: str = "") -> str:
    """Start an export whose ffmpeg is stopped (SIGSTOP) once some frames are rendered; its id.

    A test that acts while an export runs leaves the processors to others this way.
    """
    export_id = begin(client, project_id, export_id)
    drawn(client, export_id)
    frozen(data)
    return export_id


def ffmpegs_of(data: Path) -> list[int]:
    """The running ffmpeg processes that write below a data folder."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                dead = _status(int(folder.name)) == "Z"
            except OSError:  # the process ended during this look
                continue
            if b"-nostdin" in words and str(data).encode() in b" ".join(words) and not dead:
                found.append(int(folder.name))
    return found


def _status(pid: int) -> str:
    """The state letter of a process, from the kernel: T is stopped, Z is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def export(
    client: httpx.Client, project_id: str, export_id: str = "", *, settings: Json | None = None, **headers: str
) -> httpx.Response:
    """The answer to an export request that waits for the film."""
    body: Json = {"project_id": project_id, "export_id": export_id or new_export()}
    if settings is not None:
        body["settings"] = settings
    return client.post(RENDER, json=body, headers=headers, timeout=PATIENCE)


def decided(client: httpx.Client, project_id: str, export_id: str, settings: Json | None = None) -> httpx.Response:
    """The answer to an export once it has ended, well or not; after a failure of the store the server tries again."""

    def look() -> httpx.Response | None:
        response = client.get(f"/api/export/{export_id}")
        over = response.status_code == 200 and response.json()["state"] in ("complete", "error")
        answer = export(client, project_id, export_id, settings=settings)
        return answer if over or answer.status_code == 200 else None

    return until(look, f"{export_id} is not decided")


def begin(client: httpx.Client, project_id: str, export_id: str = "", settings: Json | None = None) -> str:
    """Start an export without waiting for it; its id."""
    answer = export(client, project_id, export_id, settings=settings, Prefer="respond-async")
    assert answer.status_code == 202, answer.text
    return str(answer.json()["export_id"])


def film(client: httpx.Client, answer: httpx.Response) -> bytes:
    """The film that an export made."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["success"] is True
    media = client.get(f"/api/working-videos/{body['working_video_id']}/media")
    assert media.status_code == 200, media.text
    return media.content


def reelc(folder: Path, *words: str) -> str:
    """The output of a `reelc` command that runs in a folder and must succeed."""
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 0
    return printed.getvalue()


def rendered(folder: Path, settings: Json, clips: list[Json], aspect_ratio: str = "9:16") -> bytes:
    """The film that `reelc render` makes of a reel file."""
    canvas = {"aspect_ratio": aspect_ratio, **settings.get("canvas", {})}
    reel = {"reel": 1, **settings, "canvas": canvas, "clips": clips}
    (folder / "reel.json").write_text(json.dumps(reel))
    reelc(folder, "render", "reel.json", "-o", "film.mp4", "--progress", "none", "--overwrite")
    return (folder / "film.mp4").read_bytes()
