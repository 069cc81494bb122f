"""Requests under an Idempotency-Key: the first is done, repeated ones get its answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server.problem import Problem, invalid
from server.storage.database import Transaction
from server.tables import answers

Json = dict[str, Any]

KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Streamed:
    """A body that its handler read: `text` is everything that distinguishes it, such as the hash of its content.

    `fits` tells whether a stored answer can be to this body, because earlier servers did not store its text (ADR 60).
    """

    text: bytes
    fits: Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request under an Idempotency-Key: its method and path, its body, and the part of it that was streamed."""

    key: str
    address: str
    raw: bytes
    streamed: Streamed | None

    async def before(self, unit: Transaction) -> answers.AnswerRow | None:
        """The answer that the request got before; 422 if the key was used for another request."""
        if not 0 < len(self.key) <= KEY_LENGTH:
            raise invalid(f"Idempotency-Key must have 1 to {KEY_LENGTH} characters")
        before = await answers.get(unit, self.key)
        if before and before["request_hash"] != self._digest_of_all() and not self._was_stored_earlier(before):
            raise Problem(422, "idempotency_mismatch", "this Idempotency-Key was used for another request")
        return before

    async def keep(self, unit: Transaction, text: str, status: int, now: str) -> None:
        """Keep the answer for repeated requests."""
        await answers.add(unit, self.key, self._digest_of_all(), status, text, now)

    def _was_stored_earlier(self, before: answers.AnswerRow) -> bool:
        """Whether an earlier server stored the answer, without the text of the streamed body, and it can be to it."""
        return (
            self.streamed is not None
            and before["request_hash"] == self._digest(b"")
            and self.streamed.fits(json.loads(before["body"]))
        )

    def _digest_of_all(self) -> str:
        return self._digest(self.streamed.text if self.streamed else b"")

    def _digest(self, streamed: bytes) -> str:
        return hashlib.sha256(f"{self.address}\n".encode() + self.raw + streamed).hexdigest()
