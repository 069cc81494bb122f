"""Makes one unit, on whichever machine: fetches its inputs, runs ffmpeg, and publishes what it made."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Protocol

from compiler.errors import Loc, ReelError
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.reads import Partial
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films.film import refusal, to_be_made
from compiler.supervise.films.progress import Progress
from compiler.supervise.films.run import RENDERING, run
from compiler.supervise.films.unit import (
    FFMPEG,
    FOLDER,
    MADE_BY_ANOTHER,
    VERSION,
    MadeBy,
    OnEvent,
    PortableUnit,
    UnitEvent,
    UnitResult,
    media,
    other_version,
)
from compiler.supervise.films.verdict import Origins

_MEDIA = re.compile("\0media (\\d+)\0")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The media of a unit on this machine: a path for each input, in order, and those of them that have holes."""

    paths: Sequence[str]
    partial: Partial | None = None


class UnitStore(Protocol):
    """Where a machine finds the inputs of units, and publishes what it makes."""

    async def find(self, unit: PortableUnit) -> UnitResult | None:
        """What an earlier attempt made; None if there is nothing."""

    def inputs(self, unit: PortableUnit, folder: Path) -> AbstractAsyncContextManager[Inputs]:
        """The unit's media, which stay inside the context; further files may be put into the unit's folder."""

    async def publish(self, unit: PortableUnit, made: Path, complete: bool) -> UnitResult:
        """Publish a file under the unit's key, unless another attempt already has."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a unit meets where it is made."""

    store: UnitStore
    ffmpeg: str
    """The path of the program."""
    workplace: Callable[[PortableUnit], AbstractContextManager[Path]]
    """The folder of a unit, and of nothing else, inside the context."""
    made_by: Callable[[], MadeBy] | None = None
    """What makes units here, at the moment; None for the process that wrote the unit."""
    limits: ChildLimits = RENDERING
    group: Path | None = None
    name: str = ""
    film: Path = Path("unit")
    """The file that errors of the disk name."""


async def run_unit(unit: PortableUnit, machine: Machine, on_event: OnEvent) -> UnitResult:
    """Make a unit and publish it; ReelError, and what the store raises. RC802 where its bytes might differ, also
    because ffmpeg was replaced while it was made."""
    await asyncio.to_thread(_check, unit, machine)
    begun = monotonic()
    if (found := await machine.store.find(unit)) is not None:
        return found
    on_event(UnitEvent("begun", worker=machine.name))
    with machine.workplace(unit) as folder:
        _write(unit, folder, machine.film)
        async with machine.store.inputs(unit, folder) as inputs:
            complete = await _run(unit, machine, folder, inputs, on_event)
        await asyncio.to_thread(_check, unit, machine)
        result = await machine.store.publish(unit, folder / unit.made, complete)
    return replace(result, seconds=monotonic() - begun)


def _check(unit: PortableUnit, machine: Machine) -> None:
    """RC802 for a unit of another reelc, ffmpeg or processor: what is made here would not be what its key says."""
    if unit.version != VERSION:
        raise other_version(unit.version)
    if machine.made_by is None:
        return
    try:
        here = machine.made_by()
        different = ["everything"] if unit.made_by is None else unit.made_by.differences(here)
    except OSError:  # an update takes its files away before it brings the new ones
        different = ["ffmpeg"]
    if different:
        message = f'the worker "{machine.name}" would make other bytes'
        raise ReelError("RC802", Loc(), message, detail=f"differs: {', '.join(different)}", hint=MADE_BY_ANOTHER)


def _write(unit: PortableUnit, folder: Path, film: Path) -> None:
    try:
        for name, text in unit.files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise refusal(film, error) from error


async def _run(unit: PortableUnit, machine: Machine, folder: Path, inputs: Inputs, on_event: OnEvent) -> bool:
    """Run the unit's ffmpeg; whether it made all that it was to make."""
    command, meter = _command(unit, machine.ffmpeg, folder, inputs), unit.meter(monotonic())
    read = [path for path, each in zip(inputs.paths, unit.inputs, strict=True) if each.read]
    made = to_be_made(folder / unit.made, machine.film)

    def on_progress(_: Progress) -> None:
        on_event(UnitEvent("progress", meter.frame, meter.heard, meter.speed, machine.name))

    await run(
        command,
        meter,
        reach=Reach(command[:1], [*read, folder], [made], group=machine.group),
        on_progress=on_progress,
        stall_after=unit.stall_after,
        deadline=unit.deadline,
        origins=_origins(unit, inputs),
        limits=replace(machine.limits, data=_least(unit.data, machine.limits.data)),
        cwd=folder,
        feeds=_feeds(unit, inputs),
        partial=inputs.partial,
    )
    return unit.complete(meter)


def _command(unit: PortableUnit, ffmpeg: str, folder: Path, inputs: Inputs) -> list[str]:
    def of_input(found: re.Match[str]) -> str:
        return inputs.paths[int(found[1])]

    return [_MEDIA.sub(of_input, word.replace(FFMPEG, ffmpeg).replace(FOLDER, str(folder))) for word in unit.argv]


def _feeds(unit: PortableUnit, inputs: Inputs) -> Mapping[str, str]:
    paths = {media(number): path for number, path in enumerate(inputs.paths)}
    return {name: json.dumps({**spec, "path": paths[spec["path"]]}) for name, spec in unit.feeds.items()}


def _origins(unit: PortableUnit, inputs: Inputs) -> Origins:
    plain = unit.origins
    return Origins(
        {name: Loc(*place) for name, place in plain.filters.items()},
        tuple(Loc(*place) for place in plain.inputs),
        {inputs.paths[int(number)]: Loc(*place) for number, place in plain.paths.items()},
    )


def _least(one: int | None, other: int | None) -> int | None:
    """The stricter of two limits."""
    return other if one is None else one if other is None else min(one, other)
