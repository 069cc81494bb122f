"""Makes a film by running ffmpeg commands: run, verify, publish; on any failure nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from time import monotonic
from typing import Any

from compiler.errors import Notice, ReelError
from compiler.supervise.children.cgroup import group
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.reads import Partial
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films.film import check_output, check_written, publish, refusal, to_be_made, workplace
from compiler.supervise.films.film_meter import FilmMeter
from compiler.supervise.films.identity_tag import sha256_without_tag, write_tag
from compiler.supervise.films.kept import Kept, KeptUnits
from compiler.supervise.films.local import InPlace, Local
from compiler.supervise.films.portable import Farm, Terms, following_events, is_portable, made_and_fetched, unit_of
from compiler.supervise.films.progress import Progress, ProgressMeter
from compiler.supervise.films.run import RENDERING, run
from compiler.supervise.films.run_unit import Machine
from compiler.supervise.films.short import ShortUnit, explained
from compiler.supervise.films.side_by_side import Side, side_by_side
from compiler.supervise.films.step import FromFolder, RenderStep
from compiler.supervise.films.verdict import KILLED, OUT_OF_MEMORY
from compiler.supervise.films.verify import Expected, verify_film
from compiler.supervise.unit_cache import State, content_of

UNREADABLE = frozenset({"RC604", "RC607"})
"""The codes of the failures of an ffmpeg that cannot read its input."""

ALONE = Side(1, 1 << 62)
"""One step after the other."""


@dataclass(frozen=True, slots=True)
class Film:
    """A verified film under its final name."""

    path: Path
    frames: int
    duration: Fraction
    """Seconds."""
    size_bytes: int
    sha256: str
    notices: tuple[Notice, ...] = ()
    """Warnings that are known only after rendering."""
    kept: int = 0
    """The number of frames that were taken from the cache."""
    identity: str | None = None
    """The hash of all that decides its bytes; None if its media changed while it was rendered."""


async def render(
    steps: Sequence[RenderStep],
    output: Path,
    expected: Expected,
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    overwrite: bool = False,
    stall_after: float = 60,
    deadline: float | None = None,
    limits: ChildLimits = RENDERING,
    cgroup: Path | None = None,
    cache: KeptUnits | None = None,
    tagging: Callable[[str], bytes | None] = lambda _: None,
    side: Side = ALONE,
    partial: Partial | None = None,
    farm: Farm | None = None,
    reading: Future[Any] | None = None,
    states: Mapping[str, State] | None = None,
) -> Film:
    """Render the film to `output`, complete and as predicted; on a coded error `output` stays untouched.

    The unfinished film is in the folder of the steps, which is beside `output`, since the parts of a film are as large
    as the film. With a `cgroup`, all children together are in a group below it. Where `limits` bound the memory, each
    of the steps that run at once has a share of it. `tagging` is asked once the film is made, by the hash of its bytes,
    for the tag that it gets. What is read of `partial` files is filled first. With a `farm`, steps that need no others
    are made there, and `side` does not bound them. `reading` ends when the contents of the media are known: `tagging`
    waits for that, and so does the `cache`, which keeps nothing of files that do not stay in their `states`.
    """
    check_output(output, overwrite)
    kept = Kept(cache, steps, farm.content if farm else None, reading, states)
    await kept.look()
    side = Side(len(steps), ALONE.memory) if farm else side
    rest = (on_progress, stall_after, deadline, limits, cgroup, side, tagging, partial, farm, reading)
    making = _Making(steps, output, expected, kept, *rest)
    try:
        film = await making.film(overwrite)
    except ReelError as error:
        if making.short or (error.code != "RC610" and not kept.doubted):
            raise
        await kept.forget()
        if farm:
            await farm.depot.forget([*kept.keys.values()])
        if not kept.taken:
            raise
        film = await making.film(overwrite)  # what was taken may have been wrong
    return replace(film, notices=(*film.notices, *kept.notices))


@dataclass(frozen=True, slots=True)
class FilmFolder:
    """Where a film is made: the folder of what its steps make, the unfinished film, and the group of all children."""

    folder: Path
    part: Path
    group: Path | None


@dataclass(frozen=True, slots=True)
class _Making:
    """The making of one film from its steps."""

    steps: Sequence[RenderStep]
    output: Path
    expected: Expected
    kept: Kept
    on_progress: Callable[[Progress], None]
    stall_after: float
    deadline: float | None
    limits: ChildLimits
    cgroup: Path | None
    side: Side
    tagging: Callable[[str], bytes | None]
    partial: Partial | None
    farm: Farm | None
    reading: Future[Any] | None
    short: list[ShortUnit] = field(default_factory=list)
    frames_made: list[int] = field(default_factory=list)
    """The frames that ffmpeg said it made, of a film that is made in one go."""

    async def film(self, overwrite: bool) -> Film:
        """The verified film under its final name."""
        expected = self.expected
        meter = FilmMeter(self.steps, expected.frames, expected.fps, monotonic())
        with workplace(self.output) as (folder, part), group(self.cgroup, self.limits.data) as place:
            async with self.kept.keeping():
                if whole := await self._written(self.kept.take_film(folder, part)):
                    meter.take_film()
                else:
                    await self._make(meter, FilmFolder(folder, part, place))
                notices = tuple(filter(None, (step.notice(folder) for step in self.steps)))
                self.on_progress(
                    replace(meter.at(monotonic()), stage="verifying", frame=expected.frames, work=1, eta=None)
                )
                if self.reading is not None:
                    await asyncio.wait([asyncio.wrap_future(self.reading)])
                await asyncio.to_thread(self._tag, part)
                await self.kept.settle()
                try:
                    await _verify(part, expected, self.frames_made[-1] if self.frames_made else None)
                except ReelError as error:
                    if not self.short:
                        raise
                    raise explained(error, self.short) from error
                if not whole:
                    await self.kept.keep(len(self.steps) - 1, part)
                size_bytes, sha256 = part.stat().st_size, await asyncio.to_thread(content_of, str(part))
                publish(part, self.output, overwrite)
        length = expected.frames / expected.fps
        return Film(self.output, expected.frames, length, size_bytes, sha256, notices, meter.kept)

    def _tag(self, part: Path) -> None:
        if not part.exists():  # the verification says so
            return
        try:
            if (tag := self.tagging(sha256_without_tag(part))) is not None:
                write_tag(part, tag)
        except ValueError:  # the file is no film, which the verification says
            return
        except OSError as error:
            raise refusal(self.output, error) from error

    async def _make(self, meter: FilmMeter, place: FilmFolder) -> None:
        """Make all steps; those that had too little memory beside others are made again one after the other."""
        done: set[int] = set()
        here = self._here(place)

        async def one(number: int, memory: int) -> None:
            await self._step(number, meter, place, here, memory)
            done.add(number)

        try:
            await side_by_side(self.steps, self.side, one)
        except ReelError as error:
            if self.side.jobs == 1 or error.message not in (OUT_OF_MEMORY, KILLED):
                raise
            await side_by_side(self.steps, replace(self.side, jobs=1), one, done)

    def _here(self, place: FilmFolder) -> Farm:
        """This process as the machine that makes units, in the film's folder."""
        files = InPlace(place.folder, self.output, self.partial)
        limits = replace(self.limits, data=None)  # each unit states its share
        machine = Machine(files, "", files.workplace, limits=limits, group=place.group, film=self.output)
        return Farm(Local(machine, self.side.jobs), files)

    async def _step(self, number: int, meter: FilmMeter, place: FilmFolder, here: Farm, memory: int) -> None:
        step = self.steps[number]
        following = meter.begin(number, monotonic())
        taken = await self._written(self.kept.take(number, place.folder))
        if not taken:
            if is_portable(step, alone=self.farm is not None and len(self.steps) == 1):
                complete = await self._made(number, following, meter, place, here, memory)
            else:
                _write(step.files, place.folder, self.output)
                await self._run_after_others(step, following, meter, place, memory)
                complete = step.complete(following, self.expected.fps)
            if not complete and step.independent:
                self.short.append(ShortUnit(step, following.frame - following.before))
            if step.made is None and step.frames:
                self.frames_made.append(following.frame)
            if step.made is not None and complete:
                await self.kept.keep(number, place.folder / step.made)
        meter.end(number, taken=taken)
        self.on_progress(meter.at(monotonic()))

    async def _made(
        self, number: int, following: ProgressMeter, meter: FilmMeter, place: FilmFolder, here: Farm, memory: int
    ) -> bool:
        """Have a step made as a unit, and fetch what it became; whether that is all that it was to make.

        Without a key, which a file that cannot be read leaves it without, it is made here, and fails as it should.
        """
        step, key = self.steps[number], self.kept.keys.get(number)
        farm, data = (self.farm, self.limits.data) if self.farm and key else (here, self._share(memory))
        terms = Terms(self.expected.frames, self.expected.fps, self.stall_after, self.deadline, farm)
        unit = await unit_of(step, f"step-{number}", key or "", following, terms, data)
        on_event = following_events(following, lambda: self.on_progress(meter.at(monotonic())))
        target = place.part if step.made is None else place.folder / step.made
        try:
            result = await made_and_fetched(farm, unit, target, on_event)
        except OSError as error:
            raise refusal(self.output, error) from error
        self.kept.taken = self.kept.taken or result.found
        return result.complete

    async def _written(self, taking: Awaitable[bool]) -> bool:
        """Whether something was taken from the cache; RC611 or RC612 if it cannot be written beside the film."""
        try:
            return await taking
        except OSError as error:
            raise refusal(self.output, error) from error

    def _share(self, memory: int) -> int | None:
        """The bytes of memory of a step that is made here."""
        return None if self.limits.data is None else min(self.limits.data, memory)

    async def _run_after_others(
        self, step: RenderStep, following: ProgressMeter, meter: FilmMeter, place: FilmFolder, memory: int
    ) -> None:
        """Run a step that reads what others made, which is in doubt if ffmpeg cannot read it."""
        try:
            await self._run(step, following, meter, place, memory)
        except ReelError as error:
            self.kept.doubted = self.kept.doubted or error.code in UNREADABLE
            raise

    async def _run(
        self, step: RenderStep, following: ProgressMeter, meter: FilmMeter, place: FilmFolder, memory: int
    ) -> None:
        command = step.command(place.folder, place.part)
        made = to_be_made(place.part if step.made is None else place.folder / step.made, self.output)
        await run(
            command,
            following,
            reach=Reach(command[:1], [*step.reads, place.folder], [made], group=place.group),
            on_progress=lambda _: self.on_progress(meter.at(monotonic())),
            stall_after=self.stall_after,
            deadline=self.deadline,
            origins=step.origins,
            limits=replace(self.limits, data=self._share(memory)),
            cwd=place.folder,
            feeds=step.feeds,
            partial=self.partial,
        )


def _write(files: Mapping[str, str | FromFolder], folder: Path, output: Path) -> None:
    try:
        for name, text in files.items():
            (folder / name).write_text(text if isinstance(text, str) else text(folder), encoding="utf-8")
    except OSError as error:
        raise refusal(output, error) from error


async def _verify(part: Path, expected: Expected, frames_made: int | None) -> None:
    check_written(part)
    await verify_film(part, expected, frames_made)
