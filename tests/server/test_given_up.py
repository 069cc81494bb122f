"""Reads of a store whose caller is cancelled: whatever they have open is closed, and never by the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from server.storage.folder import FolderStore
from server.storage.objects import ObjectStore
from server.storage.s3 import Bucket, S3Store
from tests.server.waiting import PATIENCE

NOWHERE = Bucket("tests", "http://127.0.0.1:9", "us-east-1", "a-key", "a-secret")


class Body:
    """A file or an answer's body that waits while it is opened or read."""

    def __init__(self, waits: str) -> None:
        self.waits, self.asked, self.may = waits, threading.Event(), threading.Event()
        self.file = Path(__file__).open("rb")  # noqa: SIM115 - `close` closes it
        self.closed_by: threading.Thread | None = None

    def opened(self) -> Body:
        self.wait("opened")
        return self

    def read(self, size: int) -> bytes:
        self.wait("read")
        return b""

    def wait(self, what: str) -> None:
        if what == self.waits:
            self.asked.set()
            assert self.may.wait(PATIENCE)

    def close(self) -> None:
        self.closed_by = threading.current_thread()
        self.file.close()

    def fileno(self) -> int:
        return self.file.fileno()


def in_bucket(folder: Path, body: Body, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    store = S3Store(NOWHERE)
    monkeypatch.setattr(store._client, "get_object", lambda **asked: {"Body": body.opened(), "ContentLength": 1})
    return store


def in_folder(folder: Path, body: Body, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    store = FolderStore(folder)
    monkeypatch.setattr(store, "_open", lambda key, start: body.opened())
    return store


@pytest.mark.parametrize("waits", ["opened", "read"])
@pytest.mark.parametrize("holding", [in_bucket, in_folder])
def test_a_body_whose_reader_is_cancelled_is_closed_in_a_thread(
    holding: Callable[[Path, Body, pytest.MonkeyPatch], ObjectStore],
    waits: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def whole() -> Body:
        body = Body(waits)
        store = holding(tmp_path, body, monkeypatch)
        reading = asyncio.ensure_future(anext(store.stream("key")))
        await asyncio.to_thread(body.asked.wait, PATIENCE)
        reading.cancel()
        await asyncio.wait([reading])
        assert reading.cancelled()
        body.may.set()
        await store.close()
        return body

    assert asyncio.run(whole()).closed_by not in (None, threading.main_thread())
