"""Makes a film by running ffmpeg commands: run, verify, publish; on any failure nothing is left behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor
from pathlib import Path
from time import monotonic

from compiler.errors import Loc, Notice, ReelError
from compiler.supervise.children.cgroup import group
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.reads import Partial
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films.film import check_output, publish, refusal, workplace
from compiler.supervise.films.film_meter import FilmMeter
from compiler.supervise.films.identity_tag import sha256_without_tag, write_tag
from compiler.supervise.films.kept import Content, Kept, KeptUnits
from compiler.supervise.films.progress import Progress, ProgressMeter
from compiler.supervise.films.run import RENDERING, run
from compiler.supervise.films.side_by_side import Side, side_by_side
from compiler.supervise.films.verdict import KILLED, OUT_OF_MEMORY, UNKNOWN, Origins
from compiler.supervise.films.verify import Expected, verify_film
from compiler.supervise.unit_cache import content_of
from compiler.timeline.instant import SAMPLE_RATE

BuildCommand = Callable[[Path, Path], list[str]]
"""The argv of a step, given the folder of its files and the path of the film, which ends in `.part`, so that the argv
must state the muxer."""

ALONE = Side(1, 1 << 62)
"""One step after the other."""

FromFolder = Callable[[Path], str]
"""A file's text that depends on files of earlier steps in the folder."""


@dataclass(frozen=True, slots=True)
class RenderStep:
    """One of the ffmpeg runs that make a film: `files` are the files it reads besides the media, by name, and `frames`
    the film's frames that it makes: none for a step that measures or joins."""

    command: BuildCommand
    files: Mapping[str, str | FromFolder]
    frames: int
    origins: Origins = field(default=UNKNOWN)
    sound_alone: bool = False
    """Whether the step makes no picture."""
    notice: Callable[[Path], Notice | None] = field(default=lambda _: None)
    """A warning that is known only after the step has run, from what it made."""
    reported: bool = False
    """Whether the warning depends on what the step made."""
    feeds: Mapping[str, str] = field(default_factory=dict)
    """The specs of straightened inputs, by the names of their FIFOs."""
    reads: Sequence[str] = ()
    """The files outside the folder that ffmpeg may read: the media that it opens itself."""
    made: str | None = None
    """The name of the file that the step makes in the folder; None for the film."""
    samples: int | None = None
    """The samples of sound that the step makes, where it makes sound alone."""
    identity: Callable[[Content], str] | None = None
    """The identity of what the step makes, given the contents of files; None for what is made anew each time."""
    independent: bool = False
    """Whether it needs nothing that earlier steps make, so that it is made beside them, in a folder of its own."""
    memory: int = 0
    """The forecast of its memory, MiB."""
    weight: float = 1.0
    """Its work in seconds, by the forecast."""

    @property
    def opens(self) -> Sequence[str]:
        """The media that the step depends on, read by ffmpeg or by reelc's own reader."""
        return (*self.reads, *(json.loads(spec)["path"] for spec in self.feeds.values()))

    def complete(self, meter: ProgressMeter, fps: Fraction) -> bool:
        """Whether the step made all that it was to make, by what ffmpeg said."""
        heard = 0 if self.samples is None else floor(Fraction(self.samples, SAMPLE_RATE) * fps)
        return meter.heard >= heard and (not self.frames or meter.frame >= meter.before + self.frames)


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
) -> Film:
    """Render the film to `output`, complete and as predicted; on a coded error `output` stays untouched.

    The unfinished film is in the folder of the steps, which is beside `output`, since the parts of a film are as large
    as the film. With a `cgroup`, all children together are in a group below it. Where `limits` bound the memory, each
    of the steps that run at once has a share of it. `tagging` is asked once the film is made, by the hash of its bytes,
    for the tag that it gets. What is read of `partial` files is filled first.
    """
    check_output(output, overwrite)
    kept = Kept(cache, steps)
    await kept.look()
    rest = (on_progress, stall_after, deadline, limits, cgroup, side, tagging, partial)
    making = _Making(steps, output, expected, kept, *rest)
    try:
        film = await making.film(overwrite)
    except ReelError as error:
        if error.code != "RC610":
            raise
        await kept.forget()
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

    def own(self, number: int) -> Path:
        """The folder of one step alone."""
        return self.folder / f"step-{number}"


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

    async def film(self, overwrite: bool) -> Film:
        """The verified film under its final name."""
        expected = self.expected
        meter = FilmMeter(self.steps, expected.frames, expected.fps, monotonic())
        with workplace(self.output) as (folder, part), group(self.cgroup, self.limits.data) as place:
            if whole := await self.kept.take_film(folder, part):
                meter.take_film()
            else:
                await self._make(meter, FilmFolder(folder, part, place))
            await asyncio.to_thread(self._tag, part)
            notices = tuple(filter(None, (step.notice(folder) for step in self.steps)))
            self.on_progress(replace(meter.at(monotonic()), stage="verifying", frame=expected.frames, work=1, eta=None))
            await _verify(part, expected)
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

        async def one(number: int, memory: int) -> None:
            await self._step(number, meter, place, memory)
            done.add(number)

        try:
            await side_by_side(self.steps, self.side, one)
        except ReelError as error:
            if self.side.jobs == 1 or error.message not in (OUT_OF_MEMORY, KILLED):
                raise
            await side_by_side(self.steps, replace(self.side, jobs=1), one, done)

    async def _step(self, number: int, meter: FilmMeter, place: FilmFolder, memory: int) -> None:
        step = self.steps[number]
        following = meter.begin(number, monotonic())
        taken = await self.kept.take(number, place.folder)
        if not taken:
            own = place.own(number) if step.independent else place.folder
            _write(step.files, own, self.output)
            await self._run(step, following, meter, replace(place, folder=own), memory)
            if step.made is not None and own != place.folder:
                _move(own / step.made, place.folder, self.output)
            if step.made is not None and step.complete(following, self.expected.fps):
                await self.kept.keep(number, place.folder / step.made)
        meter.end(number, taken=taken)
        self.on_progress(meter.at(monotonic()))

    async def _run(
        self, step: RenderStep, following: ProgressMeter, meter: FilmMeter, place: FilmFolder, memory: int
    ) -> None:
        command, data = step.command(place.folder, place.part), self.limits.data
        await run(
            command,
            following,
            reach=Reach(command[:1], step.reads, [place.folder], group=place.group),
            on_progress=lambda _: self.on_progress(meter.at(monotonic())),
            stall_after=self.stall_after,
            deadline=self.deadline,
            origins=step.origins,
            limits=replace(self.limits, data=None if data is None else min(data, memory)),
            cwd=place.folder,
            feeds=step.feeds,
            partial=self.partial,
        )


def _write(files: Mapping[str, str | FromFolder], folder: Path, output: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text if isinstance(text, str) else text(folder), encoding="utf-8")
    except OSError as error:
        raise refusal(output, error) from error


def _move(made: Path, folder: Path, output: Path) -> None:
    """Move what a step made in its own folder to where other steps find it."""
    _check_written(made)
    try:
        made.rename(folder / made.name)
    except OSError as error:
        raise refusal(output, error) from error


def _check_written(file: Path) -> None:
    if not file.exists():
        raise ReelError("RC610", Loc(), "ffmpeg ended well but wrote no film", hint="run reelc doctor")


async def _verify(part: Path, expected: Expected) -> None:
    _check_written(part)
    await verify_film(part, expected)
