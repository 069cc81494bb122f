"""What a server does all the time goes on after a failure that nobody thought of, and the log has it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from server import app
from server.app import make_app
from server.settings import Settings
from server.web.services import make_services

WORKS = ("_tidy", "_take_up", "_sweep", "_tend", "_leave")


def test_every_lasting_work_begins_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each of them fails once, the beats of the leases too."""
    begun = list[str]()

    def failing(name: str, again: asyncio.Event) -> Callable[..., Awaitable[None]]:
        async def work(*_: object) -> None:
            begun.append(name)
            if begun.count(name) == 1:
                raise LookupError(f"nobody thought of {name}")
            again.set()
            await asyncio.Event().wait()

        return work

    async def scene() -> None:
        services = make_services(Settings(data=tmp_path))
        again = {name: asyncio.Event() for name in (*WORKS, "keep")}
        monkeypatch.setattr(app, "AGAIN_AFTER", 0)
        for name in WORKS:
            monkeypatch.setattr(app, name, failing(name, again[name]))
        monkeypatch.setattr(services.leases, "keep", failing("keep", again["keep"]))
        made = make_app(services)
        async with made.router.lifespan_context(made), asyncio.timeout(20):
            for event in again.values():
                await event.wait()

    asyncio.run(scene())
    for name in (*WORKS, "keep"):
        assert f"nobody thought of {name}" in caplog.text
