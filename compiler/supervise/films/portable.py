"""Writes steps of a film as units, without anything of this machine, and takes what became of them."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from compiler.errors import Loc, ReelError
from compiler.supervise.films.kept import Content
from compiler.supervise.films.progress import ProgressMeter
from compiler.supervise.films.step import RenderStep
from compiler.supervise.films.unit import (
    FFMPEG,
    FOLDER,
    Executor,
    Input,
    MadeBy,
    OnEvent,
    PlainOrigins,
    PortableUnit,
    UnitEvent,
    UnitResult,
    media,
)

FILM = "film.part"
"""The name of a film that is made as one unit."""

LATE = 5.0
"""Seconds after the deadline in which the machine itself may say so."""

FETCHES = 3
"""Times that a unit is made which is gone before it is fetched."""

_NAMED = re.compile(r"@([^\s=\[\],;:']+)")
"""The names of filter instances in a script."""


class Depot(Protocol):
    """Where a film's media are for the machines that make its units, and where what they make comes from."""

    async def input_of(self, path: str, *, read: bool) -> Input:
        """A media file as an input, which every machine can get."""

    def output(self, key: str) -> str:
        """The object key of what a unit of this key becomes, without the hash of its bytes."""

    async def fetch(self, result: UnitResult, target: Path) -> bool:
        """Copy what a unit became to `target`; False if it is gone, so that it has to be made again."""

    async def forget(self, keys: Sequence[str]) -> None:
        """Delete what units of these keys became: the film is wrong."""


@dataclass(frozen=True, slots=True)
class Farm:
    """Machines that make the units of a film."""

    executor: Executor
    depot: Depot
    content: Content | None = None
    """The content of the film's files."""
    made_by: MadeBy | None = None
    """What makes units there, as their keys suppose; None for this process."""
    owner: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What the units of one film have in common."""

    frames: int
    fps: Fraction
    stall_after: float
    deadline: float | None
    farm: Farm


async def unit_of(
    step: RenderStep, name: str, key: str, following: ProgressMeter, terms: Terms, data: int | None
) -> PortableUnit:
    """A step as a unit, whose ffmpeg may have `data` bytes of memory; `following` is its meter."""
    farm, depot = terms.farm, terms.farm.depot
    opened = list(dict.fromkeys(step.opens))
    specs = {fifo: json.loads(spec) for fifo, spec in step.feeds.items()}
    numbers = {path: number for number, path in enumerate(opened)}
    files = {file: text for file, text in step.files.items() if isinstance(text, str)}
    made = step.made or FILM
    return PortableUnit(
        key=key,
        name=name,
        output=depot.output(key),
        argv=_argv(step.command(Path(FOLDER), Path(FOLDER, made)), numbers, farm.made_by is not None),
        files=files,
        feeds={fifo: {**spec, "path": media(numbers[spec["path"]])} for fifo, spec in specs.items()},
        inputs=tuple([await depot.input_of(path, read=path in step.reads) for path in opened]),
        made=made,
        origins=_plain_origins(step, files, numbers),
        film_frames=terms.frames,
        before=following.before,
        frames=step.frames,
        heard=step.length(terms.fps),
        listening=None if following.listening is None else str(following.listening),
        made_by=farm.made_by,
        memory=step.memory,
        seconds=step.weight,
        owner=farm.owner,
        priority=farm.priority,
        stall_after=terms.stall_after,
        deadline=terms.deadline,
        elapsed=max(0.0, following.advanced - following.started),
        data=data,
        attempt=uuid.uuid4().hex,
    )


def is_portable(step: RenderStep, alone: bool) -> bool:
    """Whether a step can be a unit: it needs nothing of other steps."""
    return (step.independent or alone) and all(isinstance(text, str) for text in step.files.values())


def following_events(following: ProgressMeter, on_progress: Callable[[], None]) -> OnEvent:
    """Moves a step's meter as its unit says, and calls `on_progress` each time."""

    def on_event(event: UnitEvent) -> None:
        if event.kind == "progress":
            following.move(event.frame, event.heard, event.speed)
            on_progress()

    return on_event


async def made_and_fetched(farm: Farm, unit: PortableUnit, target: Path, on_event: OnEvent) -> UnitResult:
    """Have a unit made, and copy it to `target`; OSError if the file cannot be written.

    What others make room for, or what is damaged, is made again.
    """
    for _ in range(FETCHES):
        result = await run_within(farm.executor, unit, on_event)
        if await farm.depot.fetch(result, target):
            return result
    message = f"a unit was gone from the store {FETCHES} times before it was fetched"
    raise ReelError("RC803", Loc(), message, hint="give the store, or the user, more room for units")


async def run_within(executor: Executor, unit: PortableUnit, on_event: OnEvent) -> UnitResult:
    """Have a unit made within the film's deadline, of which a machine that is lost, or never came, knows nothing."""
    left = None if unit.deadline is None else max(0.0, unit.deadline - unit.elapsed) + LATE
    try:
        async with asyncio.timeout(left) as bound:
            return await executor.run(unit, on_event)
    except TimeoutError as error:
        if not bound.expired():
            raise
        what = f"the render took longer than {unit.deadline:g} s and was stopped"
        hint = "allow more time, or render a shorter reel"
        raise ReelError("RC609", Loc(), what, detail="a unit was waiting for a worker", hint=hint) from error


def _argv(command: Sequence[str], numbers: Mapping[str, int], travels: bool) -> tuple[str, ...]:
    """The words of a command with placeholders for the media, and for the program if it `travels`."""
    inputs = {f"file:{path}": f"file:{media(number)}" for path, number in numbers.items()}
    return FFMPEG if travels else command[0], *(inputs.get(word, word) for word in command[1:])


def _plain_origins(step: RenderStep, files: Mapping[str, Any], numbers: Mapping[str, int]) -> PlainOrigins:
    """The origins of what the unit has: a film's values are far more than those of one unit."""
    origins = step.origins
    names = {name for text in files.values() for name in _NAMED.findall(text)}
    return PlainOrigins(
        {name: _place(origins.filters[name]) for name in sorted(names) if name in origins.filters},
        tuple(map(_place, origins.inputs)),
        {str(numbers[path]): _place(loc) for path, loc in origins.paths.items() if path in numbers},
    )


def _place(loc: Loc) -> tuple[str | None, str]:
    return loc.clip, loc.pointer
