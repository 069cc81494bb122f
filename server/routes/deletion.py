"""Deletion of footage: into the trash, and out of it as long as it is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from starlette.responses import Response

from server.ages import settled
from server.footage.trash import is_whole, take_all_back
from server.footage.windows import Part
from server.problem import Problem
from server.routes.raw_clip_shapes import RawClip
from server.routes.raw_clips import RAW, as_json, raw_clip_of
from server.settings import Settings
from server.storage.database import Transaction
from server.tables import raw_clips
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes

api = Operations("uploads")


@api.op("DELETE", RAW, Takes(query=("used",)), Answers(status=204, errors=(404, 409, 422)))
async def remove(call: Call[NoBody]) -> Response:
    """Delete footage that no clip uses, or with `?used=true` any; until it is deleted for good it can be restored."""
    used, forgotten = call.flag("used"), forgotten_before(call.services.settings)

    async def work(unit: Transaction) -> tuple[Part, list[Part]]:
        row = await raw_clip_of(unit, call.path("raw_clip_id"))
        users = await raw_clips.users(unit, row["id"])
        if users and not used:
            raise Problem(409, "raw_clip_in_use", f"{users} clips use this footage")
        if await raw_clips.exporting(unit, row["id"]):
            raise Problem(409, "export_in_progress", "an export with this footage is under way: cancel it first")
        await raw_clips.forget(unit, forgotten)
        await raw_clips.remove(unit, row["id"], call.services.now())
        others = [Part.of(each) for each in await raw_clips.parts(unit, row["object_key"])]
        return Part.of(row), others

    async with call.held() as held:
        part, others = await held.write(work)
    await call.services.request_databases.durable()
    await call.services.sending.discard(await _unused(call, part, others))
    return Response(None, 204)


def forgotten_before(settings: Settings) -> str:
    """The time before which footage was deleted whose rows are deleted for good."""
    return (settled() - timedelta(seconds=settings.trash_for)).isoformat(timespec="milliseconds")


async def _unused(call: Call[NoBody], part: Part, others: Sequence[Part]) -> list[str]:
    """The keys of objects that nobody uses any more, now that `part` of a file is deleted and `others` are not."""
    if not others:
        return [*await call.services.previews.discard(part.key), part.key]
    return [] if part in others else await call.services.previews.discard_part(part)


@api.op("POST", RAW + "/restore", answers=Answers(RawClip, errors=(404, 410)))
async def restore(call: Call[NoBody]) -> Json:
    """Restore deleted footage; clips that use it can be rendered again."""
    services, raw_clip_id = call.services, call.path("raw_clip_id")
    row = await call.ask(lambda reader: raw_clips.deleted(reader, raw_clip_id))
    if row is None:
        return as_json(await call.ask(lambda reader: raw_clip_of(reader, raw_clip_id)))

    async def work(unit: Transaction) -> None:
        await raw_clips.restore(unit, raw_clip_id)

    async with services.coming.turn(call.uid), call.held() as held:
        if not await is_whole(services.store, row["object_key"]):
            raise Problem(410, "raw_clip_gone", "this file was deleted for good", hint="upload it again")
        await held.write(work)
    await services.request_databases.durable()
    await take_all_back(services.store, row["object_key"])
    return as_json(row)
