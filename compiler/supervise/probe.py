"""Probes media files in a sandboxed child, so that a hostile file can crash or stall only that child."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from compiler.errors import Loc, ReelError, raise_all
from compiler.supervise.plain import plain
from compiler.supervise.sandbox import ChildLimits, ask
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import AudioStream, Media, VideoStream

LIMITS = ChildLimits(memory=2 << 30, file=0, files=64, cpu=60)
WITHIN = 120.0
"""Seconds that one answer may take."""

AT_ONCE = 3
"""The most children at the same time."""

ROOT = str(Path(__file__).parents[2])
# Our folder goes first, so that the child runs its parent's version even if another one is installed. No other part of
# the environment is used, so that no file beside the media can shadow a module.
BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from compiler.supervise.probe_child import main; main()"
PYTHON = (sys.executable, "-I", "-B", "-c", BOOT, ROOT)

Request = tuple[Path, Loc]
NOWHERE = Loc()


def probe(path: Path, loc: Loc = NOWHERE) -> Media:
    """The file's facts; RC603 missing, RC604 unreadable, RC605 no picture, RC606 refused, each at `loc`."""
    return probe_all([(path, loc)])[path]


def probe_all(requests: Sequence[Request]) -> dict[Path, Media]:
    """The facts of every file by path, each distinct one opened once; raises all errors together, in order.

    Not for use inside a running event loop: await `probing` there.
    """
    return asyncio.run(probing(requests))


async def probing(requests: Sequence[Request]) -> dict[Path, Media]:
    """The facts of every file by path, each distinct one opened once; raises all errors together, in order."""
    turn = asyncio.Semaphore(AT_ONCE)
    wanted = dict(reversed([(path, loc) for path, loc in requests]))  # the first place that names a file reports it
    order = dict.fromkeys(path for path, _ in requests)

    async def one(path: Path) -> Media | ReelError:
        async with turn:
            try:
                return media_of(path, await question("media", path, loc=wanted[path]))
            except ReelError as error:
                return error

    found = dict(zip(order, await asyncio.gather(*map(one, order)), strict=True))
    raise_all(answer for answer in found.values() if isinstance(answer, ReelError))
    return {path: answer for path, answer in found.items() if isinstance(answer, Media)}


def frame_times(path: Path, start: SourceTime, end: SourceTime, loc: Loc = NOWHERE) -> list[SourceTime]:
    """Exact source times of the frames presented in `[start, end)`, including the frame on screen at `start`."""
    answer = asyncio.run(question("times", path, start, end, loc=loc))
    return [SourceTime(Fraction(at)) for at in answer]


async def question(name: str, path: Path, *rest: Fraction, loc: Loc) -> Any:
    """The probe child's answer to one question about a file; every failure is a coded error at `loc`."""
    _check_regular(path, loc)
    command = [*PYTHON, name, str(path.absolute()), *map(str, rest)]
    try:
        answer = await ask(command, LIMITS, WITHIN)
    except TimeoutError as error:
        raise _fault("RC604", path, loc, f"could not be read within {WITHIN:.0f} s") from error
    try:
        reply = json.loads(answer.stdout)
    except ValueError as error:
        raise _crash(path, loc, answer.exit_code, answer.stderr) from error
    if wrong := reply.get("error"):
        raise _fault(wrong["code"], path, loc, wrong["message"], wrong["detail"], wrong["hint"])
    return reply["answer"]


def _check_regular(path: Path, loc: Loc) -> None:
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            path.open("rb").close()
            return
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _fault("RC603", path, loc, "does not exist", hint="check the path; it is relative to the reel") from error
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or str(error)
        raise _fault("RC604", path, loc, "cannot be opened", what, "check the file's permissions") from error
    what = "is a folder" if stat.S_ISDIR(mode) else "is not a regular file"
    raise _fault("RC604", path, loc, what, hint="name a video file")


def _crash(path: Path, loc: Loc, exit_code: int, stderr: str) -> ReelError:
    if exit_code < 0 or "MemoryError" in stderr:
        what = "crashed its reader, or took more memory or time than is allowed"
        return _fault(
            "RC606", path, loc, what, f"the reader ended with {exit_code}", "convert the file with a trusted tool"
        )
    tail = "\n".join(stderr.strip().splitlines()[-3:])
    return ReelError("RC901", loc, "the media reader failed", detail=tail, hint="run reelc doctor")


def _fault(code: str, path: Path, loc: Loc, what: str, detail: str = "", hint: str = "") -> ReelError:
    return ReelError(
        code, loc, f'"{plain(path.name)}" {what}', detail="\n".join(map(plain, detail.splitlines())), hint=hint
    )


def media_of(path: Path, facts: Mapping[str, Any]) -> Media:
    """The media at `path`, from facts in the form of the child's answers and of `recorded`."""
    video, audio = facts["video"], facts["audio"]
    tuples = {
        "ticks": tuple(video["ticks"]),
        "crop": tuple(video["crop"]) if video.get("crop") else None,
        "reserved_tags": tuple(video.get("reserved_tags", ())),
    }
    exact = {name: Fraction(video[name]) for name in ("rate", "time_base", "first", "end", "sar")}
    heard = audio and {name: Fraction(audio[name]) for name in ("time_base", "first", "end")}
    return Media(
        path=str(path),
        format=facts["format"],
        start=Fraction(facts["start"]),
        size=facts["size"],
        earliest=Fraction(facts["earliest"]),
        notices=tuple(facts.get("notices", ())),
        unheard=tuple(facts.get("unheard", ())),
        video=VideoStream(**{**video, **exact, "start": _known(video["start"]), **tuples}),
        audio=AudioStream(**{**audio, **heard, "start": _known(audio["start"]), "speakers": tuple(audio["speakers"])})
        if audio
        else None,
    )


def _known(rational: str | None) -> Fraction | None:
    return None if rational is None else Fraction(rational)
