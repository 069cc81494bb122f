"""Raw clips: footage that is uploaded, probed in a sandbox, and kept in the object store under a generated name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.responses import Response

from compiler.codes import CODES
from compiler.errors import Loc, ReelError, ReelErrors
from compiler.supervise.probe import probing
from compiler.supervise.record import Media
from compiler.supervise.remedy import renamed
from server.footage.facts import facts_key, media_key, playable, store_footage
from server.footage.trash import restorable
from server.footage.windows import Part
from server.ids import new_id
from server.problem import Problem, not_found
from server.routes.proxies import sent_proxy
from server.routes.raw_clip_shapes import RawClip, RawClips
from server.routes.received import received
from server.settings import Settings
from server.storage.database import Reader, Transaction
from server.storage.objects import Missing, StoreFailed
from server.storage.sync import Fenced
from server.storage.tenants import Overdue
from server.storage.terms import Elsewhere
from server.tables import raw_clips
from server.tables.raw_clips import Listed, RawClipRow
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes
from server.web.identity import identify
from server.web.ranges import RANGED, object_answer
from server.web.repeats import Streamed
from server.web.services import Services
from server.web.texts import TextResponse

api = Operations("uploads")

RAW = "/api/raw-clips/{raw_clip_id}"
TYPES = {
    **{"mov": "video/mp4", "matroska": "video/x-matroska", "webm": "video/webm", "mpegts": "video/mp2t"},
    **{"gif": "image/gif", "apng": "image/apng", "webp": "image/webp", "avif": "image/avif", "heif": "image/heif"},
}
"""The media type of each container; others are sent as bytes."""

BYTES = "application/octet-stream"
TAKES = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {"file": {"type": "string", "format": "binary"}, "name": {"type": "string"}},
        }
    },
    "video/mp4": {"schema": {}},
    BYTES: {"schema": {}},
}


async def raw_clip_of(reader: Reader, raw_clip_id: str) -> RawClipRow:
    """The raw clip; 404 `raw_clip_not_found`."""
    row = await raw_clips.get(reader, raw_clip_id)
    if row is None:
        raise not_found("raw_clip_not_found", "this file was deleted, or never uploaded")
    return row


@api.op(
    "POST",
    "/api/raw-clips",
    Takes(query=("name",), headers=("Idempotency-Key",), media=TAKES, streams=True),
    Answers(RawClip, 201, errors=(400, 413, 415, 422, 507)),
)
async def upload(call: Call[NoBody]) -> Response:
    """Upload footage: as a form with a `file`, or as the body itself with `?name=`."""
    raw_clip_id = new_id("r")
    async with received(call, raw_clip_id) as (path, name, sums):
        async with call.services.uploads.probes.of(call.uid):
            media = await _probed(path, name)
        _check_length(media, call.services.settings)
        await identify(call.request, call.services.accounts, call.services.audit)  # hours may have passed since
        key, services = media_key(call.uid, raw_clip_id), call.services
        with services.coming.kept(key):
            row = await store_footage(services.store, call.uid, raw_clip_id, name, path, media, sums, services.now())
            unnamed = True

            async def work(unit: Transaction) -> Json:
                nonlocal unnamed
                await raw_clips.add(unit, row)
                unnamed = False
                return as_json(row)

            try:
                answer = await call.write(work, 201, _streamed(row, sums.sha256))
            except (Problem, Elsewhere, Fenced, Overdue):  # the unit of work was rolled back, or not begun
                await _delete_unnamed(services, key)
                raise
            if unnamed:  # the answer is that of the first upload under its key
                await _delete_unnamed(services, key)
            return answer


async def _delete_unnamed(services: Services, key: str) -> None:
    """Delete footage that no row names, and never will: no quota counts it. Failures are left to the sweep."""
    try:
        for each in (key, facts_key(key)):
            await services.store.delete(each)
    except StoreFailed:
        services.metrics.orphans.inc()


@api.op("GET", "/api/raw-clips", Takes(query=("deleted",)), Answers(RawClips, errors=(422,)))
async def index(call: Call[NoBody]) -> Response:
    """Every upload, the newest first; with `?deleted=true` those that can be restored, the last deleted first."""
    if call.flag("deleted"):
        return await _deleted(call)
    text = await call.ask(lambda reader: call.listed("raw_clips", raw_clips.pages(reader), _listed))
    return TextResponse(text)


async def _deleted(call: Call[NoBody]) -> Response:
    keys = await call.ask(raw_clips.deleted_keys)
    stay = timedelta(seconds=call.services.settings.trash_for)
    since = await restorable(call.services.store, call.uid, keys)

    def until(listed: Listed) -> datetime | None:
        """When deleted footage is deleted for good; None for footage that cannot be restored."""
        key = listed.columns["object_key"]
        if key not in since:
            return None
        end = (since[key] or datetime.fromisoformat(listed.columns["deleted_at"])) + stay
        return None if since[key] is None and end < datetime.now(UTC) else end  # its file stays, since others share it

    async def pages(reader: Reader) -> AsyncIterator[tuple[int, list[tuple[Listed, datetime]]]]:
        async for size, page in raw_clips.pages(reader, deleted=True):
            yield size, [(each, end) for each in page if (end := until(each)) is not None]

    text = await call.ask(lambda reader: call.listed("raw_clips", pages(reader), _listed_deleted))
    return TextResponse(text)


def _listed(listed: Listed, until: str | None = None) -> Json:
    return {**as_json(listed.row), "used_in": listed.used_in, "kept_until": until}


def _listed_deleted(each: tuple[Listed, datetime]) -> Json:
    listed, until = each
    return _listed(listed, until.astimezone(UTC).isoformat(timespec="milliseconds"))


@api.op("GET", RAW, answers=Answers(RawClip, errors=(404,)))
async def show(call: Call[NoBody]) -> Json:
    """An upload."""
    return as_json(await call.ask(lambda reader: raw_clip_of(reader, call.path("raw_clip_id"))))


@api.op(
    "GET",
    RAW + "/media",
    Takes(headers=RANGED),
    Answers(also=(206, 304), errors=(404, 416), media=(*TYPES.values(), BYTES)),
)
async def media(call: Call[NoBody]) -> Response:
    """The footage file, whole or a range of it; of a window its proxy, once that is made."""
    row = await call.ask(lambda reader: raw_clip_of(reader, call.path("raw_clip_id")))
    if Part.of(row).is_window:
        return await sent_proxy(call, row)
    try:
        stat = await call.services.store.head(row["object_key"])
    except Missing:
        raise Problem(500, "video_not_found", "the footage is not in the object store") from None
    kind = TYPES.get(row["media_info"]["format"], BYTES)
    if kind == TYPES["matroska"] and playable(row):
        kind = TYPES["webm"]  # WebM is Matroska with the codecs of the web; some browsers go by the name
    return await object_answer(call.request, call.services.sending, stat, kind, row["name"])


def as_json(row: RawClipRow) -> Json:
    """A raw clip as the API has it."""
    public = {name: value for name, value in row.items() if name not in ("object_key", "etag")}
    return {**public, "playable": playable(row)}


def _streamed(row: RawClipRow, sha256: str) -> Streamed:
    """The upload as one under its Idempotency-Key: its content and its name."""
    text = json.dumps([sha256, row["name"]]).encode()
    return Streamed(text, lambda answer: (answer["size"], answer["name"]) == (row["size"], row["name"]))


async def _probed(path: Path, name: str) -> Media:
    """What the file is, found in a sandboxed child; 422 `unreadable_media`, whose hint calls it `name`."""
    try:
        return (await probing([(path, Loc())]))[path]
    except (ReelError, ReelErrors) as error:
        raise _unreadable(error, path, name) from error


def _unreadable(error: ReelError | ReelErrors, path: Path, name: str) -> Exception:
    """The error of a probe as it is answered, or logged: a function of its own, because a frame that an exception
    passed must not hold it."""
    first = error.errors[0] if isinstance(error, ReelErrors) else error
    if CODES[first.code].name == "internal_error":  # a bug of ours: its text stays in the log
        return RuntimeError(first.message)
    message = first.message.replace(f'"{path.name}"', "the file")
    hint, reason = renamed(first.hint, path.name, name) or None, first.detail or None
    return Problem(422, "unreadable_media", message, code=first.code, hint=hint, reason=reason)


def _check_length(media: Media, settings: Settings) -> None:
    """422 `footage_too_long` for footage beyond the settings."""
    seconds, frames = float(media.video.end), len(media.video.ticks) or media.video.frames or 0
    if seconds > settings.footage_seconds:
        message = f"the footage lasts {seconds:g} s; an upload may last {settings.footage_seconds:g} s"
    elif frames > settings.footage_frames:
        message = f"the footage has {frames} frames; an upload may have {settings.footage_frames}"
    else:
        return
    raise Problem(422, "footage_too_long", message, hint="cut it into shorter files")
