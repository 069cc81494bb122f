"""Whether the server can do its work: its store and its disk take data, and it has room, files and the fence."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import time
from pathlib import Path

from server.failures import UNSTORED
from server.problem import Problem, storage_problem
from server.settings import Settings
from server.storage.objects import Missing, ObjectStore, StoreFailed
from server.storage.tenants import Databases
from server.storage.terms import Elsewhere

KEPT_FOR = 1.0
"""Seconds for which an answer is given again: anybody may ask, and the store may cost money."""

WITHIN = 5.0
"""Seconds that the store has to answer."""

KEY = "health/ready"
"""The object that is written for a test."""

FEW_FILES = 0.1
"""The part of the files that the process may open below which it is not ready: every save needs some."""

FENCED_AT_ONCE = 8
"""Fenced databases that are opened again for one answer."""


class Readiness:
    """The state of one process, looked at no more than once a second."""

    def __init__(self, settings: Settings, store: ObjectStore, databases: Databases) -> None:
        self._settings, self._store, self._databases = settings, store, databases
        self._turn = asyncio.Lock()
        self._looked: float | None = None
        self._problem: Problem | None = None

    async def check(self) -> None:
        """503 `storage_error` when the store or the disk takes no data, 503 `not_ready` for other reasons."""
        async with self._turn:
            if self._looked is None or time.monotonic() - self._looked > KEPT_FOR:
                self._problem = await self._look()
                self._looked = time.monotonic()
        if self._problem is not None:
            raise self._problem.again()

    async def _look(self) -> Problem | None:
        try:
            await asyncio.wait_for(self._use_store(), WITHIN)
            await asyncio.to_thread(_write, self._settings.local / "ready")
        except (StoreFailed, TimeoutError):
            return storage_problem("the object store does not answer, or takes no data")
        except OSError:
            return storage_problem("the data folder takes no data")
        folders = [folder for folder in (self._settings.data, self._settings.objects) if folder.is_dir()]
        if min(shutil.disk_usage(folder).free for folder in folders) < self._settings.room_kept:
            return _unready("the disk of the data folder is full")
        if self._databases.leases.overdue():
            return _unready("other servers may take over the users of this one: its beats are not stored")
        if _free_files() < FEW_FILES:
            return _unready("too many files are open")
        return await self._look_at_fences()

    async def _use_store(self) -> None:
        """Read and write the store; Missing is an answer."""
        with contextlib.suppress(Missing):
            await self._store.head("accounts/nobody")
        await self._store.put(KEY, b"")

    async def _look_at_fences(self) -> Problem | None:
        """Open fenced databases again, as the next requests of their users would."""
        fenced = [each.uid for each in self._databases.opened() if each.sync.fenced]
        try:
            for uid in fenced[:FENCED_AT_ONCE]:
                with contextlib.suppress(Elsewhere):
                    async with self._databases.use(uid):
                        pass
        except UNSTORED:
            return _unready("another server writes the data of a user, and it cannot be read anew")
        return None


def _unready(message: str) -> Problem:
    return Problem(503, "not_ready", message, headers={"Retry-After": "2"})


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(b"\0" * 4096)
        file.flush()
        os.fsync(file.fileno())


def _free_files() -> float:
    """The part of the files that this process may open which is not open."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1.0 if most == resource.RLIM_INFINITY else 1 - len(os.listdir("/dev/fd")) / most
