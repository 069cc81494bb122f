"""Answers under an Idempotency-Key: a repeated request gets the same answer."""

from __future__ import annotations

from typing import TypedDict, cast

from server.storage.database import Reader, Transaction


class AnswerRow(TypedDict):
    """An answer, and the hash of the request that it was given to."""

    request_hash: str
    status: int
    body: str
    """Its JSON."""


MOST_HELD = 1 << 20
"""Characters of answers that are kept, the newest first. The limit is a size and not an age, so that no clock decides
and the database stays small. The newest answer is always kept."""


async def get(reader: Reader, key: str) -> AnswerRow | None:
    """The answer under this key; None if there is none."""
    row = await reader.one("SELECT request_hash, status, body FROM idempotency WHERE key = ?", (key,))
    return cast(AnswerRow | None, row)


async def add(unit: Transaction, key: str, request_hash: str, status: int, body: str, now: str) -> None:
    """Keep an answer, and delete the oldest over the limit."""
    given = (key, request_hash, status, body, now)
    await unit.run("INSERT INTO idempotency VALUES (?, ?, ?, ?, ?)", given)
    await unit.run(
        "DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM"
        "   (SELECT rowid, sum(length(body)) OVER (ORDER BY rowid DESC) AS held FROM idempotency) WHERE held > ?)"
        " AND rowid < (SELECT max(rowid) FROM idempotency)",
        (MOST_HELD,),
    )
