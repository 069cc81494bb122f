"""HTTP errors as `application/problem+json` (RFC 9457), with the members `error` and `message`, and `clip_id`,
`pointer`, `hint` and `errors` where they apply.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from compiler.errors import Notice, ReelError, ReelErrors

MEDIA_TYPE = "application/problem+json"
UNPROCESSABLE = 422
MOST_ERRORS = 100
"""Errors, and likewise warnings, that one answer lists; it counts the others."""

OF_THE_EDIT = ("RC1", "RC2", "RC4")
"""Families of errors that the edit causes, so that changing the edit removes them."""


_FOLDERS = re.compile(r"(?:file://)?(?<!\w)/(?:[^\s/'\":,]+/)+")
"""The folders of an absolute path."""


class Problem(Exception):
    """One error answer: `error` is the code for programs, `message` the sentence for people."""

    def __init__(
        self, status: int, error: str, message: str, *, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(message)
        self.status, self.error, self.message = status, error, message
        self.headers = dict(headers or {})
        self.members = {name: value for name, value in members.items() if value is not None}

    def body(self) -> dict[str, Any]:
        """The members of the answer's JSON."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.message,
            "error": self.error,
            "message": self.message,
            **self.members,
        }

    def again(self) -> Problem:
        """The same problem without its traceback, for those that keep problems and raise them later.

        A traceback holds the frames that the problem passed, with their requests. Each time a kept problem were raised,
        it would hold more of them.
        """
        return Problem(self.status, self.error, self.message, headers=self.headers, **self.members)

    def as_fault(self) -> dict[str, Any]:
        """The problem as an entry of another answer's `errors`."""
        return {"error": self.error, "message": self.message, **self.members}

    def response(self) -> JSONResponse:
        """The problem as a response."""
        return JSONResponse(self.body(), self.status, self.headers, MEDIA_TYPE)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with it, or refuse the handshake of a WebSocket, where a middleware finds it."""
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(self.response())
        else:
            await self.response()(scope, receive, send)


def not_found(error: str, message: str) -> Problem:
    """404 for a thing that does not exist or belongs to another user; the two answers are identical."""
    return Problem(404, error, message)


def storage_problem(message: str, *, retry_after: int = 2) -> Problem:
    """503 `storage_error`: the save may or may not be durable; clients may repeat the request."""
    return Problem(503, "storage_error", message, headers={"Retry-After": str(retry_after)})


def from_reel(error: ReelError | ReelErrors, prefix: str = "") -> Problem:
    """The compiler's error or errors as one answer, 422; `prefix` at the start of their pointers is left out."""
    errors = error.errors if isinstance(error, ReelErrors) else (error,)
    count = len(errors) + (error.more if isinstance(error, ReelErrors) else 0)
    faults = [fault(each, prefix) for each in errors[:MOST_ERRORS]]
    first = faults[0]
    extra = {name: first[name] for name in ("code", "clip_id", "pointer", "hint") if name in first}
    message = str(first["message"]) + (f" ({count} errors in all)" if count > 1 else "")
    more = count - len(faults) or None
    return Problem(UNPROCESSABLE, str(first["error"]), message, **extra, errors=faults, more_errors=more)


def fault(error: ReelError, prefix: str = "") -> dict[str, Any]:
    """One error of the compiler as an entry of an answer's `errors`."""
    members: dict[str, Any] = {name: value for name, value in error.fields().items() if value is not None}
    if not error.code.startswith(OF_THE_EDIT):
        members |= {name: without_folders(members[name]) for name in ("message", "detail", "hint") if name in members}
    pointer = members.get("pointer")
    if prefix and isinstance(pointer, str) and pointer.startswith(prefix):
        members["pointer"] = pointer.removeprefix(prefix)
    return members


def warned(notices: Sequence[Notice]) -> list[dict[str, Any]]:
    """The compiler's warnings as the entries of an answer's `warnings`; the last one counts those that are left out."""
    listed = [
        {"clip_id": notice.loc.clip, "pointer": notice.loc.pointer or None, "message": notice.message}
        for notice in notices[:MOST_ERRORS]
    ]
    more = len(notices) - len(listed)
    return [*listed, *([{"clip_id": None, "pointer": None, "message": f"{more} more warnings"}] if more else [])]


def without_folders(text: str) -> str:
    """A text of programs or of the system with the names of files alone: where they are is the operator's affair."""
    return _FOLDERS.sub("", text)


def invalid(message: str, errors: Sequence[Mapping[str, Any]] = (), *, pointer: str | None = None) -> Problem:
    """422 `invalid_request`: the request does not fit the operation."""
    pointer = pointer if pointer is not None or not errors else errors[0].get("pointer")
    more = len(errors) - MOST_ERRORS if len(errors) > MOST_ERRORS else None
    listed = list(errors[:MOST_ERRORS]) or None
    return Problem(UNPROCESSABLE, "invalid_request", message, pointer=pointer, errors=listed, more_errors=more)


def within(problem: Problem, pointer: str, clip_id: str | None = None) -> Problem:
    """A problem as that of a part of a request that stands at `pointer`, and which may be about this clip."""
    found = problem.again()
    for each in (found.members, *found.members.get("errors", ())):
        each["pointer"] = pointer + each.get("pointer", "")
    if clip_id is not None:
        found.members.setdefault("clip_id", clip_id)
    return found


def joined(problems: Sequence[Problem]) -> Problem:
    """The problems of several parts of a request as one, which has the status and the members of the first."""
    first = problems[0]
    if len(problems) == 1:
        return first.again()  # for the caller holds the list
    errors = [each for problem in problems for each in problem.members.get("errors", (problem.as_fault(),))]
    count = len(errors) + sum(problem.members.get("more_errors", 0) for problem in problems)
    listed = errors[:MOST_ERRORS]
    members = {**first.members, "errors": listed, "more_errors": count - len(listed) or None}
    message = f"{listed[0]['message']} ({count} errors in all)"
    return Problem(first.status, first.error, message, headers=first.headers, **members)


def render_problem(error: ReelError | ReelErrors) -> Problem:
    """The Problem of a failed render: 422 for errors of the edit, else 500 `render_error` with the end of the log."""
    problem = from_reel(error)
    first = error.errors[0] if isinstance(error, ReelErrors) else error
    if first.code.startswith(OF_THE_EDIT):
        return problem
    members = {**problem.members, "log": without_folders(first.detail) or None}
    return Problem(500, "render_error", problem.message, **members)
