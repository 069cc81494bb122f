"""Drafts: what an edit would be before it is saved, for the page on which it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from server.edits.compiled import Edit, footage_there, project_of, read_edit
from server.edits.drafts import drafted
from server.problem import invalid, not_found
from server.routes.shapes import Answer, Change, ClipEdit, Fault, Id
from server.storage.database import Reader
from server.tables import clips
from server.tables.clips import ClipRow
from server.web.api import Answers, Call, Json, Operations, Takes, plain

api = Operations("drafts")

Pieces = Annotated[
    list[dict[str, Any]] | None,
    Field(description="In order; coefficients are of the distance from where a piece begins, lowest power first."),
]


class ClipDraft(ClipEdit):
    """A clip as it would be saved; fields that are absent are as they are stored."""

    clip_id: Id


class Draft(Change):
    """What of a project is not saved yet. `order` names every clip; absent, they are as they are."""

    clips: Annotated[list[ClipDraft], Field(max_length=10_000)] = []
    order: Annotated[list[Id], Field(max_length=10_000)] = []


class DraftedClip(Answer):
    """A clip as it would be. All but its id and how it is entered is null where it is wrong."""

    clip_id: str
    first_frame: int | None
    frames: int | None
    source_fps: Annotated[str | None, Field(description="Null, too, where frames come at uneven times.")]
    source_duration: float | None
    picture: dict[str, int] | None
    source: Pieces
    crop: Pieces
    crop_error_px: float | None
    placed: Annotated[dict[str, int] | None, Field(description="Where on the canvas the crop is shown.")]
    path: Pieces
    path_error_px: float | None
    transition: dict[str, Any] | None


class Drafted(Answer):
    """An edit as it would be, and everything that is wrong with it."""

    fps: str | None
    canvas: dict[str, Any] | None
    frames: int | None
    duration: float | None
    errors: list[Fault]
    warnings: list[Fault]
    clips: list[DraftedClip]


@api.op("POST", "/api/projects/{project_id}/draft", Takes(Draft), Answers(Drafted, errors=(404, 422)))
async def draft(call: Call[Draft]) -> Json:
    """What a project would be with these changes, which are not saved.

    Errors of the edit are in the answer, all of them, and clips without are told in full: `source` is the source time
    in seconds at each of the clip's record frames, `crop` the box in pixels of the displayed picture that the film
    shows at them, `path` the box over source time. They are the compiler's own curves, as polynomials.
    """
    given = {each.clip_id: _fields(each, k) for k, each in enumerate(call.body.clips)}
    order = call.body.order if "order" in call.body.model_fields_set else None

    async def question(reader: Reader) -> Edit:
        project = await project_of(reader, call.path("project_id"))
        rows = _changed(await clips.every(reader, project["id"]), given)
        return await read_edit(reader, project, rows if order is None else _ordered(rows, order))

    edit = await call.ask(question)
    found = await footage_there(edit, call.services.store, lambda raw, _: Path(raw["id"], raw["name"]))
    return await drafted(edit, {raw_id: media for raw_id, (_, media) in found.items()}, call.services.compiler)


def _fields(body: ClipDraft, k: int) -> Mapping[str, Any]:
    return {name: plain(value, f"/clips/{k}/{name}") for name, value in body.edit().items()}


def _changed(rows: Sequence[ClipRow], given: Mapping[str, Mapping[str, Any]]) -> list[ClipRow]:
    """The rows with what is given in place of what is stored; 404 for a clip that is not there."""
    if unknown := given.keys() - {row["clip_key"] for row in rows}:
        raise not_found("clip_not_found", f"there is no clip {min(unknown)} in this project")
    return [{**row, "edit": {**row["edit"], **given.get(row["clip_key"], {})}} for row in rows]


def _ordered(rows: Sequence[ClipRow], order: Sequence[str]) -> list[ClipRow]:
    by_key = {row["clip_key"]: row for row in rows}
    if sorted(order) != sorted(by_key):
        raise invalid("order must name every clip of the project once", pointer="/order")
    return [by_key[key] for key in order]
