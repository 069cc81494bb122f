"""Projects: name, aspect ratio, settings, clips."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from starlette.responses import Response

from server.edits.canonical import check_settings
from server.edits.compiled import project_of
from server.ids import new_id
from server.problem import Problem
from server.routes.shapes import NAME_LENGTH, NewProject, Project, ProjectChange, ProjectCopy, Projects
from server.storage.database import Reader, Transaction
from server.tables import clips, projects
from server.tables.clips import ClipRow, ClipVersion
from server.tables.projects import ProjectEdit, ProjectRow
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes
from server.web.bodies import plain
from server.web.texts import Text, TextResponse

api = Operations("projects")

ONCE = ("Idempotency-Key",)
COPY = " copy"


@api.op("POST", "/api/projects", Takes(NewProject, headers=ONCE), Answers(Project, 201, errors=(422,)))
async def create(call: Call[NewProject]) -> Response:
    """Make a project."""
    body, settings = call.body, plain(call.body.settings, "/settings")
    check_settings(body.aspect_ratio, settings)

    async def work(unit: Transaction) -> Json:
        project: ProjectEdit = {
            "id": new_id("p"),
            "name": body.name,
            "aspect_ratio": body.aspect_ratio,
            "settings": settings,
        }
        await projects.add(unit, project, call.services.now())
        return {**await project_of(unit, project["id"])}

    return await call.write(work, 201)


@api.op("GET", "/api/projects", answers=Answers(Projects))
async def index(call: Call[NoBody]) -> Response:
    """Every project, the newest first."""
    text = await call.ask(lambda reader: call.listed("projects", projects.pages(reader), projects.decoded))
    return TextResponse(text)


@api.op("GET", "/api/projects/{project_id}", answers=Answers(Project, errors=(404,)))
async def show(call: Call[NoBody]) -> Response:
    """A project and its clips in their order."""
    return TextResponse(await call.ask(lambda reader: with_clips(call, reader, call.path("project_id"))))


async def with_clips(
    call: Call[Any], reader: Reader, project_id: str, more: Mapping[str, Any] = MappingProxyType({})
) -> Text:
    """A project with its clips and more members, as the API has it; 404 `project_not_found`."""
    project = await project_of(reader, project_id)
    listed = clips.pages(reader, await clips.ids(reader, project["id"]))
    return await call.listed("clips", listed, clips.as_json, {**project, **more})


@api.op("PATCH", "/api/projects/{project_id}", Takes(ProjectChange, headers=ONCE), Answers(Project, errors=(404, 422)))
async def change(call: Call[ProjectChange]) -> Response:
    """Change a project's name, shape or settings."""
    changes = given(call.body)

    async def work(unit: Transaction) -> Json:
        await store_change(unit, call, changes)
        return {**await project_of(unit, call.path("project_id"))}

    return await call.write(work)


def given(body: ProjectChange) -> Json:
    """The members of a project that a change gives; 422 for numbers beyond doubles and names that are given twice."""
    return {name: plain(getattr(body, name), f"/{name}") for name in body.model_fields_set}


async def store_change(unit: Transaction, call: Call[Any], changes: Json) -> None:
    """Change the project that the path names; 404, and 422 for settings that no reel could have."""
    changed = cast(ProjectRow, {**await project_of(unit, call.path("project_id")), **changes})
    check_settings(changed["aspect_ratio"], changed["settings"])
    await projects.change(unit, changed, call.services.now())


@api.op(
    "POST",
    "/api/projects/{project_id}/duplicate",
    Takes(ProjectCopy, headers=ONCE),
    Answers(Project, 201, errors=(404,)),
)
async def duplicate(call: Call[ProjectCopy]) -> Response:
    """Copy a project with its settings and its clips as they are saved; films and earlier versions are not copied."""

    async def work(unit: Transaction) -> Json:
        project, now = await project_of(unit, call.path("project_id")), call.services.now()
        name = call.body.name or f"{project['name'][: NAME_LENGTH - len(COPY)]}{COPY}"
        copy: ProjectEdit = {
            "id": new_id("p"),
            "name": name,
            "aspect_ratio": project["aspect_ratio"],
            "settings": project["settings"],
        }
        await projects.add(unit, copy, now)
        place = 0
        async for _, page in clips.pages(unit, await clips.ids(unit, project["id"])):
            for row in page:
                fresh: ClipRow = {**row, "project_id": copy["id"], "clip_key": new_id("c"), "version": 1}
                await clips.add(unit, cast(ClipVersion, {**fresh, "sort_order": place, "created_at": now}))
                place += 1
        return {**await project_of(unit, copy["id"])}

    return await call.write(work, 201)


@api.op("DELETE", "/api/projects/{project_id}", answers=Answers(status=204, errors=(404, 409)))
async def remove(call: Call[NoBody]) -> Response:
    """Delete a project, its clips and its films; uploads stay."""

    async def work(unit: Transaction) -> list[str]:
        project = await project_of(unit, call.path("project_id"))
        if await projects.exporting(unit, project["id"]):
            raise Problem(409, "export_in_progress", "an export of this project is under way: cancel it first")
        return await projects.remove(unit, project["id"])

    async with call.held() as held:
        keys = await held.write(work)
    await call.services.request_databases.durable()
    await call.services.sending.discard(keys)
    return Response(None, 204)
