"""Clips of a project: added, saved (each save a version), ordered, restored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from server.edits.canonical import saved, untouched_clip
from server.edits.compiled import project_of
from server.footage.facts import Footage, summary
from server.ids import new_id
from server.long_json import dumped
from server.problem import Problem, invalid, not_found
from server.routes.shapes import Clip, ClipChange, Clips, NewClip, Order, Removed, Reordered, Restore, Saved, Versions
from server.storage.database import Reader, Transaction
from server.tables import clips, project_versions, raw_clips
from server.tables.clips import ClipRow, ClipVersion
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes
from server.web.etags import names
from server.web.texts import Text, TextResponse

api = Operations("clips")

CLIPS = "/api/clips/projects/{project_id}/clips"
CLIP = CLIPS + "/{clip_id}"
CONDITIONAL = ("If-Match", "Idempotency-Key")


async def clip_of(reader: Reader, call: Call[Any]) -> ClipRow:
    """The clip that the path names; 404 `project_not_found` or `clip_not_found`."""
    project = await project_of(reader, call.path("project_id"))
    row = await clips.get(reader, project["id"], call.path("clip_id"))
    if row is None:
        raise not_found("clip_not_found", "there is no such clip in this project")
    return row


@api.op(
    "POST",
    CLIPS,
    Takes(NewClip, headers=("Idempotency-Key",), large=True),
    Answers(Saved, 201, errors=(404, 422), etag=True),
)
async def add(call: Call[NewClip]) -> Response:
    """Add a clip at the end of a project."""
    body = call.body

    async def work(unit: Transaction) -> Json:
        project = await project_of(unit, call.path("project_id"))
        raw = await raw_clips.get(unit, body.raw_clip_id)
        if raw is None:
            raise not_found("raw_clip_not_found", "this file was deleted, or never uploaded")
        place = await clips.next_place(unit, project["id"])
        row = untouched_clip(project["id"], new_id("c"), raw["id"], body.name or raw["name"], place)
        return await _save(unit, call, row, body.edit())

    return await call.write(work, 201, etag=_etag_of)


@api.op("GET", CLIPS, answers=Answers(Clips, errors=(404,)))
async def index(call: Call[NoBody]) -> Response:
    """The clips of a project, in their order."""
    return TextResponse(await call.ask(lambda reader: _listed(reader, call)))


async def _listed(reader: Reader, call: Call[Any], beside: Mapping[str, Any] = MappingProxyType({})) -> Text:
    project = await project_of(reader, call.path("project_id"))
    pages = clips.pages(reader, await clips.ids(reader, project["id"]))
    return await call.listed("clips", pages, clips.as_json, beside)


@api.op(
    "PUT",
    CLIPS + "/reorder",
    Takes(Order, headers=("Idempotency-Key",), large=True),
    Answers(Reordered, errors=(404, 422)),
)
async def reorder(call: Call[Order]) -> Response:
    """Put the clips of a project in this order."""

    async def work(unit: Transaction) -> Json:
        project = await project_of(unit, call.path("project_id"))
        if not await clips.reorder(unit, project["id"], call.body.clip_ids):
            raise invalid("clip_ids must name every clip of the project once", pointer="/clip_ids")
        return {"success": True}

    return await call.write(work, expanded=lambda reader, _: _listed(reader, call, {"success": True}))


@api.op("GET", CLIP, Takes(headers=("If-None-Match",)), Answers(Clip, also=(304,), errors=(404,), etag=True))
async def show(call: Call[NoBody]) -> Response:
    """A clip."""
    row = await call.ask(lambda reader: clip_of(reader, call))
    headers = {"ETag": _etag(row["version"])}
    if names(call.request, "if-none-match", headers["ETag"]):
        return Response(None, 304, headers)
    text = Text(call.services.long_answers, call.uid)
    text.add(await call.sized(clips.size_of(row), _dumped, row))
    return TextResponse(text, headers=headers)


def _dumped(row: ClipRow) -> bytes:
    return dumped(clips.as_json(row))


@api.op(
    "PUT",
    CLIP,
    Takes(ClipChange, headers=CONDITIONAL, large=True),
    Answers(Saved, errors=(404, 412, 422, 428), etag=True),
)
async def save(call: Call[ClipChange]) -> Response:
    """Save a clip as its next version; the answer comes when it is durable."""
    body = call.body

    async def work(unit: Transaction) -> Json:
        row = await clip_of(unit, call)
        _expect(call, row["version"])
        name = body.name if "name" in body.model_fields_set else row["name"]
        place = body.sort_order if "sort_order" in body.model_fields_set else row["sort_order"]
        changed: ClipRow = {**row, "name": name, "sort_order": place}
        return await _save(unit, call, changed, body.edit())

    return await call.write(work, etag=_etag_of)


@api.op("DELETE", CLIP, Takes(headers=CONDITIONAL), Answers(Removed, errors=(404, 412, 428)))
async def remove(call: Call[NoBody]) -> Response:
    """Delete a clip for good; a change of the project that removes it keeps it among the project's versions."""

    async def work(unit: Transaction) -> Json:
        row = await clip_of(unit, call)
        _expect(call, row["version"])
        await project_versions.forget_clip(unit, row["project_id"], row["clip_key"])
        await clips.remove(unit, row["project_id"], row["clip_key"])
        return {"success": True, "clip_id": row["clip_key"]}

    return await call.write(work)


@api.op("GET", CLIP + "/versions", Takes(query=("before",)), Answers(Versions, errors=(404, 422)))
async def versions(call: Call[NoBody]) -> Response:
    """The versions of a clip that are kept, the newest first, a page at a time: `next` is the next page's `before`."""
    before = version_named(call.request.query_params.get("before"))

    async def question(reader: Reader) -> Text:
        row = await clip_of(reader, call)
        page, following = await clips.versions(reader, row["project_id"], row["clip_key"], before)
        text = Text(call.services.long_answers, call.uid)
        text.add(await call.sized(clips.size_of_all(page), _page, page, following))
        return text

    return TextResponse(await call.ask(question))


def _page(page: list[ClipRow], following: int | None) -> bytes:
    return dumped({"versions": [clips.as_json(each) for each in page], "next": following})


def version_named(text: str | None) -> int | None:
    """The version in a query; 422 unless it is a number from 1 that SQLite can hold."""
    if text is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,17}", text):
        raise invalid("before must be the number of a version, from 1", pointer="/before")
    return int(text)


@api.op(
    "POST", CLIP + "/restore", Takes(Restore, headers=CONDITIONAL), Answers(Saved, errors=(404, 412, 428), etag=True)
)
async def restore(call: Call[Restore]) -> Response:
    """Make what an earlier version held the newest version; its place in the project stays."""

    async def work(unit: Transaction) -> Json:
        row = await clip_of(unit, call)
        _expect(call, row["version"])
        old = await clips.version(unit, row["project_id"], row["clip_key"], call.body.version)
        if old is None:
            raise not_found("version_not_found", "this version is not kept")
        restored: ClipRow = {**old, "version": row["version"], "sort_order": row["sort_order"]}
        return await _next(unit, call, restored, [])

    return await call.write(work, etag=_etag_of)


async def _save(unit: Transaction, call: Call[Any], row: ClipVersion, changes: Mapping[str, Any]) -> Json:
    """Store the row's next version, with these changes of its edit."""
    footage = await footage_of(unit, row)
    edit, warnings = await call.compute(saved, row, changes, footage, call.services.settings.film_bounds)
    return await _next(unit, call, {**row, "edit": edit}, warnings)


async def footage_of(reader: Reader, row: ClipVersion) -> Footage | None:
    """What is known of a clip's footage, also if it is deleted; None for a clip without."""
    raw_id = row["raw_clip_id"]
    raw = (await raw_clips.get(reader, raw_id) or await raw_clips.deleted(reader, raw_id)) if raw_id else None
    return summary(raw["media_info"]) if raw else None


async def next_version(unit: Transaction, call: Call[Any], row: ClipVersion) -> ClipVersion:
    """Store a clip as the version after the row's, and delete those that are too many; returns what is stored."""
    stored: ClipVersion = {**row, "version": row["version"] + 1, "created_at": call.services.now()}
    await clips.add(unit, stored)
    await clips.prune(unit, row["project_id"], row["clip_key"], call.services.settings.versions_kept)
    return stored


async def _next(unit: Transaction, call: Call[Any], row: ClipVersion, warnings: list[str]) -> Json:
    stored = await next_version(unit, call, row)
    clip = await call.sized(clips.size_of(stored), clips.as_json, stored)
    return {"success": True, "clip_id": clip["id"], "version": clip["version"], "clip": clip, "warnings": warnings}


def _expect(call: Call[Any], version: int) -> None:
    """412 `version_conflict` unless If-Match, when there is one, names this version; 428 where one is required."""
    if call.header("if-match") is None:
        if call.services.settings.require_if_match:
            message = "this server requires If-Match: send the version that the change is based on"
            raise Problem(428, "precondition_required", message)
    elif not names(call.request, "if-match", _etag(version)):
        raise conflict(version)


def conflict(version: int) -> Problem:
    """412 `version_conflict` for a change that is not based on the clip's newest version, which is this one."""
    message = f"the clip is at version {version}: read it again, then repeat the change"
    return Problem(412, "version_conflict", message, current_version=version, headers={"ETag": _etag(version)})


def _etag(version: int) -> str:
    return f'"{version}"'


def _etag_of(saved: Json) -> str:
    return _etag(saved["version"])
