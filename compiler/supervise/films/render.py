"""Makes a film by running ffmpeg commands: run, verify, publish; on any failure nothing is left behind."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from time import monotonic

from compiler.errors import Loc, Notice, ReelError
from compiler.supervise.children.cgroup import group
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films.film import check_output, publish, refusal, workplace
from compiler.supervise.films.progress import Progress, ProgressMeter
from compiler.supervise.films.run import RENDERING, run
from compiler.supervise.films.verdict import UNKNOWN, Origins
from compiler.supervise.films.verify import Expected, verify_film

BuildCommand = Callable[[Path, Path], list[str]]
"""The argv of a step, given the folder of its files and the path of the film, which ends in `.part`, so that the argv
must state the muxer."""


FromFolder = Callable[[Path], str]
"""A file's text that depends on files of earlier steps in the folder."""


@dataclass(frozen=True, slots=True)
class RenderStep:
    """One of the ffmpeg runs that make a film, in order, in one folder: `files` are the files it reads besides the
    media, by name, and `frames` the film's frames that it makes: none for a step that measures or joins."""

    command: BuildCommand
    files: Mapping[str, str | FromFolder]
    frames: int
    origins: Origins = field(default=UNKNOWN)
    sound_alone: bool = False
    """Whether the step makes no picture."""
    notice: Callable[[Path], Notice | None] = field(default=lambda _: None)
    """A warning that is known only after the step has run."""
    feeds: Mapping[str, str] = field(default_factory=dict)
    """The specs of straightened inputs, by the names of their FIFOs."""
    reads: Sequence[str] = ()
    """The files outside the folder that ffmpeg may read: the media that it opens itself."""


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
) -> Film:
    """Render the film to `output`, complete and as predicted; on a coded error `output` stays untouched.

    The unfinished film is in the folder of the steps, which is beside `output`, since the parts of a film are as large
    as the film. With a `cgroup`, all children together are in a group below it.
    """
    check_output(output, overwrite)
    meter = ProgressMeter(expected.frames, monotonic())
    with workplace(output) as (folder, part), group(cgroup, limits.data) as place:
        made, notices = 0, list[Notice]()
        for step in steps:
            listening = expected.fps if step.sound_alone else None
            meter.begin(made if step.frames else 0, listening, counting=bool(step.frames), now=monotonic())
            _write(step.files, folder, output)
            command = step.command(folder, part)
            await run(
                command,
                meter,
                reach=Reach(command[:1], step.reads, [folder], group=place),
                on_progress=on_progress,
                stall_after=stall_after,
                deadline=deadline,
                origins=step.origins,
                limits=limits,
                cwd=folder,
                feeds=step.feeds,
            )
            made += step.frames
            notices += filter(None, [step.notice(folder)])
        on_progress(Progress("verifying", expected.frames, expected.frames, monotonic() - meter.started))
        await _verify(part, expected)
        size_bytes, sha256 = part.stat().st_size, await asyncio.to_thread(_sha256, part)
        publish(part, output, overwrite)
    return Film(output, expected.frames, expected.frames / expected.fps, size_bytes, sha256, tuple(notices))


def _write(files: Mapping[str, str | FromFolder], folder: Path, output: Path) -> None:
    try:
        for name, text in files.items():
            (folder / name).write_text(text if isinstance(text, str) else text(folder), encoding="utf-8")
    except OSError as error:
        raise refusal(output, error) from error


async def _verify(part: Path, expected: Expected) -> None:
    if not part.exists():
        raise ReelError("RC610", Loc(), "ffmpeg ended well but wrote no film", hint="run reelc doctor")
    await verify_film(part, expected)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
