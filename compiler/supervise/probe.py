"""Probes media files in a sandboxed child, so that a hostile file can crash or stall only that child."""

from __future__ import annotations

import asyncio
import json
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

from compiler.errors import Loc, ReelError, detached, raise_all
from compiler.supervise.address import address_in
from compiler.supervise.children.fork_server import start_fork
from compiler.supervise.children.level import confinement
from compiler.supervise.children.reach import Reach, python_files
from compiler.supervise.children.sandbox import Answer, ChildLimits, answer_of
from compiler.supervise.plain import plain
from compiler.supervise.record import NOT_FACTS, checked_media, media_of
from compiler.supervise.remedy import convert
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import Media

LIMITS = ChildLimits(memory=2 << 30, file=0, files=64, cpu=60)
WITHIN = 120.0
"""Seconds that one answer may take."""

ANSWER = 32 << 20
"""Bytes of an answer, of which the times of three million frames take most: 14 hours at 60 frames a second."""

OWN = re.compile(r"/dev/(stdin|fd/)|/proc/")
"""Names that mean another file in each process, or none."""

LOOKED = Fraction(20)
"""Seconds of source time that are decoded for one answer; a longer span has an answer of its own."""

NAME_FILE = "name a video file"

AT_ONCE = 3
"""The most children at the same time."""

TRIES = 5
REPLACED = "try again when the program that writes it is done"
SLOW = "check that its disk or network answers, then try again"

Request = tuple[Path, Loc]
Span = tuple[SourceTime, SourceTime]
NOWHERE = Loc()


def probe(path: Path, loc: Loc = NOWHERE) -> Media:
    """The file's facts; RC603 missing, RC604 unreadable, RC605 no picture, RC606 refused, each at `loc`."""
    return probe_all([(path, loc)])[path]


def probe_all(requests: Sequence[Request]) -> dict[Path, Media]:
    """The facts of every file by path, each distinct one opened once; raises all errors together, in order.

    Not for use inside a running event loop: await `probing` there.
    """
    return asyncio.run(probing(requests))


class Known(Protocol):
    """Facts that were read before."""

    def get(self, path: Path) -> Media | None:
        """The facts of the file as it is now, if they are known."""

    def put(self, path: Path, media: Media) -> None:
        """Keep the facts of a file."""


async def probing(requests: Sequence[Request], known: Known | None = None) -> dict[Path, Media]:
    """The facts of every file by path, each distinct one opened once; raises all errors together, in order."""
    confinement()  # its error once, and not for every file
    turn = asyncio.Semaphore(AT_ONCE)
    wanted = dict(reversed([(path, loc) for path, loc in requests]))  # the first place that names a file reports it
    order = dict.fromkeys(path for path, _ in requests)

    async def one(path: Path) -> Media | ReelError:
        async with turn:
            try:
                media = known.get(path) if known else None
                if media is None:
                    found = await question("media", path, loc=wanted[path])
                    media = await _facts(path, found, wanted[path])
                    if known:
                        known.put(path, media)
                return media
            except ReelError as error:
                return detached(error)

    found = dict(zip(order, await asyncio.gather(*map(one, order)), strict=True))
    raise_all(answer for answer in found.values() if isinstance(answer, ReelError))
    return {path: answer for path, answer in found.items() if isinstance(answer, Media)}


async def looked_at_closer(media: Media, spans: Sequence[Span], loc: Loc) -> Media:
    """The facts of media that do not decode whole in spans of source time, with the times at which frames are held, and
    a warning of sound that is silent.

    Source time stays that of `media`, whatever rule it was found by.
    """
    path, held, unheard = Path(media.path), list[tuple[Fraction, Fraction]](), list[str]()
    for asked in _groups(spans):
        found = await _facts(path, await question("damaged", path, *chain.from_iterable(asked), loc=loc), loc)
        held += found.video.held
        unheard += found.unheard
    video = replace(found.video, end=media.video.end, shown=media.video.shown, held=tuple(held), looked=True)
    return replace(found, video=video, notices=media.notices, unheard=tuple(dict.fromkeys(unheard)))


def _groups(spans: Sequence[Span]) -> list[list[Span]]:
    """The spans that are decoded for one answer, which may take only so long."""
    groups: list[list[Span]] = [[]]
    for span in spans:
        if groups[-1] and sum(end - start for start, end in (*groups[-1], span)) > LOOKED:
            groups.append([])
        groups[-1].append(span)
    return groups


async def question(name: str, path: Path, *rest: Fraction, loc: Loc) -> Any:
    """The probe child's answer to one question about a file; every failure is a coded error at `loc`.

    Editors save a file by putting another one in its place. A confined child opens only the file that was there when it
    started, so the question is asked again if the file was replaced.
    """
    for _ in range(TRIES):
        before = _check_regular(path, loc)
        answer = await _asked([name, str(path.absolute()), *map(str, rest)], path, loc)
        if _check_regular(path, loc) == before:
            return await _reply(answer, path, loc)
    raise _fault("RC604", path, loc, "was replaced again and again while it was read", hint=REPLACED)


async def _asked(words: Sequence[str], path: Path, loc: Loc) -> Answer:
    child = await start_fork("facts.probe_child", words, LIMITS, Reach((), [*python_files(), path], threads=False))
    try:
        return await answer_of(child, WITHIN, ANSWER)
    except TimeoutError as error:
        raise _fault("RC604", path, loc, f"could not be read within {WITHIN:.0f} s", hint=SLOW) from error


async def _reply(answer: Answer, path: Path, loc: Loc) -> Any:
    if len(answer.stdout) > ANSWER:
        raise _fault("RC604", path, loc, "has too many frames", f"their times take more than {ANSWER} bytes")
    try:
        reply = await asyncio.to_thread(json.loads, answer.stdout)
        if wrong := reply.get("error"):
            raise fault_of(wrong, path, loc)
        return reply["answer"]
    except NOT_FACTS as error:
        raise _crash(path, loc, answer.exit_code, answer.stderr) from error


async def _facts(path: Path, found: Any, loc: Loc) -> Media:
    """The media of a child's answer, which a hostile file may have made: RC901 if it holds no facts."""
    try:
        return await asyncio.to_thread(lambda: checked_media(media_of(path, found)))
    except NOT_FACTS as error:
        raise holds_no_facts(path, loc, error) from error


def holds_no_facts(path: Path, loc: Loc, error: Exception) -> ReelError:
    """RC901 for a child's answer about a file that has not the form it should have: `error` came of reading it."""
    return _crash(path, loc, 0, f"its answer holds no facts: {type(error).__name__}")


def fault_of(wrong: Mapping[str, Any], path: Path, loc: Loc) -> ReelError:
    """The error at `loc` that a child states about a file, in the form of `ReelError.fields`; one of NOT_FACTS if the
    child, which a hostile file may have taken over, states none."""
    message, hint = plain(wrong["message"]), plain(wrong["hint"] or "")
    return _fault(wrong["code"], path, loc, message, wrong["detail"] or "", hint)


def _check_regular(path: Path, loc: Loc) -> tuple[int, int]:
    """The file's device and inode, which tell it from another one of its name."""
    if OWN.match(str(path)):
        raise _fault("RC604", path, loc, "names an open file of this process, which others do not have", hint=NAME_FILE)
    try:
        found = path.stat()
        if stat.S_ISREG(found.st_mode):
            path.open("rb").close()
            return found.st_dev, found.st_ino
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _missing(path, loc) from error
    except (OSError, ValueError) as error:
        if address_in(path):  # it may be longer than a path, and so not look like a missing one
            raise _missing(path, loc) from error
        what = getattr(error, "strerror", None) or str(error)
        hint = "check the file's permissions" if isinstance(error, PermissionError) else "check the path"
        raise _fault("RC604", path, loc, "cannot be opened", what, hint) from error
    what = "is a folder" if stat.S_ISDIR(found.st_mode) else "is not a regular file"
    raise _fault("RC604", path, loc, what, hint=NAME_FILE)


def _missing(path: Path, loc: Loc) -> ReelError:
    if address := address_in(path):
        what = f'"{plain(address.text)}" is an address, and addresses are not read here'
        return ReelError("RC603", loc, what, hint=address.hint)
    hint = "check the path; it is relative to the reel" if loc.pointer else "check the path"
    return _fault("RC603", path, loc, "does not exist", hint=hint)


def _crash(path: Path, loc: Loc, exit_code: int, stderr: str) -> ReelError:
    if exit_code < 0 or "MemoryError" in stderr:
        what = "crashed its reader, or took more memory or time than is allowed"
        hint = f"if you trust the file, convert it: {convert(path.name)}"
        return _fault("RC606", path, loc, what, f"the reader ended with {exit_code}", hint)
    tail = "\n".join(stderr.strip().splitlines()[-3:])
    return ReelError("RC901", loc, "the media reader failed", detail=tail, hint="run reelc doctor")


def _fault(code: str, path: Path, loc: Loc, what: str, detail: str = "", hint: str = "") -> ReelError:
    return ReelError(
        code, loc, f'"{plain(path.name)}" {what}', detail="\n".join(map(plain, detail.splitlines())), hint=hint
    )
