"""Feeds ffmpeg's straightened inputs: one child for a command, a FIFO for each input."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from compiler.errors import Loc, ReelError
from compiler.supervise.children.ends import Ends, listening
from compiler.supervise.children.fork_server import start_fork
from compiler.supervise.children.reach import Reach, python_files
from compiler.supervise.children.reads import Partial, Reads, reading
from compiler.supervise.children.sandbox import Child, ChildLimits, launcher, python_of, stop
from compiler.supervise.films.verdict import Origins
from compiler.supervise.plain import plain
from compiler.supervise.probe import fault_of
from compiler.supervise.record import NOT_FACTS

LISTED = "feeds.json"
MEMORY, FILES = 4 << 30, 32
"""The most bytes of address space, and open files besides two for each input."""

FREED = 0.2
"""Seconds between two looks at FIFOs that nobody writes to."""


@asynccontextmanager
async def feeding(
    feeds: Mapping[str, str],
    folder: Path,
    origins: Origins,
    limits: ChildLimits,
    group: Path | None = None,
    partial: Partial | None = None,
) -> AsyncIterator[None]:
    """While the block runs, a child writes what the specs in `feeds` ask for to FIFOs of these names in `folder`.

    It has the memory and the processor time that ffmpeg has by `limits`, and no more memory than MEMORY.
    After the block, an error of the child is raised in place of what ffmpeg made of it. What it reads of `partial`
    files is filled first; a failure of that is raised as it is.
    """
    if not feeds:
        yield
        return
    async with reading(partial) as reads, _feeding(feeds, folder, origins, limits, group, reads):
        yield


@asynccontextmanager
async def _feeding(
    feeds: Mapping[str, str],
    folder: Path,
    origins: Origins,
    limits: ChildLimits,
    group: Path | None,
    reads: Reads | None,
) -> AsyncIterator[None]:
    for name in feeds:
        os.mkfifo(folder / name)
    listed = "{" + ",\n".join(f"{json.dumps(name)}: {spec}" for name, spec in feeds.items()) + "}"
    (folder / LISTED).write_text(listed, encoding="utf-8")
    media = [json.loads(spec)["path"] for spec in feeds.values()]
    fifos = [folder / name for name in feeds]
    reach = replace(_reach(folder / LISTED, media, fifos), group=group)
    child = await start_fork("straighten.child", [str(folder / LISTED)], _limits(len(feeds), limits), reach, reads)
    said = Ends()
    assert child.stderr
    async with listening(child.stderr, said) as heard:
        freeing = asyncio.ensure_future(_free(child, fifos))
        try:
            yield
        except ReelError as error:
            await _ended(child, heard)
            raise _failure(child, said, feeds, origins) or error from error
        finally:
            freeing.cancel()
            await _ended(child, heard)
            for name in (*feeds, LISTED):
                (folder / name).unlink(missing_ok=True)
    if failure := _failure(child, said, feeds, origins):
        raise failure


def straightener(listed: Path, media: str) -> list[str]:
    """The argv of a sandboxed child that sends the one spec in `listed` to stdout; this process must start it."""
    command = [*python_of("straighten.child"), str(listed), "-"]
    limits = replace(_limits(1, ChildLimits(nice=0)), file=None)  # stdout may be a file of its user
    return launcher(command, limits, _reach(listed, [media]))


def _reach(listed: Path, media: Sequence[str], fifos: Sequence[Path] = ()) -> Reach:
    return Reach([sys.executable], [*python_files(), listed, *media], fifos, forks=bool(fifos), threads=False)


def _limits(inputs: int, of_ffmpeg: ChildLimits) -> ChildLimits:
    """The limits of a child with so many inputs, beside an ffmpeg with those limits."""
    return replace(of_ffmpeg, memory=MEMORY, file=0, files=FILES + 3 * inputs)


async def _free(child: Child, fifos: list[Path]) -> None:
    """Once the child has ended, open the FIFOs in its place, since ffmpeg would wait for ever for a writer."""
    await child.wait()
    while True:
        for fifo in fifos:
            with contextlib.suppress(OSError):  # nobody reads there
                os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        await asyncio.sleep(FREED)


async def _ended(child: Child, heard: asyncio.Future[None]) -> None:
    if child.returncode is not None:  # its last words count
        await asyncio.wait({heard})
    await stop(child, heard)


def _failure(child: Child, said: Ends, feeds: Mapping[str, str], origins: Origins) -> ReelError | None:
    """The child's own error, or that it crashed; None if it ended well or was stopped."""
    stderr = said.text()
    line = next((line for line in stderr.splitlines() if line.startswith('{"fifo"')), None)
    if line is not None:
        with contextlib.suppress(*NOT_FACTS):  # a hostile file may have made the line
            answer = json.loads(line)
            path = json.loads(feeds[answer["fifo"]])["path"]
            return fault_of(answer["error"], Path(path), origins.paths.get(path, Loc()))
    if child.returncode in (0, -signal.SIGKILL):
        return None
    if child.returncode == -signal.SIGXCPU:
        what = "the reader of the media used more processor time than the render may take"
        return ReelError("RC609", Loc(), what, hint="allow more time, or render a shorter reel")
    tail = "\n".join(stderr.strip().splitlines()[-3:])
    return ReelError(
        "RC604", Loc(), "the reader of the media crashed", detail=plain(tail), hint="convert the file first"
    )
