"""Drafts: the compiler's numbers for an edit that is not saved, for the page that edits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import Field
from starlette.responses import Response

from server.edits.bounds import check_texts
from server.edits.canonical import untouched_clip
from server.edits.compiled import Edit, footage_there, project_of, read_edit
from server.edits.drafts import drafted
from server.exports.progress import estimated
from server.problem import MOST_ERRORS, invalid, not_found
from server.routes.shapes import Answer, Aspect, Change, ClipEdit, Fault, Id
from server.storage.database import Reader
from server.tables import clips, exports
from server.tables.clips import ClipRow
from server.tables.projects import ProjectEdit
from server.web.api import Answers, Call, Operations, Takes
from server.web.bodies import plain
from server.web.texts import TextResponse

api = Operations("drafts")

Pieces = Annotated[
    list[dict[str, Any]] | None,
    Field(description="In order; coefficients are of the distance from where a piece begins, lowest power first."),
]


class ClipDraft(ClipEdit):
    """The unsaved fields of a clip; absent fields are as stored."""

    clip_id: Id
    raw_clip_id: Annotated[
        Id | None, Field(description="The footage of a clip that is not saved yet; without it the clip must be.")
    ] = None


class ProjectDraft(Change):
    """The unsaved fields of a project that its film depends on; absent fields are as stored."""

    aspect_ratio: Aspect = "9:16"
    settings: dict[str, Any] = {}


class Draft(Change):
    """The unsaved changes of a project. `order` names every clip; without it the order is as stored, new clips last."""

    clips: Annotated[list[ClipDraft], Field(max_length=10_000)] = []
    remove: Annotated[list[Id], Field(max_length=10_000, description="Clips to leave out, saved or not.")] = []
    project: ProjectDraft = ProjectDraft()
    order: Annotated[list[Id], Field(max_length=10_000)] = []


class DraftedClip(Answer):
    """A clip with the changes. Everything except its id and its transition is null where the clip has errors."""

    clip_id: str
    first_frame: int | None
    frames: int | None
    source_fps: Annotated[str | None, Field(description="Null also for footage with a variable frame rate.")]
    source_duration: float | None
    picture: dict[str, int] | None
    source: Pieces
    crop: Pieces
    crop_error_px: float | None
    placed: Annotated[dict[str, int] | None, Field(description="The rectangle of the canvas that the crop fills.")]
    path: Pieces
    path_error_px: float | None
    transition: dict[str, Any] | None


class Expected(Answer):
    """The expected duration of an export, without its wait in the queue."""

    seconds: float
    measured: Annotated[
        bool, Field(description="Whether it is based on earlier exports of the user; if not, it is a first guess.")
    ]


class Drafted(Answer):
    """The edit with the changes, and all its errors."""

    fps: str | None
    canvas: dict[str, Any] | None
    frames: int | None
    duration: float | None
    errors: Annotated[list[Fault], Field(max_length=MOST_ERRORS)]
    more_errors: Annotated[int, Field(description="The number of errors that are not listed.")]
    warnings: list[Fault]
    clips: list[DraftedClip]
    export: Annotated[
        Expected | None, Field(description="The expected duration of an export; null while the edit has no length.")
    ]


@api.op(
    "POST",
    "/api/projects/{project_id}/draft",
    Takes(Draft, large=True, saves=False),
    Answers(Drafted, errors=(404, 422)),
)
async def draft(call: Call[Draft]) -> Response:
    """Compute a project with these changes; nothing is saved.

    The answer has every error of the edit; clips without errors are described in full: `source` is the source time
    in seconds at each of the clip's record frames, `crop` the box in pixels of the displayed picture that the film
    shows at them, `path` the box over source time. They are the compiler's own curves, as polynomials.
    """
    given = await call.compute(_given, call.body)
    unsaved = {each.clip_id: each.raw_clip_id for each in call.body.clips if each.raw_clip_id}
    project_changes = _project_fields(call.body.project)
    order = call.body.order if "order" in call.body.model_fields_set else None

    async def question(reader: Reader) -> tuple[Edit, list[float]]:
        project = await project_of(reader, call.path("project_id"))
        there = [row for row in await clips.every(reader, project["id"]) if row["clip_key"] not in call.body.remove]
        known = {row["clip_key"] for row in there}
        there += [_new_row(project["id"], key, raw) for key, raw in unsaved.items() if key not in known]
        rows = _changed(there, given)
        changed = cast(ProjectEdit, {**project, **project_changes})
        edit = await read_edit(reader, changed, rows if order is None else _ordered(rows, order))
        return edit, await exports.paces(reader, project["id"])

    services = call.services
    sizes = await call.ask(lambda reader: clips.sizes(reader, call.path("project_id")))
    async with services.compiler.turn(call.uid, clips.size_by(_left(sizes, call.body)) + len(call.raw)):
        edit, paces = await call.ask(question)
        async with services.uneven.of(call.uid, edit.raws.values()):
            found = await footage_there(
                edit, services.store, services.cache, lambda raw, _: Path(raw["id"], raw["name"])
            )
            media = {raw_id: facts.media for raw_id, (_, facts) in found.items()}
            answer = await drafted(call.uid, edit, media, services.compiler)
            return TextResponse(await call.text({**answer, "export": _expected(answer, paces)}))


def _expected(answer: Mapping[str, Any], paces: Sequence[float]) -> Mapping[str, Any] | None:
    if answer["frames"] is None:
        return None
    size = answer["canvas"]["width"], answer["canvas"]["height"]
    return {"seconds": round(estimated(paces, answer["frames"], size), 1), "measured": bool(paces)}


def _left(sizes: Mapping[str, dict[str, int]], body: Draft) -> dict[str, dict[str, int]]:
    """What is left of the stored sizes beside the fields that the draft states."""
    stated = {each.clip_id: each.edit() for each in body.clips}
    return {
        key: {name: size for name, size in each.items() if name not in stated.get(key, ())}
        for key, each in sizes.items()
        if key not in body.remove
    }


def _given(body: Draft) -> dict[str, Mapping[str, Any]]:
    return {each.clip_id: _fields(each, k) for k, each in enumerate(body.clips)}


def _fields(body: ClipDraft, k: int) -> Mapping[str, Any]:
    check_texts(body.edit(), f"/clips/{k}")
    return {name: plain(value, f"/clips/{k}/{name}") for name, value in body.edit().items()}


def _project_fields(body: ProjectDraft) -> dict[str, Any]:
    return {name: plain(getattr(body, name), f"/project/{name}") for name in body.model_fields_set}


def _new_row(project_id: str, clip_key: str, raw_clip_id: str) -> ClipRow:
    """The row of a clip that is not saved; its name and place matter to no draft."""
    return {**untouched_clip(project_id, clip_key, raw_clip_id, "new clip", 0), "id": 0}


def _changed(rows: Sequence[ClipRow], given: Mapping[str, Mapping[str, Any]]) -> list[ClipRow]:
    """The rows with the given fields in place of the stored ones; 404 for an unknown clip."""
    if unknown := given.keys() - {row["clip_key"] for row in rows}:
        raise not_found("clip_not_found", f"there is no clip {min(unknown)} in this project")
    return [{**row, "edit": {**row["edit"], **given.get(row["clip_key"], {})}} for row in rows]


def _ordered(rows: Sequence[ClipRow], order: Sequence[str]) -> list[ClipRow]:
    by_key = {row["clip_key"]: row for row in rows}
    if sorted(order) != sorted(by_key):
        raise invalid("order must name every clip of the project once", pointer="/order")
    return [by_key[key] for key in order]
