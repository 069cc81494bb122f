"""Runs one supervised ffmpeg: watched, limited, cancellable, its failures explained."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from time import monotonic

from compiler.errors import Loc, ReelError
from compiler.supervise.children.bounds import check_bounds
from compiler.supervise.children.ends import Ends, listening
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.reads import Partial, reading
from compiler.supervise.children.sandbox import Child, ChildLimits, start, stop
from compiler.supervise.films.feed import feeding
from compiler.supervise.films.progress import Progress, ProgressMeter
from compiler.supervise.films.verdict import UNKNOWN, Origins, explain, spent

PIECE = 16 * 1024
TICK = 0.25
"""Seconds between two checks of the clock."""

FINISHING = 10
"""Factor of `stall_after` after the last frame, while ffmpeg moves the file's index to its front."""

RENDERING = ChildLimits(files=1024, nice=0)


async def run(
    command: Sequence[str],
    meter: ProgressMeter,
    *,
    reach: Reach,
    on_progress: Callable[[Progress], None],
    stall_after: float = 60,
    deadline: float | None = None,
    origins: Origins = UNKNOWN,
    limits: ChildLimits = RENDERING,
    cwd: Path | None = None,
    feeds: Mapping[str, str] | None = None,
    partial: Partial | None = None,
) -> None:
    """Run ffmpeg, with `-progress pipe:1`, to its end. Exit code 0 does not prove a film: verify it.

    `stall_after` seconds without a new frame is RC608, `deadline` seconds in all is RC609, more threads or tables of
    memory than `check_bounds` allows is RC607; `explain` makes the error of a failure. On a cancel and on these three
    ffmpeg is killed, and has ended when this returns. Each child may use as much processor time as all processors have
    until the deadline, unless `limits` say how much.
    `feeds`, specs by the names of FIFOs in `cwd`, are its straightened inputs. What ffmpeg and their reader read of
    `partial` files is filled first; a failure of that is raised as it is.
    """
    if deadline is not None and limits.cpu is None:
        limits = replace(limits, cpu=ceil(deadline * (os.cpu_count() or 1)))
    if not feeds:
        await _run(command, meter, reach, on_progress, stall_after, deadline, origins, limits, cwd, partial)
        return
    assert cwd is not None
    async with feeding(feeds, cwd, origins, limits, reach.group, partial):
        await _run(command, meter, reach, on_progress, stall_after, deadline, origins, limits, cwd, partial)


async def _run(
    command: Sequence[str],
    meter: ProgressMeter,
    reach: Reach,
    on_progress: Callable[[Progress], None],
    stall_after: float,
    deadline: float | None,
    origins: Origins,
    limits: ChildLimits,
    cwd: Path | None,
    partial: Partial | None,
) -> None:
    async with reading(partial) as reads:
        child = await start(command, limits, reach, cwd, reads)
        exit_code, said = await _followed(child, limits, meter, on_progress, stall_after, deadline)
    if exit_code and limits.cpu is not None and spent(exit_code, said):
        raise _spent(meter, limits.cpu)
    if exit_code:
        raise explain(exit_code, said, origins)


async def _followed(
    child: Child,
    limits: ChildLimits,
    meter: ProgressMeter,
    on_progress: Callable[[Progress], None],
    stall_after: float,
    deadline: float | None,
) -> tuple[int, str]:
    """The exit code of a child and its stderr, once it has ended."""
    stderr = Ends()
    ending = asyncio.ensure_future(_follow(child, meter, stderr, on_progress))
    try:
        await watch(ending, meter, stall_after, deadline, lambda: check_bounds(child.pid, limits))
        return ending.result(), stderr.text()
    finally:
        await stop(child, ending)


async def _follow(child: Child, meter: ProgressMeter, stderr: Ends, on_progress: Callable[[Progress], None]) -> int:
    assert child.stdout
    assert child.stderr
    async with listening(child.stderr, stderr) as ended:
        await _measure(child.stdout, meter, on_progress)
        await ended
    return await child.wait()


async def _measure(output: asyncio.StreamReader, meter: ProgressMeter, on_progress: Callable[[Progress], None]) -> None:
    while piece := await output.read(PIECE):
        for progress in meter.feed(piece, monotonic()):
            on_progress(progress)


async def watch(
    ending: asyncio.Future[int],
    meter: ProgressMeter,
    stall_after: float,
    deadline: float | None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Return when `ending` is done; raise RC608 if the meter stands still for too long, RC609 at the deadline, and what
    `check` raises."""
    while not ending.done():
        await asyncio.wait({ending}, timeout=TICK)
        now = monotonic()
        patience = stall_after * (FINISHING if meter.frame >= meter.frames else 1)
        if not ending.done() and now - meter.advanced > patience:
            raise _stalled(meter, patience)
        if not ending.done() and deadline is not None and now - meter.started > deadline:
            raise _late(meter, deadline)
        if not ending.done():
            check()


def _stalled(meter: ProgressMeter, patience: float) -> ReelError:
    what = f"ffmpeg made no frame for {patience:g} s and was stopped"
    return ReelError(
        "RC608", Loc(), what, detail=_reached(meter), hint="render again; check that the media can be read"
    )


def _late(meter: ProgressMeter, deadline: float) -> ReelError:
    what = f"the render took longer than {deadline:g} s and was stopped"
    return ReelError("RC609", Loc(), what, detail=_reached(meter), hint="allow more time, or render a shorter reel")


def _spent(meter: ProgressMeter, cpu: int) -> ReelError:
    what = f"ffmpeg used more than {cpu} s of processor time and was stopped"
    return ReelError("RC609", Loc(), what, detail=_reached(meter), hint="allow more time, or render a shorter reel")


def _reached(meter: ProgressMeter) -> str:
    return f"at frame {meter.frame} of {meter.frames}"
