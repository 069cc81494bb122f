"""A Dask worker that makes units: its folder, its copies of footage, and its life beside the scheduler's."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from distributed import Worker

from compiler.errors import Loc, ReelError
from compiler.film_identity import contents_by, made_by
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.films.film import refusal
from compiler.supervise.films.run import RENDERING
from compiler.supervise.films.run_unit import Machine, run_unit
from compiler.supervise.films.unit import MadeBy, OnEvent, PortableUnit, UnitResult
from compiler.supervise.machine import MIB, machine_memory
from server.farm.plugin import UnitPlugin
from server.farm.scheduler import SchedulerAddress, quiet, unreachable
from server.farm.units import FarmStore
from server.footage.cache import MediaCache
from server.privacy import forget_secrets
from server.settings import Settings
from server.storage.objects import ObjectStore
from server.tasks import until_first

MOST_HERE = 64
"""Workers that may use one folder."""

JOIN_WITHIN = 60.0
"""Seconds in which the scheduler must answer a worker that starts."""


@dataclass(frozen=True, slots=True)
class UnitMaker:
    """Makes the units of one worker in its folder, with a store that is opened in the loop of the units."""

    settings: Settings
    ffmpeg: str
    """The path of the program at its start."""
    folder: Path
    slots: int
    name: str
    make_store: Callable[[Settings], ObjectStore]

    def plugin(self) -> UnitPlugin:
        """The plugin of the worker, with facts for `reelc doctor`."""
        store, begun = self._store(), _made_by(self.ffmpeg)

        async def make(unit: PortableUnit, on_event: OnEvent) -> UnitResult:
            program = await asyncio.to_thread(self._program)
            mine = partial(_made_by, program)
            limits = replace(RENDERING, data=self.settings.render_memory, file=self._room() // self.slots)
            machine = Machine(store, program, self._workplace, mine, limits=limits, name=self.name)
            return await run_unit(unit, machine, on_event)

        async def read(key: str) -> bytes:
            return await store.read(key)

        def facts() -> dict[str, str]:
            try:
                now = _made_by(self._program())
            except OSError:
                now = replace(begun, ffmpeg="none")
            return {"name": self.name, "reelc": version("reelc"), **asdict(now)}

        return UnitPlugin(make, read, facts)

    def _program(self) -> str:
        """The path of the program to use now, or that at the start while there is none."""
        try:
            return find_build().path
        except ReelError:
            return self.ffmpeg

    def _store(self) -> FarmStore:
        store = self.make_store(self.settings)
        cache = MediaCache(store, self.folder / "footage", self.folder / "coming", self.settings.cache_limit)
        return FarmStore(store, cache)

    def _room(self) -> int:
        """The bytes that units may write; RC611 if there are none."""
        room = shutil.disk_usage(self.folder).free - self.settings.room_kept
        if room < self.slots:
            raise ReelError("RC611", Loc(), "the disk of the worker is full", hint="free some space and render again")
        return room

    @contextlib.contextmanager
    def _workplace(self, unit: PortableUnit) -> Iterator[Path]:
        try:
            made = tempfile.TemporaryDirectory(prefix="unit-", dir=self.folder / "units")
        except OSError as error:
            raise refusal(Path(unit.made), error) from error
        with made as folder:
            yield Path(folder)


def _made_by(program: str) -> MadeBy:
    """What makes units here, by the ffmpeg at a path as it is now: an update may replace it while the worker runs.
    OSError if it is missing or unfit."""
    try:
        return made_by(find_build(program), contents_by(None))
    except ReelError as error:
        raise OSError(f"{error.message}: {error.detail}") from error


@contextlib.contextmanager
def own_folder(above: Path) -> Iterator[Path]:
    """The first folder below `above` that no other worker has; what an earlier one left unfinished is removed."""
    for number in range(MOST_HERE):
        folder = above / f"worker-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            for name in ("units", "coming", "dask"):
                shutil.rmtree(folder / name, ignore_errors=True)
                (folder / name).mkdir()
            yield folder
            return
    raise ReelError("RC701", Loc(), f'{MOST_HERE} workers use the folder "{above}"', hint="give it another --scratch")


async def work(scheduler: SchedulerAddress, maker: UnitMaker, on_ready: Callable[[str], None]) -> bool:
    """Make units until the scheduler goes, which is True, or a signal ends the worker; RC801."""
    scheduler.check()
    quiet()
    plugin = maker.plugin()
    forget_secrets()  # the store is open
    worker = Worker(
        scheduler.address,
        nthreads=maker.slots,
        name=maker.name,
        resources=_resources(maker.slots),
        memory_limit=0,
        plugins=(plugin,),
        security=scheduler.security(),
        local_directory=str(maker.folder / "dask"),
        death_timeout=JOIN_WITHIN,
        dashboard=False,
    )
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        begun = await _until(_begin(worker), ended)
        if begun:
            on_ready(f"{maker.name} makes units at {worker.address}, {maker.slots} at once")
        return begun and await _until(worker.finished(), ended)
    except (OSError, TimeoutError) as error:
        raise unreachable(scheduler.address, error) from error
    finally:
        await worker.close(reason="reelc-worker-ends")


async def _begin(worker: Any) -> None:
    await worker


async def _until(doing: Coroutine[Any, Any, None], ended: asyncio.Event) -> bool:
    """Wait for the end of what a worker does, or of the worker; whether the former came first."""
    done, _ = await until_first(doing, ended.wait())
    if done:
        done.result()
    return done is not None


def _resources(slots: int) -> dict[str, float]:
    """What units take of a worker while they are made: slots, and MiB of memory."""
    return {"cores": slots, "memory": machine_memory() // MIB}


def name_of_worker() -> str:
    """The name of a worker: its machine and its process."""
    return f"{socket.gethostname()}-{os.getpid()}"
