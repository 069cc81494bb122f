"""Long answers: lists whose JSON is made page by page in a thread, and sent piece by piece.

The text of a page is made in steps (`long_json`), because also a thread holds up the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from weakref import WeakSet

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.long_json import dumped
from server.problem import Problem

T = TypeVar("T")

LONG = 1 << 20
"""Bytes of an answer from which on it counts as long."""
ROOM = 64 << 20
"""Bytes of the long answers of one user in memory, unless there is only one: clients may read slowly."""
PIECE = 1 << 18
"""Bytes that are sent at a time."""


class LongAnswers:
    """The long answers in memory, those that are made and those that are sent."""

    def __init__(self) -> None:
        self._texts = WeakSet[Text]()

    def add(self, text: Text) -> None:
        """Count an answer as long as it is in memory."""
        self._texts.add(text)

    def check(self, text: Text) -> None:
        """429 `too_many_requests` if an answer grows beyond its user's room beside others."""
        others = [each.size for each in self._texts if each.uid == text.uid and each is not text and each.size > LONG]
        if text.size > LONG and others and text.size + sum(others) > ROOM:
            message = "too many long answers at once: read those that are under way first"
            raise Problem(429, "too_many_requests", message, headers={"Retry-After": "5"})


class Text:
    """The JSON of an answer, in pieces."""

    def __init__(self, answers: LongAnswers, uid: str) -> None:
        self._answers, self.uid = answers, uid
        self.pieces: list[bytes] = []
        self.size = 0
        answers.add(self)

    def add(self, piece: bytes) -> None:
        """Add the next piece; 429 if the answers of its user take too much memory together."""
        self.pieces.append(piece)
        self.size += len(piece)
        self._answers.check(self)

    def joined(self) -> str:
        """The whole text."""
        return b"".join(self.pieces).decode()


class TextResponse(Response):
    """An answer with a text, which is sent piece by piece, as the client reads it."""

    media_type = "application/json"

    def __init__(self, text: Text, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.text = text
        super().__init__(None, status, {**(headers or {}), "content-length": str(text.size)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for text in self.text.pieces:
            for start in range(0, len(text), PIECE):
                await send({"type": "http.response.body", "body": text[start : start + PIECE], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def opening(beside: Mapping[str, Any], name: str) -> bytes:
    """The beginning of an object with these members, up to that of the list `name`, which is its last member."""
    return (dumped(dict(beside))[:-1] + b"," if beside else b"{") + dumped(name) + b":["


CLOSING = b"]}"


def joined(rows: Sequence[T], as_json: Callable[[T], Mapping[str, Any]]) -> bytes:
    """The members of a list."""
    return b",".join(dumped(as_json(row)) for row in rows)
