"""Objects as answers, complete or as a single range (RFC 9110), which players request."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.footage.sending import Sending
from server.problem import Problem
from server.storage.objects import Stat
from server.web.etags import names

RANGED = ("Range", "If-Range", "If-None-Match")
"""The headers that select a range."""

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_CSP = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"


async def object_answer(
    request: Request, sending: Sending, stat: Stat, media_type: str, name: str, *, download: bool = False
) -> Response:
    """The object's bytes as requested: 200, 206, 304 or 416."""
    etag = f'"{stat.etag}"'
    headers = {
        "etag": etag,
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "content-disposition": disposition(name, download),
        "content-security-policy": _CSP,
    }
    if names(request, "if-none-match", etag):
        return Response(None, 304, headers)
    start, stop = _requested_range(request, stat.size, etag)
    part = (start, stop) != (0, stat.size)
    if part:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{stat.size}"
    headers["content-length"] = str(stop - start)
    status = 206 if part else 200
    if request.method == "HEAD":
        return Response(None, status, headers, media_type)
    return StreamingResponse(sending.stream(stat.key, start, stop), status, headers, media_type)


def disposition(name: str, download: bool) -> str:
    """A Content-Disposition header for a file name of any characters."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"{'attachment' if download else 'inline'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _requested_range(request: Request, size: int, etag: str) -> tuple[int, int]:
    """The range [start, stop) to send; all bytes unless a valid single range is requested (RFC 9110)."""
    asked = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if not asked or request.headers.get("if-range", etag) != etag or asked[1] == asked[2] == "":
        return 0, size
    if asked[1] == "":
        start, stop = max(0, size - int(asked[2])), size
    else:
        start, stop = int(asked[1]), min(size, int(asked[2]) + 1) if asked[2] else size
        if asked[2] and int(asked[2]) < start:
            return 0, size
    if start >= size:
        headers = {"content-range": f"bytes */{size}"}
        message = f"the range starts past the end ({size} bytes)"
        raise Problem(416, "range_not_satisfiable", message, headers=headers)
    return start, stop
