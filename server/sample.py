"""The sample project: new users get one at their first sign-in, made from a reel file.

A user is new until something is written to the user's database. So nobody gets the sample twice, and a deleted one
stays deleted.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler.errors import Loc, ReelError, ReelErrors
from compiler.model import read_reel
from compiler.model.limits import FILM
from compiler.supervise.probe import probing
from compiler.supervise.record import Media
from server.edits.canonical import check_settings, saved, untouched_clip
from server.footage.facts import facts_key, media_key, store_footage, summary
from server.footage.windows import Part, window_row
from server.ids import new_id
from server.logs import logger
from server.problem import Problem
from server.storage.database import Transaction, untouched
from server.storage.terms import Elsewhere
from server.tables import clips, projects, raw_clips
from server.tables.clips import FIELDS
from server.tables.projects import ProjectEdit
from server.tables.raw_clips import RawClipRow
from server.threads import checksums_of_file, computed
from server.web.services import Services

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """A reel file as a stored project: aspect ratio, settings, clips, and the path of each clip's footage."""

    name: str
    aspect_ratio: str
    settings: Json
    clips: tuple[Json, ...]
    media: tuple[Path, ...]


async def give_sample(services: Services, uid: str) -> None:
    """Make the sample project for a new user, if a sample is set; UNSTORED when storage fails, as for a save."""
    path = services.settings.sample
    if path is not None:
        with suppress(Elsewhere):  # a user that another server has is not new
            await _give(services, uid, path)


async def _give(services: Services, uid: str, path: Path) -> None:
    async with services.request_databases.of(uid) as held:
        if not await held.read(untouched):
            return
        with ExitStack() as coming:
            try:
                sample = await asyncio.to_thread(read_sample, path)
                raws = await _with_windows(await _stored(services, uid, sample, coming), sample, services.now())
            except (OSError, ReelError, ReelErrors, Problem) as error:  # a broken sample must not prevent signing in
                logger.warning("no sample project", extra={"why": str(error)})
                return
            if not await held.write(lambda unit: _add(unit, sample, raws, services.now())):
                await _removed(services, raws)


def read_sample(path: Path) -> Sample:
    """The reel file as a project; OSError where it or its footage is missing, ReelError where it is not a reel."""
    text = path.read_text(encoding="utf-8")
    read_reel(text)
    tree = json.loads(text)
    canvas = {**tree.pop("canvas", {})}
    aspect_ratio, entries = canvas.pop("aspect_ratio", "9:16"), tree.pop("clips")
    settings = {name: value for name, value in ({"canvas": canvas} | tree).items() if name != "reel"}
    check_settings(aspect_ratio, settings)
    media = tuple((path.parent / entry["media"]).resolve(strict=True) for entry in entries)
    return Sample(f"Sample: {path.stem}", aspect_ratio, settings, tuple(entries), media)


def credit(sample: Path | None) -> str:
    """The credit of a sample's footage: the text of `name.txt` beside `name.json`; empty without one."""
    if sample is None:
        return ""
    try:
        return sample.with_suffix(".txt").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


Stored = dict[Path, tuple[RawClipRow, Media]]
"""The row and the facts of each file."""


async def _stored(services: Services, uid: str, sample: Sample, coming: ExitStack) -> Stored:
    """The rows of the footage, each file once, its objects stored; they are not swept before `coming` closes."""
    found = await probing([(path, Loc()) for path in dict.fromkeys(sample.media)])
    rows: Stored = {}
    for path, media in found.items():
        raw_clip_id = new_id("r")
        coming.enter_context(services.coming.kept(media_key(uid, raw_clip_id)))
        checksums = await checksums_of_file(path)
        row = await store_footage(services.store, uid, raw_clip_id, path.name, path, media, checksums, services.now())
        rows[path] = row, media
    return rows


WHOLE = "null"
"""The window of a clip that shows the whole file, as text."""

Raws = dict[tuple[Path, str], RawClipRow]
"""The rows of the footage, by the file and the window."""


async def _with_windows(stored: Stored, sample: Sample, now: str) -> Raws:
    """The rows of the files, and of the windows of them that the clips show."""
    rows: Raws = {(path, WHOLE): row for path, (row, _) in stored.items()}
    for entry, path in zip(sample.clips, sample.media, strict=True):
        row, media = stored[path]
        window = entry.get("window") or {}
        part = Part(row["object_key"], window.get("start"), window.get("end"))
        if part.is_window and (path, _named(entry)) not in rows:
            name = entry.get("name", row["name"])
            rows[path, _named(entry)] = await computed(window_row, row, media, part, name, now)
    return rows


def _named(entry: Json) -> str:
    """The window of a clip as text."""
    window = {name: at for name, at in (entry.get("window") or {}).items() if at is not None}
    return json.dumps(window or None, sort_keys=True)


async def _removed(services: Services, raws: Raws) -> None:
    """Delete the footage again: another sign-in made the sample first."""
    for raw in {row["object_key"]: row for row in raws.values()}.values():
        for key in (facts_key(raw["object_key"]), raw["object_key"]):
            await services.store.delete(key)


async def _add(unit: Transaction, sample: Sample, raws: Raws, now: str) -> bool:
    """Add everything in one unit of work; False if the user is not new any more."""
    if not await untouched(unit):
        return False
    for raw in raws.values():
        await raw_clips.add(unit, raw)
    project: ProjectEdit = {
        "id": new_id("p"),
        "name": sample.name,
        "aspect_ratio": sample.aspect_ratio,
        "settings": sample.settings,
    }
    await projects.add(unit, project, now)
    for place, (entry, path) in enumerate(zip(sample.clips, sample.media, strict=True)):
        raw = raws[path, _named(entry)]
        row = untouched_clip(project["id"], new_id("c"), raw["id"], entry.get("name", raw["name"]), place)
        edit, _ = saved(row, {name: entry[name] for name in FIELDS if name in entry}, summary(raw["media_info"]), FILM)
        await clips.add(unit, {**row, "edit": edit, "version": 1, "created_at": now})
    return True
