"""Users who would move to another server, or do, while requests of theirs are under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from server.settings import Settings
from server.storage.folder import FolderStore
from tests.server.in_process import UID, in_process
from tests.server.test_http import refused
from tests.server.test_leases import Server, has

MP4 = {"Content-Type": "video/mp4"}


def test_a_user_stays_at_a_server_as_long_as_an_upload_comes(tmp_path: Path, game: Path) -> None:
    async def whole() -> None:
        store, moved = FolderStore(tmp_path / "objects"), []
        async with in_process(Settings(data=tmp_path / "data"), store) as server:
            databases = server.services.databases

            async def pieces() -> AsyncIterator[bytes]:
                content = game.read_bytes()
                yield content[:1000]
                databases._idle_after = -1  # as after an hour without another request
                await databases.close_idle()
                moved.append(await has(Server(store, "b"), UID))
                yield content[1000:]

            answer = await server.client.post("/api/raw-clips", content=pieces(), headers=MP4)
            assert (answer.status_code, moved) == (201, [False]), answer.text
            await databases.close_idle()
            assert await has(Server(store, "c"), UID)

    asyncio.run(whole())


def test_an_upload_whose_user_has_moved_leaves_no_file(tmp_path: Path, game: Path) -> None:
    async def whole() -> None:
        store = FolderStore(tmp_path / "objects")
        async with in_process(Settings(data=tmp_path / "data"), store) as server:
            leases, other = server.services.leases, Server(store, "b")

            async def pieces() -> AsyncIterator[bytes]:
                yield game.read_bytes()
                leases._held[UID].keepers = 0  # as after a suspension, which others have seen
                await leases.give_back(UID)
                assert await has(other, UID)

            answer = await server.client.post("/api/raw-clips", content=pieces(), headers=MP4)
            refused(answer, 503, "other_server")
            assert [stat.key async for stat in store.listing(f"users/{UID}/media/")] == []

    asyncio.run(whole())
