"""Working videos: the films made by exports."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from starlette.responses import Response

from server.problem import Problem, not_found
from server.routes.shapes import WorkingVideo
from server.storage.database import Reader
from server.storage.objects import Missing
from server.tables import exports, films
from server.tables.films import FilmRow
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes
from server.web.ranges import RANGED, object_answer

api = Operations("films")

TYPES = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
}
"""The media type of a film by its file name's ending."""

FILM = "/api/working-videos/{working_video_id}"


async def film_of(reader: Reader, film_id: str) -> FilmRow:
    """The film; 404 `working_video_not_found`, 410 `working_video_gone` for a deleted film."""
    row = await films.get(reader, film_id)
    if row is not None:
        return row
    if await exports.made(reader, film_id):
        raise Problem(410, "working_video_gone", "this film was deleted", hint="export the project again")
    raise not_found("working_video_not_found", "no film has this id")


@api.op("GET", FILM, answers=Answers(WorkingVideo, errors=(404, 410)))
async def show(call: Call[NoBody]) -> Json:
    """The description of a film."""
    row = await call.ask(lambda reader: film_of(reader, call.path("working_video_id")))
    return {name: value for name, value in row.items() if name != "object_key"}


@api.op(
    "GET",
    FILM + "/media",
    Takes(headers=RANGED),
    Answers(also=(206, 304), errors=(404, 410, 416), media=("video/mp4",)),
)
async def media(call: Call[NoBody]) -> Response:
    """The film's file or a range of it, as a download under its name."""
    row = await call.ask(lambda reader: film_of(reader, call.path("working_video_id")))
    return await sent(call, row, download=True)


async def sent(call: Call[Any], row: FilmRow, *, download: bool) -> Response:
    """A film's file or the requested range of it; 500 if it is missing or damaged."""
    try:
        stat = await call.services.store.head(row["object_key"])
        await call.services.film_check.check(stat, row["size"], row["sha256"])
    except Missing:
        raise Problem(500, "video_not_found", "the film is missing from the store") from None
    kind = TYPES.get(PurePath(row["filename"]).suffix, "application/octet-stream")
    return await object_answer(call.request, call.services.sending, stat, kind, row["filename"], download=download)
