"""Errors over HTTP: `application/problem+json` (RFC 9457), with the members `error`, `message` and where they apply
`clip_id`, `pointer`, `hint` and `errors`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from compiler.errors import ReelError, ReelErrors

MEDIA_TYPE = "application/problem+json"
UNPROCESSABLE = 422
OF_THE_EDIT = ("RC1", "RC2", "RC4")
"""Families of errors that another edit would not have."""


class Problem(Exception):
    """One error answer: `error` is the code that programs read, `message` the sentence that people read."""

    def __init__(
        self, status: int, error: str, message: str, *, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(message)
        self.status, self.error, self.message = status, error, message
        self.headers = dict(headers or {})
        self.members = {name: value for name, value in members.items() if value is not None}

    def body(self) -> dict[str, Any]:
        """The answer's members."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.message,
            "error": self.error,
            "message": self.message,
            **self.members,
        }

    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse(self.body(), self.status, self.headers, MEDIA_TYPE)


def not_found(error: str, message: str) -> Problem:
    """404: there is no such thing, or it is somebody else's; both are said alike."""
    return Problem(404, error, message)


def storage_problem(message: str, *, retry_after: int = 2) -> Problem:
    """503 `storage_error`: whether a save is durable is not known; the same request may be sent again."""
    return Problem(503, "storage_error", message, headers={"Retry-After": str(retry_after)})


def from_reel(error: ReelError | ReelErrors, status: int = UNPROCESSABLE, prefix: str = "", into: str = "") -> Problem:
    """A compiler's error or errors as one answer; pointers that begin with `prefix` begin with `into` instead."""
    errors = error.errors if isinstance(error, ReelErrors) else (error,)
    told = [fault(each, prefix, into) for each in errors]
    first = told[0]
    extra = {name: first[name] for name in ("code", "clip_id", "pointer", "hint") if name in first}
    message = str(first["message"]) + (f" ({len(told)} errors in all)" if len(told) > 1 else "")
    return Problem(status, str(first["error"]), message, **extra, errors=told)


def fault(error: ReelError, prefix: str = "", into: str = "") -> dict[str, Any]:
    """One error of several, as an answer has it."""
    told: dict[str, Any] = {name: value for name, value in error.fields().items() if value is not None}
    pointer = told.get("pointer")
    if prefix and isinstance(pointer, str) and pointer.startswith(prefix):
        told["pointer"] = into + pointer.removeprefix(prefix)
    return told


def invalid(message: str, errors: Sequence[Mapping[str, Any]] = (), *, pointer: str | None = None) -> Problem:
    """422 `invalid_request`: the request is not what the operation takes."""
    pointer = pointer if pointer is not None or not errors else errors[0].get("pointer")
    return Problem(UNPROCESSABLE, "invalid_request", message, pointer=pointer, errors=list(errors) or None)


def render_problem(error: ReelError | ReelErrors) -> Problem:
    """What stopped a render: 422 for an edit that cannot be, else 500 `render_error` with the end of the log."""
    told = from_reel(error)
    first = error.errors[0] if isinstance(error, ReelErrors) else error
    if first.code.startswith(OF_THE_EDIT):
        return told
    members = {**told.members, "log": first.detail or None}
    return Problem(500, "render_error", told.message, **members)
