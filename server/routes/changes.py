"""The atomic save of a project: clips changed, added, removed and ordered, its name, aspect ratio and settings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from starlette.responses import Response

from server.edits.canonical import Save, all_saved, untouched_clip
from server.edits.compiled import project_of
from server.footage.facts import summary
from server.ids import new_id
from server.problem import Problem, invalid, not_found, within
from server.routes.change_shapes import (
    AddedClip,
    ChangedClip,
    ChangedProject,
    Changes,
    ProjectVersion,
    ProjectVersions,
    RemovedClip,
)
from server.routes.clips import conflict, footage_of, next_version, version_named
from server.routes.projects import given, store_change, with_clips
from server.storage.database import Reader, Transaction
from server.tables import clips, project_versions, raw_clips
from server.tables.clips import ClipRow
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes
from server.web.texts import Text, TextResponse

api = Operations("projects")

Newest = dict[str, int]
"""The version of each clip of a project by its key, in their order."""


@api.op(
    "POST",
    "/api/projects/{project_id}/changes",
    Takes(Changes, headers=("Idempotency-Key",), large=True),
    Answers(ChangedProject, errors=(404, 412, 422)),
)
async def save(call: Call[Changes]) -> Response:
    """Save changes of a project and its clips, all or none; the answer comes when they are durable.

    Each changed clip gets its next version. The states of the project before and after are kept as versions of it.
    """
    _check_once(call.body)

    async def work(unit: Transaction, full: bool = False) -> Json:
        project = await project_of(unit, call.path("project_id"))
        if full:
            await project_versions.forget(unit, project["id"])
        else:
            await _record(unit, call, project["id"])
        if "project" in call.body.model_fields_set:
            await _change_project(unit, call)
        warnings = await _change_clips(unit, call, project["id"])
        if not full:
            await _record(unit, call, project["id"])
        return {"project_id": project["id"], "warnings": warnings}

    when_full = partial(work, full=True) if call.body.model_fields_set == {"remove"} else None

    async def answer(reader: Reader, stored: Json) -> Text:
        """The answer as of now: only the warnings are kept for a repeated request."""
        return await with_clips(call, reader, stored["project_id"], {"warnings": stored["warnings"]})

    return await call.write(work, when_full=when_full, expanded=answer)


@api.op(
    "GET",
    "/api/projects/{project_id}/versions",
    Takes(query=("before",)),
    Answers(ProjectVersions, errors=(404, 422)),
)
async def versions(call: Call[NoBody]) -> Response:
    """The states of a project before and after its changes, the newest first, a page at a time.

    `next` is the next page's `before`. A save of one clip alone is among the versions of that clip.
    """
    before = version_named(call.request.query_params.get("before"))

    async def question(reader: Reader) -> Text:
        project = await project_of(reader, call.path("project_id"))
        page, following = await project_versions.listed(reader, project["id"], before)
        return await call.text({"versions": page, "next": following})

    return TextResponse(await call.ask(question))


@api.op("GET", "/api/projects/{project_id}/versions/{version}", answers=Answers(ProjectVersion, errors=(404, 422)))
async def version(call: Call[NoBody]) -> Response:
    """A project as it was, with its clips; to restore it, send the difference as changes."""
    number = version_named(call.path("version"))

    async def question(reader: Reader) -> Text:
        project = await project_of(reader, call.path("project_id"))
        found = await project_versions.get(reader, project["id"], number or 0)
        if found is None:
            raise not_found("version_not_found", "this version is not kept")
        state, ids = found
        return await call.listed("clips", clips.pages(reader, ids), clips.as_json, state)

    return TextResponse(await call.ask(question))


async def _record(unit: Transaction, call: Call[Changes], project_id: str) -> None:
    await project_versions.record(unit, project_id, call.services.now(), call.services.settings.versions_kept)


async def _change_project(unit: Transaction, call: Call[Changes]) -> None:
    try:
        await store_change(unit, call, given(call.body.project))
    except Problem as problem:
        raise within(problem, "/project") from problem


async def _change_clips(unit: Transaction, call: Call[Changes], project_id: str) -> list[Json]:
    """Remove, change, add and order clips; return the warnings of their reading."""
    body = call.body
    newest = await clips.newest(unit, project_id)
    for k, removed in enumerate(body.remove):
        _check_version(newest, removed, f"/remove/{k}")
        await clips.remove(unit, project_id, removed.clip_id)
        del newest[removed.clip_id]
    for k, asked in enumerate(body.clips):
        _check_version(newest, asked, f"/clips/{k}")
    changed = [await _changed(unit, project_id, each, f"/clips/{k}") for k, each in enumerate(body.clips)]
    added = [await _added(unit, newest, each, project_id, f"/add/{k}") for k, each in enumerate(body.add)]
    warnings = await _store(unit, call, [*changed, *added])
    order = list(newest)
    for save, each in zip(added, body.add, strict=True):
        order.insert(len(order) if each.place is None else each.place, save.row["clip_key"])
    if "order" in body.model_fields_set:
        if sorted(order) != sorted(body.order):
            raise invalid("order must name every clip of the project once", pointer="/order")
        order = body.order
    if order != list(newest):
        await clips.reorder(unit, project_id, order)
    return warnings


def _check_once(body: Changes) -> None:
    """422 for a clip that is named twice: the changes of one request have no order."""
    lists: dict[str, Sequence[ChangedClip | AddedClip | RemovedClip]]
    lists = {"clips": body.clips, "add": body.add, "remove": body.remove}
    seen: set[str] = set()
    for pointer, clip_id in ((f"/{name}/{k}", each.clip_id) for name in lists for k, each in enumerate(lists[name])):
        if clip_id in seen:
            raise invalid(f"the clip {clip_id} is named twice", pointer=f"{pointer}/clip_id")
        seen |= {clip_id} if clip_id else set()


def _check_version(newest: Newest, asked: ChangedClip | RemovedClip, pointer: str) -> None:
    """404 and 412 unless the clip that the change names is there, at the version that it is based on."""
    version = newest.get(asked.clip_id)
    if version is None:
        problem = Problem(404, "clip_not_found", "there is no such clip in this project")
        raise within(problem, f"{pointer}/clip_id", asked.clip_id)
    if version != asked.version:
        raise within(conflict(version), f"{pointer}/version", asked.clip_id)


async def _changed(unit: Transaction, project_id: str, asked: ChangedClip, pointer: str) -> Save:
    row = await clips.get(unit, project_id, asked.clip_id)
    assert row is not None, "a clip whose version was checked has a row"
    named: ClipRow = {**row, "name": asked.name if "name" in asked.model_fields_set else row["name"]}
    return Save(named, asked.edit(), await footage_of(unit, row), pointer)


async def _added(unit: Transaction, newest: Newest, asked: AddedClip, project_id: str, pointer: str) -> Save:
    raw = await raw_clips.get(unit, asked.raw_clip_id)
    key = asked.clip_id or new_id("c")
    if raw is None:
        problem = Problem(404, "raw_clip_not_found", "this file was deleted, or never uploaded")
        raise within(problem, f"{pointer}/raw_clip_id", asked.clip_id)
    if key in newest:
        raise within(conflict(newest[key]), f"{pointer}/clip_id", key)
    fresh = untouched_clip(project_id, key, raw["id"], asked.name or raw["name"], len(newest))
    before = await clips.removed(unit, project_id, key)
    if before is not None:
        await clips.bring_back(unit, project_id, key)
        back: ClipRow = {**before, "raw_clip_id": raw["id"], "name": asked.name or before["name"]}
        fresh = back
    return Save(fresh, asked.edit(), summary(raw["media_info"]), pointer)


async def _store(unit: Transaction, call: Call[Changes], saves: Sequence[Save]) -> list[Json]:
    """Store the next version of each clip; return the warnings."""
    found = await call.compute(all_saved, saves, call.services.settings.film_bounds)
    warnings: list[Json] = []
    for each, (edit, messages) in zip(saves, found, strict=True):
        stored = await next_version(unit, call, {**each.row, "edit": edit})
        warnings += [{"clip_id": stored["clip_key"], "message": message} for message in messages]
    return warnings
