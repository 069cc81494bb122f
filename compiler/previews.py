"""Makes previews of a source: its strip, the peaks of its sound, its proxy, by ffmpegs supervised as renders are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from time import monotonic

from compiler.emit.previews import PEAKS
from compiler.emit.straightened import feeds, media_read
from compiler.errors import Loc, ReelError
from compiler.ir.build import Build
from compiler.ir.ops import operands
from compiler.pipeline import previews
from compiler.pipeline.previews import Preview, Strip
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.reads import Partial
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films.progress import Progress, ProgressMeter
from compiler.supervise.films.run import run
from compiler.supervise.films.verdict import Origins
from compiler.supervise.probe import probing
from compiler.supervise.small_files import read_made
from compiler.timeline.frames import counted
from compiler.timeline.media import Media

SCRIPT = "filtergraph.txt"
QUICK, PATIENT = ChildLimits(file=1 << 28, files=256, nice=0), ChildLimits(files=256, nice=5)
"""Limits of strips and peaks, which an editor waits for, and of proxies, which give way to renders."""

AT_ONCE = 2
"""ffmpegs that run at the same time for one strip."""

AGAIN = "ask again; if the error persists, report it with the file"

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds without progress after which an ffmpeg is stopped, seconds that it may take in all, its memory, and what
    it waits for."""

    stall_after: float = 60
    deadline: float | None = None
    memory: int | None = None
    """Bytes of heap and stacks that each child may have."""
    partial: Partial | None = None
    """Files with holes, which are filled when they are read."""
    file: int | None = None
    """Bytes that a proxy may have."""


async def make_strip(media: Media, build: Build, folder: Path, output: Path, patience: Patience) -> Strip:
    """Write the strip, a JPEG, to `output`; errors are coded as a render's are. `folder` is an empty working folder."""
    strip = previews.strip_of(media)
    if previews.sought(media):
        cells = folder / "cells"
        await asyncio.to_thread(cells.write_bytes, await _cells(media, build, folder, strip, patience))
        command = previews.tile_command(strip, build, str(cells), str(output))
        await _watched(command, 1, folder, _reach(command, folder, output), Origins(), patience)
    else:
        preview = previews.strip_preview(media, build)
        await _run(
            preview,
            media,
            folder,
            lambda text: previews.strip_command(preview, media, text, str(output)),
            patience,
            output=output,
        )
    _check_there(output)
    return strip


async def make_peaks(media: Media, build: Build, folder: Path, patience: Patience) -> tuple[Fraction, list[float]]:
    """The number of peaks a second, and the peaks as fractions of full scale; no peaks where there is no sound."""
    found = previews.peaks_preview(media, build)
    if found is None:
        return Fraction(previews.PEAKS_A_SECOND), []
    preview, rate = found
    made = folder / PEAKS
    await _run(preview, media, folder, lambda text: previews.peaks_command(preview, text), patience, output=made)
    report = await asyncio.to_thread(read_made, made)
    return rate, previews.peaks_of(report.decode(errors="replace"))


async def make_proxy(
    media: Media, build: Build, folder: Path, output: Path, patience: Patience, on_progress: OnProgress = lambda _: None
) -> None:
    """Write the proxy to `output` and verify it; RC610 if its length or its size is not as predicted."""
    preview = previews.proxy_preview(media, build)
    await _run(
        preview,
        media,
        folder,
        lambda text: previews.proxy_command(preview, media, text, str(output)),
        patience,
        on_progress,
        replace(PATIENT, file=patience.file),
        output=output,
    )
    _check_there(output)
    _check_like(media, (await probing([(output, Loc())]))[output])


def _check_like(media: Media, proxy: Media) -> None:
    source, made = media.video, proxy.video
    faults = []
    if (made.width, made.height) != previews.proxy_size(media):
        faults.append(f"it is {made.width}x{made.height}")
    if source.ticks and made.frames != counted(source) and not source.still:
        faults.append(f"it has {made.frames} of {counted(source)} frames")
    if not source.ticks and abs(made.end - source.end) > 2 / source.rate:
        faults.append(f"it ends at {float(made.end):g} of {float(source.end):g} s")
    if faults:
        raise ReelError("RC610", Loc(), "the proxy is not what was predicted", detail=", ".join(faults), hint=AGAIN)


async def _cells(media: Media, build: Build, folder: Path, strip: Strip, patience: Patience) -> bytes:
    """The pixels of a strip's pictures; a picture that cannot be decoded repeats its neighbour."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(picture: int) -> bytes:
        async with turn:
            place, cell = folder / str(picture), folder / str(picture) / "cell"
            await asyncio.to_thread(place.mkdir)
            preview = previews.cell_preview(media, build, picture)
            await _run(
                preview,
                media,
                place,
                lambda text: previews.cell_command(preview, text, str(cell)),
                patience,
                output=cell,
            )
            return await asyncio.to_thread(read_made, cell)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(picture)) for picture in range(strip.pictures)]
    whole = strip.width * strip.height * 3 // 2
    found = [task.result() if len(task.result()) == whole else b"" for task in tasks]
    first = next((cell for cell in found if cell), None)
    if first is None:
        raise ReelError("RC604", Loc(), "no picture of the source can be decoded", hint="check that it plays")
    for k, cell in enumerate(found):
        found[k] = cell or (found[k - 1] if k else first)
    return b"".join(found)


async def _run(
    preview: Preview,
    media: Media,
    folder: Path,
    command: Callable[[str], Sequence[str]],
    patience: Patience,
    on_progress: OnProgress = lambda _: None,
    limits: ChildLimits = QUICK,
    *,
    output: Path,
) -> None:
    text = folder / SCRIPT
    await asyncio.to_thread(text.write_text, preview.script, encoding="utf-8")
    inputs = sum(1 for define in preview.graph if not operands(define.op))
    origins = Origins({}, (Loc(),) * inputs, {media.path: Loc()})
    argv = command(str(text))
    reach = _reach(argv, folder, output, media_read(preview.graph))
    await _watched(argv, preview.frames, folder, reach, origins, patience, on_progress, limits, feeds(preview.graph))


def _reach(command: Sequence[str], folder: Path, output: Path, reads: Sequence[str] = ()) -> Reach:
    """Creates `output`, so that ffmpeg can be granted this file, and nothing beside it."""
    output.touch()
    return Reach(command[:1], [*reads, folder], [output])


async def _watched(
    command: Sequence[str],
    frames: int,
    folder: Path,
    reach: Reach,
    origins: Origins,
    patience: Patience,
    on_progress: OnProgress = lambda _: None,
    limits: ChildLimits = QUICK,
    fed: Mapping[str, str] | None = None,
) -> None:
    await run(
        command,
        ProgressMeter(frames, monotonic()),
        reach=reach,
        on_progress=on_progress,
        stall_after=patience.stall_after,
        deadline=patience.deadline,
        origins=origins,
        limits=replace(limits, data=patience.memory),
        cwd=folder,
        feeds=fed,
        partial=patience.partial,
    )


def _check_there(output: Path) -> None:
    if not output.exists() or not output.stat().st_size:
        raise ReelError("RC610", Loc(), "ffmpeg ended well but wrote nothing", hint=AGAIN)
