"""A Dask scheduler and workers of reelc on loopback, and small units for them."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from compiler.film_identity import made_by
from compiler.pipeline.identity import digest
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.films.local import Local
from compiler.supervise.films.run_unit import Machine
from compiler.supervise.films.unit import FFMPEG, FOLDER, MadeBy, PlainOrigins, PortableUnit
from compiler.supervise.unit_cache import content_of
from server.farm.units import FarmStore
from server.footage.cache import MediaCache
from server.footage.units import output_of
from server.storage.folder import FolderStore
from tests.server.forking import FARM, Child, fork
from tests.server.site import PLAIN, ROOT

SCHEDULER = "from distributed.cli.dask_scheduler import main; main()"
READY = "makes units at"


@dataclass
class Cluster:
    """A scheduler, its workers, and the folder of their store."""

    folder: Path
    port: int
    tls: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    scheduler: Child | None = None
    workers: list[Child] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{'tls' if self.tls else 'tcp'}://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def store(self) -> FolderStore:
        return FolderStore(self.data / "objects")

    def start_scheduler(self) -> None:
        """Start the scheduler, or another one in place of one that has ended."""
        if self.scheduler is not None:
            close(self.scheduler)
        host = self.address.rpartition(":")[0]
        options = ["--host", host, "--port", str(self.port), "--no-dashboard", "--no-show", *self.tls]
        with (self.folder / "scheduler.log").open("ab") as log:
            self.scheduler = fork(SCHEDULER, options, os.environ, ROOT, log.fileno(), FARM)

    def begin_worker(self, *options: str, **environment: str) -> Child:
        """A worker of one slot."""
        words = ["worker", "--scheduler", self.address, "--data", str(self.data), "--slots", "1", *options]
        worker = command(ROOT, *words, **self.environment, **environment)
        self.workers.append(worker)
        return worker

    def start_worker(self, *options: str, **environment: str) -> Child:
        """A worker of one slot, ready."""
        return ready(self.begin_worker(*options, **environment))

    def lose(self, worker: int) -> None:
        """Kill a worker as a machine that fails."""
        kill(self.workers[worker])

    def mend(self, workers: int) -> None:
        """Start again what is gone, up to so many workers."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            self.start_scheduler()
        self._forget()
        for worker in [self.begin_worker() for _ in range(workers - len(self.workers))]:
            ready(worker)

    def _forget(self) -> None:
        for worker in self.workers:
            if worker.poll() is not None:
                close(worker)
        self.workers = self.living()

    def living(self) -> list[Child]:
        return [worker for worker in self.workers if worker.poll() is None]

    def stop(self) -> None:
        for process in (*self.workers, *([self.scheduler] if self.scheduler else [])):
            kill(process)
            close(process)


def command(folder: Path, *words: str, **environment: str) -> Child:
    """A `reelc` command in a folder."""
    reading, errors = os.pipe()
    child = fork(PLAIN, words, {**os.environ, **environment}, folder, errors, FARM)
    os.close(errors)
    child.stderr = os.fdopen(reading)
    return child


def completed(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A `reelc` command in a folder, once it has ended."""
    child = command(folder, *words, **environment)
    assert child.stderr is not None
    with ThreadPoolExecutor(1) as side:
        errors = side.submit(child.stderr.read)
        said = child.stdout.read()
    done = subprocess.CompletedProcess(words, child.wait(120), said, errors.result())
    close(child)
    return done


def close(child: Child) -> None:
    """Close the pipes of a process that has ended."""
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()


def ready(worker: Child) -> Child:
    """A worker, once it is with its scheduler."""
    assert worker.stderr is not None
    said = _line_with(worker.stderr, READY)
    assert READY in said, said
    return worker


def _line_with(output: IO[str], text: str) -> str:
    """What a process says up to the line with a text."""
    said = ""
    for line in output:
        said += line
        if text in line:
            break
    return said


@contextlib.contextmanager
def cluster(folder: Path, workers: int, tls: tuple[str, ...] = (), **environment: str) -> Iterator[Cluster]:
    """A scheduler and so many workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = Cluster(folder, port, tls, environment)
    try:
        running.mend(workers)
        yield running
    finally:
        running.stop()


@functools.cache
def mine() -> MadeBy:
    """What makes units in this process."""
    return made_by(find_build(), content_of)


def local(store: FolderStore, folder: Path, slots: int = 2) -> Local:
    """The local executor over the same store."""

    @contextlib.contextmanager
    def workplace(unit: PortableUnit) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            yield Path(place)

    cache = MediaCache(store, folder / "footage", folder / "coming", 1 << 30)
    return Local(Machine(FarmStore(store, cache), find_build().path, workplace, mine), slots)


def unit(name: str, frames: int = 5, *, paced: bool = False, filters: str = "null", **fields: Any) -> PortableUnit:
    """A unit of so many small frames; a `paced` one takes as long as it plays, a tenth of a second a frame."""
    source = f"testsrc2=size=64x36:rate=10:duration={frames / 10}"
    argv = (
        *(FFMPEG, "-nostdin", "-hide_banner", "-v", "error", "-y", "-progress", "pipe:1", "-stats_period", "0.1"),
        *(*(["-re"] if paced else []), "-f", "lavfi", "-i", source, "-vf", filters, "-c:v", "libx264"),
        *("-preset", "ultrafast", "-metadata", f"title={name}", "-flags:v", "+bitexact", "-fflags", "+bitexact"),
        *("-f", "mp4", f"file:{FOLDER}/unit.mp4"),
    )
    key = digest(name, str(frames), filters)
    made = PortableUnit(
        key=key,
        name=name,
        output=output_of("farm/units/", key),
        argv=argv,
        files={},
        feeds={},
        inputs=(),
        made="unit.mp4",
        origins=PlainOrigins({"dunk.crop": ("dunk", "/clips/0/crop_data")}, (), {}),
        film_frames=frames,
        before=0,
        frames=frames,
        heard=0,
        listening=None,
        made_by=mine(),
        memory=100,
        seconds=1.0,
        owner="ann",
        priority=0,
        stall_after=60,
        deadline=None,
        elapsed=0,
        data=None,
    )
    return replace(made, **fields)


def ffmpegs(name: str) -> list[int]:
    """The processes that make the unit of this name."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if f"title={name}".encode() in words and b"--" not in words:  # not the launcher, which becomes it
                found.append(int(entry.name))
    return found


def stopped(name: str) -> list[int]:
    """The processes that make the unit of this name, which this look stops (SIGSTOP): the unit does not end."""
    found = ffmpegs(name)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    return found


def kill(process: Child) -> None:
    """Kill a process as a machine that fails."""
    process.send_signal(signal.SIGKILL)
    process.wait()
