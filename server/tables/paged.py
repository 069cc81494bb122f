"""Lists of any length, read a page at a time, the newest row first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from server.storage.database import Reader

PAGE = 200
"""Rows of a page."""
NO_ROWID = 2**63 - 1
"""More than every rowid."""


async def newest_first(reader: Reader, sql: str) -> AsyncIterator[list[dict[str, Any]]]:
    """The pages of a query that gives the rowid as `place`, in falling order, below its first parameter, and as many
    rows as its second one says."""
    before = NO_ROWID
    while rows := await reader.all(sql, (before, PAGE)):
        before = rows[-1]["place"]
        yield rows
