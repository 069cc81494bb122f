"""Answers that were given under an Idempotency-Key, as rows: a request that is sent again is answered alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypedDict

from server.storage.database import Reader, Transaction


class AnswerRow(TypedDict):
    """An answer, and the hash of the request that it was given to."""

    request_hash: str
    status: int
    body: Any


MOST_HELD = 1 << 20
"""Characters of answers that are kept, the newest: by size and not by age, as no clock then decides what is forgotten,
and a database stays small. The newest is always kept."""


async def get(reader: Reader, key: str) -> AnswerRow | None:
    """The answer under this key; None if there is none."""
    row = await reader.one("SELECT request_hash, status, body FROM idempotency WHERE key = ?", (key,))
    if row is None:
        return None
    return {"request_hash": row["request_hash"], "status": row["status"], "body": json.loads(row["body"])}


async def add(unit: Transaction, key: str, request_hash: str, status: int, body: Mapping[str, Any], now: str) -> None:
    """An answer, kept from now on; the oldest that are then too many are not."""
    given = (key, request_hash, status, json.dumps(body), now)
    await unit.run("INSERT INTO idempotency VALUES (?, ?, ?, ?, ?)", given)
    await unit.run(
        "DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM"
        "   (SELECT rowid, sum(length(body)) OVER (ORDER BY rowid DESC) AS held FROM idempotency) WHERE held > ?)"
        " AND rowid < (SELECT max(rowid) FROM idempotency)",
        (MOST_HELD,),
    )
