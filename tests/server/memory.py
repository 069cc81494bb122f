"""An object store in memory, whose clock the test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from server.storage.objects import ChangedObject, Exists, Missing, Stat


class MemoryStore:
    """Objects and the times at which they were put."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def size(self) -> int:
        """The bytes of all objects."""
        return sum(len(body) for body, _ in self.objects.values())

    async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
        if if_absent and key in self.objects:
            raise Exists(key)
        self.objects[key] = body, self.now
        return await self.head(key)

    async def put_file(self, key: str, path: Path) -> Stat:
        return await self.put(key, path.read_bytes())

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        await self.head(key)
        return self.objects[key][0][start:stop]

    async def stream(
        self, key: str, start: int = 0, stop: int | None = None, *, etag: str | None = None
    ) -> AsyncIterator[bytes]:
        if etag not in (None, (await self.head(key)).etag):
            raise ChangedObject(key)
        yield await self.get(key, start, stop)

    async def head(self, key: str) -> Stat:
        if key not in self.objects:
            raise Missing(key)
        body, modified = self.objects[key]
        return Stat(key, len(body), str(hash(body)), modified)

    async def listing(self, prefix: str, after: str = "") -> AsyncIterator[Stat]:
        for key in sorted(key for key in self.objects if key.startswith(prefix) and key > after):
            yield await self.head(key)

    async def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    async def close(self) -> None:
        return None
