"""Answers that were given under an Idempotency-Key, as rows: a request that is sent again is answered alike."""

from __future__ import annotations

import json
from typing import Any

from server.storage.database import Reader, Transaction

Row = dict[str, Any]

MOST_HELD = 1 << 20
"""Characters of answers that are kept, the newest: by size and not by age, as no clock then decides what is forgotten,
and a database stays small. The newest is always kept."""


async def get(reader: Reader, key: str) -> Row | None:
    """What was answered under this key, and the hash of what was asked; None if it is not kept."""
    row = await reader.one("SELECT request_hash, status, body FROM idempotency WHERE key = ?", (key,))
    return row and {**row, "body": json.loads(row["body"])}


async def add(unit: Transaction, key: str, request_hash: str, status: int, body: Row, now: str) -> None:
    """An answer, kept from now on; the oldest that are then too many are not."""
    given = (key, request_hash, status, json.dumps(body), now)
    await unit.run("INSERT INTO idempotency VALUES (?, ?, ?, ?, ?)", given)
    await unit.run(
        "DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM"
        "   (SELECT rowid, sum(length(body)) OVER (ORDER BY rowid DESC) AS held FROM idempotency) WHERE held > ?)"
        " AND rowid < (SELECT max(rowid) FROM idempotency)",
        (MOST_HELD,),
    )
