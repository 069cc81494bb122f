"""Operations for monitors: liveness, readiness, metrics."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from server.metrics import MEDIA_TYPE
from server.routes.shapes import Status
from server.web.api import Answers, Call, Json, NoBody, Operations
from server.web.identity import bearer_of, unauthorised

api = Operations("health")

LOCAL = frozenset({"127.0.0.1", "::1"})
"""The addresses of clients on this machine."""

OUR_NAMES = LOCAL | {"localhost"}
"""Names of this machine: a page of another site can make a browser of this machine ask us under a name of its own."""


@api.op("GET", "/healthz", answers=Answers(Status), public=True)
async def healthz(_: Call[NoBody]) -> Json:
    """Answers while the process runs."""
    return {"status": "ok"}


@api.op("GET", "/readyz", answers=Answers(Status, errors=(503,)), public=True)
async def readyz(call: Call[NoBody]) -> Response:
    """Answers while the server can work: the store and the disk take data, with room, files and the fence.

    The answer is at most a second old.
    """
    await call.services.readiness.check()
    return JSONResponse({"status": "ready"})


@api.op("GET", "/metrics", answers=Answers(errors=(401,), media=("text/plain",)), public=True)
async def metrics(call: Call[NoBody]) -> Response:
    """The metrics in the text format of Prometheus, for `metrics_token`, or without one for clients on this machine."""
    if not _may_see_metrics(call):
        raise unauthorised()
    return Response(call.services.metrics.text(), media_type=MEDIA_TYPE)


def _may_see_metrics(call: Call[NoBody]) -> bool:
    if token := call.services.settings.metrics_token.get_secret_value():
        return secrets.compare_digest(bearer_of(call.request).encode(), token.encode())
    if call.header("x-forwarded-for") or call.header("forwarded"):
        return False  # a proxy of this machine asks for somebody else
    names_us = urlsplit(f"//{call.header('host') or 'localhost'}").hostname in OUR_NAMES
    return names_us and call.request.client is not None and call.request.client.host in LOCAL
