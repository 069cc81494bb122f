"""Fits the costs of forecasts on this machine, by a few short runs of ffmpeg, and keeps them for later commands."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

from compiler.costs import BUILT_IN, Costs
from compiler.errors import Loc, ReelError
from compiler.ir.build import Build
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.sandbox import ENVIRONMENT, ChildLimits, launcher
from compiler.supervise.machine import processors, user_cache
from compiler.supervise.plain import plain
from compiler.supervise.small_files import put_text, text_of
from compiler.supervise.temporary import temporary_folder

FRAMES, SECONDS = 60, 60
"""Frames of 1080p that are decoded, drawn and encoded, and seconds of sound that are made."""

PICTURE = "testsrc2=size=1920x1080:rate=30,noise=alls=8:allf=t,format=yuv420p,trim=end_frame="
SOUND = "sine=frequency=330:sample_rate=48000:duration="
DRAWN = "crop=608:1080:x='mod(n,64)*2',scale=1080:1920:flags=bicubic+accurate_rnd+full_chroma_int"
MEGAPIXELS = 1920 * 1080 / 1e6
"""Of a frame of the source, and of the canvas that is drawn and encoded."""

CODED = ("-c:v", "libx264", "-preset", "medium", "-crf", "20", "-threads:v", "4")
QUIET = ("-nostdin", "-hide_banner", "-v", "error", "-y")
NOWHERE = ("-f", "null", "-")


def calibrate(build: Build, frames: int = FRAMES, seconds: int = SECONDS) -> Costs:
    """Measure the costs of work on this machine, which takes some 15 seconds of processor time.

    RC607 if ffmpeg fails, or if a longer piece of work took less time than a part of it.
    """
    with temporary_folder() as folder:
        source = folder / "source.mp4"
        _cost(
            build,
            source,
            "-f",
            "lavfi",
            "-i",
            f"{PICTURE}{frames}",
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            str(source),
        )
        start = _cost(build, source, "-f", "lavfi", "-i", "color=s=16x16:d=0.04", *NOWHERE)
        heard = _cost(build, source, "-f", "lavfi", "-i", f"{SOUND}{seconds}", "-ac", "2", "-c:a", "aac", *NOWHERE)
        read = ("-threads", "2", "-i", str(source))
        decoded = _cost(build, source, *read, *NOWHERE)
        drawn = _cost(build, source, *read, "-vf", DRAWN, *NOWHERE)
        encoded = _cost(build, source, *read, "-vf", DRAWN, *CODED, *NOWHERE)
    return replace(
        BUILT_IN,
        start=start,
        decoding=_per(decoded - start, frames * MEGAPIXELS),
        drawing=_per(drawn - decoded, frames * MEGAPIXELS),
        encoding=_per(encoded - drawn, frames * MEGAPIXELS),
        hearing=_per(heard - start, seconds),
        processors=processors(),
    )


def known_costs() -> Costs:
    """The costs that were fitted on this machine, or the built-in ones with this machine's number of processors."""
    return kept_costs() or replace(BUILT_IN, processors=processors())


def kept_costs() -> Costs | None:
    """The costs that were fitted on this machine; None if there are none, or if their file is damaged."""
    try:
        stored = json.loads(text_of(costs_path()))
        costs = Costs(**{field.name: stored[field.name] for field in fields(Costs)})
        return costs if all(value > 0 for value in asdict(costs).values()) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(costs: Costs) -> None:
    """Keep costs for later commands; RC612 if their file cannot be written."""
    path = costs_path()
    try:
        put_text(path, json.dumps({"costs": 1, **asdict(costs)}))
    except OSError as error:
        what = f'"{plain(str(path))}" cannot be written: {error.strerror}'
        raise ReelError("RC612", Loc(), what, hint="choose another folder in XDG_CACHE_HOME") from error


def costs_path() -> Path:
    """The file of the costs that were fitted: `$XDG_CACHE_HOME/reelc/costs.json`."""
    return user_cache("costs.json")


def _per(seconds: float, units: float) -> float:
    if seconds > 0:
        return seconds / units
    raise ReelError("RC607", Loc(), "the costs of this machine cannot be told apart", hint="repeat it while it is idle")


def _cost(build: Build, source: Path, *words: str) -> float:
    """The seconds of processor time of one run of ffmpeg."""
    command = [build.path, *QUIET, *words]
    reach = Reach(command[:1], [], [source.parent])
    child = subprocess.Popen(
        launcher(command, ChildLimits(nice=0), reach),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    _check(child.returncode, command)
    return used.ru_utime + used.ru_stime


def _check(exit_code: int, command: Sequence[str]) -> None:
    if exit_code:
        detail = f"exit code {exit_code}: {' '.join(command[1:])}"
        raise ReelError("RC607", Loc(), "ffmpeg failed at a calibration", detail=detail, hint="run reelc doctor")
