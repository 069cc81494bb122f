"""Windows of footage: raw clips that are parts of an uploaded file, and share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from compiler.errors import ReelError
from compiler.supervise.record import Media
from server.footage.checked import damaged_footage, facts_of
from server.footage.windows import Part, window_row
from server.problem import Problem, from_reel, joined, within
from server.routes.raw_clip_shapes import NewWindow, NewWindows, Windows
from server.routes.raw_clips import RAW, as_json, raw_clip_of
from server.storage.database import Transaction
from server.storage.objects import DamagedObject, Missing
from server.tables import raw_clips
from server.tables.raw_clips import RawClipRow
from server.web.api import Answers, Call, Json, Operations, Takes

api = Operations("uploads", "windows")


@api.op(
    "POST",
    RAW + "/windows",
    Takes(NewWindows, headers=("Idempotency-Key",)),
    Answers(Windows, 201, errors=(404, 422)),
)
async def make(call: Call[NewWindows]) -> Response:
    """Make raw clips that are windows of an upload's file, all or none; no bytes are copied.

    Times are those of the file, also where the upload is a window itself.
    """
    raw_clip_id, asked = call.path("raw_clip_id"), call.body.windows
    row = await call.ask(lambda reader: raw_clip_of(reader, raw_clip_id))
    async with call.services.uneven.of(call.uid, [row]):
        rows = await _rows(call, row, await _file_of(call, row), asked)

    async def work(unit: Transaction) -> Json:
        await raw_clip_of(unit, raw_clip_id)  # its file may have been deleted meanwhile
        for each in rows:
            await raw_clips.add(unit, each)
        return {"raw_clips": [as_json(each) for each in rows]}

    return await call.write(work, 201)


async def _file_of(call: Call[NewWindows], row: RawClipRow) -> Media:
    """The facts of a raw clip's file; 500 `video_not_found`, `damaged_media`."""
    services = call.services
    try:
        stat = await services.store.head(row["object_key"])
        facts = await facts_of(services.store, services.cache, stat, services.cache.path(stat))
    except Missing:
        raise Problem(500, "video_not_found", "the footage is not in the object store") from None
    except DamagedObject:
        raise damaged_footage(row["name"]) from None
    return facts.media


async def _rows(call: Call[Any], row: RawClipRow, media: Media, asked: Sequence[NewWindow]) -> list[RawClipRow]:
    """The row of each window; 422 `window_unfit` with all errors."""
    rows, refused = [], []
    for number, one in enumerate(asked):
        try:
            given = (row, media, _part(row, one), one.name or row["name"], call.services.now())
            rows.append(await call.in_thread(window_row, *given))
        except ReelError as error:
            refused.append(within(from_reel(error), f"/windows/{number}", None))
    if refused:
        raise joined(refused)
    return rows


def _part(row: RawClipRow, asked: NewWindow) -> Part:
    return Part(row["object_key"], asked.start_time or 0.0, asked.end_time)
