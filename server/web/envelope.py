"""The outermost middleware: gives every request an id, a log line, a count, security headers, and an answer."""

from __future__ import annotations

import re
import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import logs
from server.metrics import Metrics
from server.problem import Problem

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "content-security-policy": CSP,
    "cache-control": "no-store",
}
"""The headers of every answer that does not set them itself."""

HTTPS_ONLY = {"strict-transport-security": "max-age=63072000"}
"""The header by which browsers use nothing but https for two years, sent where the public address is https."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""The methods that are counted by name; all others are counted as `other`, because clients invent them."""

ROUTE = "reelc.route"
"""The key in the scope under which an operation leaves its pattern."""

SECRET = "/shared/"
"""What begins the paths that are secrets: whoever reads one in the log could play the film."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Envelope:
    """The middleware, in pure ASGI, so that it sees every message of an answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics, secure: bool = False) -> None:
        self.app, self.metrics = app, metrics
        self._headers = HEADERS | (HTTPS_ONLY if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request with an id, and count and log it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        logs.request_id.set(request_id)
        logs.user_id.set("")
        started, status = time.monotonic(), 0

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._complete(message.get("headers", ()), request_id)
                self._count(scope, status, time.monotonic() - started)
            await send(message)

        try:
            await self.app(scope, receive, counted)
        except Exception:
            logs.logger.exception("unhandled")
            if status:  # the answer has begun and can only be broken off
                raise
            problem = Problem(500, "internal_error", "the server failed; its log has the reason under the request id")
            await problem.response()(scope, receive, counted)
        finally:
            self._log(scope, status, time.monotonic() - started)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = _route(scope), scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.seconds.labels(method, route).observe(seconds)

    def _complete(self, headers: object, request_id: str) -> list[tuple[bytes, bytes]]:
        given = list(headers)  # type: ignore[call-overload]
        names = {name.lower() for name, _ in given}
        more = {**self._headers, "x-request-id": request_id}
        return [*given, *((k.encode(), v.encode()) for k, v in more.items() if k.encode() not in names)]

    @staticmethod
    def _log(scope: Scope, status: int, seconds: float) -> None:
        path = f"{SECRET}…" if scope["path"].startswith(SECRET) else scope["path"]
        fields = {"method": scope["method"], "path": path, "status": status, "ms": round(seconds * 1000, 1)}
        logs.logger.info("request", extra=fields)


def _route(scope: Scope) -> str:
    """The pattern that matched; a metric for every address would be too many."""
    return str(scope.get(ROUTE, "unmatched"))
