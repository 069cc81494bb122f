"""Requests broken off at every single await: their work is done wholly or not at all, and nothing leaks.

These tests run the application in this process, so that they can choose the n-th await.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from server.app import make_app
from server.routes.progress import Sockets
from server.web.services import Services
from tests.server.editing import BOX, RENDER
from tests.server.faults import FaultStore
from tests.server.test_export_faults import a_project, run, whole_films

pytestmark = pytest.mark.fault

T = TypeVar("T")
MOST = 400


class Cut(Awaitable[T]):
    """Wraps an awaitable and cancels its task at the n-th await."""

    def __init__(self, inner: Coroutine[Any, Any, T], at: int) -> None:
        self._inner, self._at = inner, at
        self.awaits = 0

    def __await__(self) -> Generator[Any, None, T]:
        awaiting = self._inner.__await__()
        step: Callable[[], Any] = partial(awaiting.send, None)
        while True:
            try:
                future = step()
            except StopIteration as end:
                answer: T = end.value
                return answer
            self.awaits += 1
            if self.awaits == self._at:
                task = asyncio.current_task()
                assert task
                task.cancel()
            try:
                yield future
                step = partial(awaiting.send, None)
            except BaseException as error:
                step = partial(awaiting.throw, error)


class Late(ThreadPoolExecutor):
    """Threads that start their work a moment later, so that work broken off at once has not begun."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        given: Future[Any] = Future()

        def begin() -> None:
            if given.set_running_or_notify_cancel():
                self._begin(given, partial(fn, *args, **kwargs))

        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, begin)  # after the turn in which a cancelled wait lets go of it
        return given

    def _begin(self, given: Future[Any], work: Callable[[], Any]) -> None:
        def whole() -> None:
            try:
                given.set_result(work())
            except BaseException as error:
                given.set_exception(error)

        super().submit(whole)


async def cut(inner: Coroutine[Any, Any, T], at: int) -> T | None:
    """The result of the coroutine, or None if it was broken off at that await."""

    async def whole() -> T:
        return await Cut(inner, at)

    try:
        return await asyncio.create_task(whole())
    except asyncio.CancelledError:
        return None


async def calm(services: Services) -> None:
    """Return when no task of a broken-off request is left, and no unit of work is open."""
    async with asyncio.timeout(60):
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(left)
    for user_database in services.databases.opened():
        assert not user_database.in_use
        assert not user_database.database._turn.locked()
        assert not user_database.database._writer.in_transaction
        assert not user_database.database._reader.in_transaction
    assert services.coming.keys() == frozenset()
    assert not services.temporary.exists() or list(services.temporary.iterdir()) == []


Begin = Callable[[int], Coroutine[Any, Any, Any]]
Look = Callable[[int, bool], Awaitable[None]]


async def every_await(services: Services, begin: Begin, look: Look) -> None:
    """Begin repeatedly, broken off one await later each time until the call ends by itself, and check the leftovers."""
    for number in range(1, MOST):
        answer = await cut(begin(number), number)
        await calm(services)
        await look(number, answer is not None)
        if answer is not None:
            return
    raise AssertionError("a request has fewer awaits")


def test_a_save_broken_off_anywhere_is_whole_or_none(tmp_path: Path, game: Path) -> None:
    async def scene(client: httpx.AsyncClient, _: FaultStore, services: Services) -> None:
        project_id = await a_project(client, game)
        clips = f"/api/clips/projects/{project_id}/clips"
        clip = f"{clips}/{(await client.get(clips)).json()['clips'][0]['id']}"
        kept, seen = [(await client.get(clip)).json()], set()

        def body(number: int) -> Any:
            return {"name": f"save {number}", "rotation": number / 100, "crop_data": [{**BOX[0], "x": number / 10}]}

        async def look(number: int, whole: bool) -> None:
            now, before = (await client.get(clip)).json(), kept[-1]
            saved = now["version"] > before["version"]
            after = {**before, **body(number), "version": before["version"] + 1, "saved_at": now["saved_at"]}
            assert now == (after if saved else before)
            kept.append(now)
            seen.add((whole, saved))

        await every_await(services, lambda number: client.put(clip, json=body(number)), look)
        assert seen == {(False, False), (False, True), (True, True)}

    run(tmp_path, scene)


@pytest.mark.parametrize("threads", [ThreadPoolExecutor, Late], ids=["at once", "late"])
@pytest.mark.parametrize("form", [False, True], ids=["body", "form"])
def test_an_upload_broken_off_anywhere_is_whole_or_none(
    tmp_path: Path, game: Path, form: bool, threads: type[ThreadPoolExecutor]
) -> None:
    async def scene(client: httpx.AsyncClient, _: FaultStore, services: Services) -> None:
        await a_project(client, game)
        asyncio.get_running_loop().set_default_executor(threads(1))
        seen: dict[bool, set[int]] = {True: set(), False: set()}

        async def pieces() -> AsyncIterator[bytes]:
            film = game.read_bytes()
            for start in range(0, len(film), 100_000):
                yield film[start : start + 100_000]

        async def look(_: int, whole: bool) -> None:
            raws = (await client.get("/api/raw-clips")).json()["raw_clips"]
            seen[whole].add(len(raws))
            for each in raws:
                media = await client.get(f"/api/raw-clips/{each['id']}/media")
                assert media.content == game.read_bytes()

        def begin(_: int) -> Coroutine[Any, Any, httpx.Response]:
            if form:
                return client.post("/api/raw-clips", files={"file": ("game.mp4", game.read_bytes(), "video/mp4")})
            return client.post("/api/raw-clips", content=pieces(), headers={"Content-Type": "video/mp4"})

        await every_await(services, begin, look)
        assert len(seen[False]) > 1  # also broken off when all but the answer was done
        assert seen[True] == {max(seen[False]) + 1}

    run(tmp_path, scene)


def test_an_export_whose_request_is_broken_off_anywhere_is_made_or_was_never_there(tmp_path: Path, game: Path) -> None:
    async def scene(client: httpx.AsyncClient, _: FaultStore, services: Services) -> None:
        project_id = await a_project(client, game)
        seen = set()

        async def look(number: int, whole: bool) -> None:
            answer = await client.get(f"/api/export/e{number}")
            seen.add((whole, answer.status_code))
            film = await whole_films(client, project_id)
            if answer.status_code == 200:
                assert answer.json()["result"]["working_video_id"] == film

        def body(number: int) -> Any:
            return {"project_id": project_id, "export_id": f"e{number}"}

        await every_await(services, lambda number: client.post(RENDER, json=body(number)), look)
        assert seen == {(False, 404), (False, 200), (True, 200)}

    run(tmp_path, scene)


def test_a_socket_broken_off_anywhere_leaves_nothing(tmp_path: Path, game: Path) -> None:
    async def scene(client: httpx.AsyncClient, _: FaultStore, services: Services) -> None:
        project_id = await a_project(client, game)
        app = make_app(services)
        sockets = next(
            each
            for route in app.routes
            if isinstance(each := getattr(route.endpoint, "__self__", None), Sockets)  # type: ignore[attr-defined]
        )
        sent: list[Any] = []

        async def begin(number: int) -> bool:
            sent.clear()
            body = {"project_id": project_id, "export_id": f"e{number}"}
            await asyncio.shield(client.post(RENDER, json=body, headers={"Prefer": "respond-async"}))
            headers = [(b"authorization", client.headers["authorization"].encode()), (b"host", b"localhost")]
            scope = {"type": "websocket", "path": f"/ws/export/e{number}", "headers": headers, "subprotocols": []}
            return await _socket(app, scope, sent)

        async def look(_: int, whole: bool) -> None:
            assert not sockets._open
            if whole:
                assert (sent[-1]["type"], sent[-1]["code"]) == ("websocket.close", 1000)

        await every_await(services, begin, look)

    run(tmp_path, scene)


async def _socket(app: Any, scope: dict[str, Any], sent: list[Any]) -> bool:
    """A client that reads to the end."""
    coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    coming.put_nowait({"type": "websocket.connect"})

    async def send(message: Any) -> None:
        sent.append(message)

    await app({**scope, "query_string": b"", "extensions": {}}, coming.get, send)
    return True
