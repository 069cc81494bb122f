"""Sends the proxy of footage, which browsers play in place of the file, or of a window of it."""

from __future__ import annotations

from starlette.responses import Response

from server.footage.windows import Part
from server.problem import not_found
from server.tables.raw_clips import RawClipRow
from server.web.api import Call, NoBody
from server.web.ranges import object_answer


async def sent_proxy(call: Call[NoBody], row: RawClipRow) -> Response:
    """The proxy's file or a range of it; 404 `proxy_not_found`."""
    stat = await call.services.previews.find(Part.of(row), "proxy")
    if stat is None:
        raise not_found("proxy_not_found", "this footage has no proxy: make one with POST")
    return await object_answer(call.request, call.services.sending, stat, "video/mp4", f"{row['name']}.mp4")
