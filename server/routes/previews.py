"""Previews of footage for editing: a strip of pictures, the peaks of its sound, a proxy that browsers play."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.responses import Response

from server.footage.facts import playable
from server.footage.windows import Part
from server.routes.proxies import sent_proxy
from server.routes.raw_clips import RAW, raw_clip_of
from server.routes.shapes import Answer
from server.tables.raw_clips import RawClipRow
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes
from server.web.ranges import RANGED, object_answer

api = Operations("views")

STRIP, PROXY = RAW + "/filmstrip", RAW + "/proxy"


class Strip(Answer):
    """The layout of a filmstrip: picture k, from 0, shows the footage at about (k + 1/2) `step_s` seconds."""

    columns: Annotated[int, Field(description="Pictures in a row; further pictures are in rows below.")]
    width: Annotated[int, Field(description="Width of one picture in pixels.")]
    height: int
    pictures: int
    step_s: Annotated[float, Field(description="Seconds between two pictures.")]


class Peaks(Answer):
    """The loudness of footage over time, from its first frame on."""

    rate: Annotated[float, Field(description="Peaks a second.")]
    peaks: Annotated[list[float], Field(description="Each from 0 to 1, full scale.")]


class Proxy(Answer):
    """The state of a proxy, a version of the footage that browsers play."""

    state: Literal["not_needed", "absent", "making", "ready", "error"]
    progress: Annotated[float, Field(ge=0, le=1)]
    error: Annotated[dict[str, Any] | None, Field(description="The problem that ended it, as in an HTTP error.")]


async def _raw(call: Call[NoBody]) -> RawClipRow:
    row: RawClipRow = await call.ask(lambda reader: raw_clip_of(reader, call.path("raw_clip_id")))
    return row


@api.op("GET", STRIP, Takes(headers=RANGED), Answers(also=(206, 304), errors=(404, 416, 422), media=("image/jpeg",)))
async def strip(call: Call[NoBody]) -> Response:
    """A filmstrip of the footage as one JPEG, made at the first request."""
    row = await _raw(call)
    stat = await call.services.previews.have(Part.of(row), "strip")
    return await object_answer(call.request, call.services.sending, stat, "image/jpeg", f"{row['name']}.jpg")


@api.op("GET", STRIP + ".json", answers=Answers(Strip, errors=(404, 422)))
async def layout(call: Call[NoBody]) -> Json:
    """The layout of a filmstrip's pictures, row by row, and the time that each shows."""
    row = await _raw(call)
    await call.services.previews.have(Part.of(row), "strip")
    return await call.services.previews.layout(Part.of(row))


@api.op("GET", RAW + "/peaks", answers=Answers(Peaks, errors=(404, 422)))
async def peaks(call: Call[NoBody]) -> Json:
    """The peaks of the footage's sound; empty if films cannot use its sound."""
    row = await _raw(call)
    await call.services.previews.have(Part.of(row), "peaks")
    return await call.services.previews.peaks(Part.of(row))


@api.op("GET", PROXY, answers=Answers(Proxy, errors=(404,)))
async def show(call: Call[NoBody]) -> Json:
    """Whether browsers play the footage itself, and otherwise the state of its proxy."""
    return await _state(call, await _raw(call))


@api.op("POST", PROXY, answers=Answers(Proxy, 202, errors=(404,)))
async def make(call: Call[NoBody]) -> Json:
    """Make a proxy unless there is one: the same frames at the same times, in a format that browsers play."""
    row = await _raw(call)
    if await call.services.previews.find(Part.of(row), "proxy") is None:
        call.services.previews.begin(Part.of(row), "proxy")
    return await _state(call, row)


@api.op(
    "GET", PROXY + "/media", Takes(headers=RANGED), Answers(also=(206, 304), errors=(404, 416), media=("video/mp4",))
)
async def media(call: Call[NoBody]) -> Response:
    """The proxy's file or a range of it."""
    return await sent_proxy(call, await _raw(call))


async def _state(call: Call[NoBody], row: RawClipRow) -> Json:
    making = call.services.previews.making(Part.of(row), "proxy")
    if making is not None and making.problem is None:
        return _as_json("making", making.progress)
    if await call.services.previews.find(Part.of(row), "proxy") is not None:
        return _as_json("ready", 1.0)
    if making is not None and making.problem is not None:
        return _as_json("error", 0.0, making.problem.body())
    return _as_json("not_needed", 1.0) if playable(row) else _as_json("absent", 0.0)


def _as_json(state: str, progress: float, error: Json | None = None) -> Json:
    return {"state": state, "progress": round(progress, 4), "error": error}
