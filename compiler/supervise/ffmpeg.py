"""Finds the ffmpeg to use, its release and abilities, and checks that it has what every film needs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypedDict

from compiler.errors import Loc, ReelError
from compiler.ir.build import Build as Build
from compiler.supervise.children.reach import FOUND_BY_LOADERS, Reach, loader_of
from compiler.supervise.children.sandbox import ENVIRONMENT, ChildLimits, launcher
from compiler.supervise.machine import user_cache
from compiler.supervise.small_files import keep_newest, put_sealed, sealed_text

VARIABLE = "REELC_FFMPEG"
"""The environment variable with the path of an ffmpeg to use in place of the embedded one."""

OLDEST = (5, 1)

FILTERS = frozenset(
    {"acrossfade", "afade", "aformat", "anullsrc", "apad", "aresample", "asetpts", "atempo", "atrim", "concat"}
    | {
        "crop",
        "fade",
        "format",
        "fps",
        "overlay",
        "pad",
        "perspective",
        "rotate",
        "scale",
        "setparams",
        "setpts",
        "setsar",
    }
    | {"settb", "tpad", "trim", "volume", "xfade"}
)
"""Filters that every graph may use; other filters are required only by the graphs that use them."""

ENCODERS = frozenset({"aac", "libx264"})

RELEASES = {8: (5, 1), 9: (6, 0), 10: (7, 0), 11: (8, 0), 12: (9, 0)}
"""The release of each major version of libavfilter, for builds named after a commit."""

FIRST_5_1 = 44
"""libavfilter 8's minor version in release 5.1."""

REMEDY = f"install ffmpeg 5.1 or newer with libx264 and name it in {VARIABLE}, or unset it to use the embedded one"
UNCONFINED = f"name the program itself in {VARIABLE}, or set REELC_SANDBOX=off, since a script runs other programs"
WITHIN = 20.0
"""Seconds that a build may take to describe itself."""

MOST = 20
"""Builds whose lists are kept."""

_STATED = re.compile(r"^ffmpeg version n?(\d+)\.(\d+)\S*", re.MULTILINE)
_NAMED = re.compile(r"^ffmpeg version (\S+)", re.MULTILINE)
_LIBAVFILTER = re.compile(r"^libavfilter\s+(\d+)\.\s*(\d+)\.", re.MULTILINE)
_FILTER = re.compile(r"^ [.\w|]{2,3} (\w+) +\S*->\S*", re.MULTILINE)
_TRANSITION = re.compile(r"^     (\w+) +\d+ ", re.MULTILINE)
_LIBRARY = re.compile(r"^\t(?:\S+ => )?(/.+) \(0x[0-9a-f]+\)$", re.MULTILINE)
_OF_C = re.compile(r"(ld-|libc\.|lib(m|mvec|dl|rt|pthread|resolv|util|gcc_s)\.so)")
_ENCODER = re.compile(r"^ [VAS][.\w]{5} ([\w-]+) ", re.MULTILINE)


def find_build(override: str | None = None) -> Build:
    """The build to use: `override`, else REELC_FFMPEG, else the embedded one; RC601 missing, RC602 unfit.

    It is as the program and its libraries are now: an update may replace them while this process runs.
    """
    path = _located(override or os.environ.get(VARIABLE))
    try:
        state = _state_of(path)
    except OSError as error:
        raise _missing(path, str(error.strerror)) from error
    build, states = _described(path, state, _libraries_state())
    if states is None or states != _states(build.libraries):
        _described.cache_clear()
        build, _ = _described(path, state, _libraries_state())
    return build


def release_of(text: str) -> tuple[int, int]:
    """Major and minor release from the output of `-version`; RC602 if it is unknown."""
    if stated := _STATED.search(text):
        return int(stated[1]), int(stated[2])
    if library := _LIBAVFILTER.search(text):
        major, minor = int(library[1]), int(library[2])
        if (major, minor) < (8, FIRST_5_1):
            return 5, 0
        if major in RELEASES:
            return RELEASES[major]
    first = text.strip().splitlines()[:1]
    raise ReelError("RC602", Loc(), "this ffmpeg's release is unknown", detail="".join(first), hint=REMEDY)


def check_fit(build: Build) -> Build:
    """The build itself, if it is new enough and has the filters and encoders that every graph may use; else RC602."""
    if build.release < OLDEST:
        what = f"ffmpeg {build.version} is too old: 5.1 is the oldest that works"
        raise ReelError("RC602", Loc(), what, detail=build.path, hint=REMEDY)
    lacking = sorted((FILTERS - build.filters) | (ENCODERS - build.encoders))
    if lacking:
        what = f"ffmpeg {build.version} was built without {', '.join(lacking)}"
        raise ReelError("RC602", Loc(), what, detail=build.path, hint=REMEDY)
    return build


def _located(name: str | None) -> str:
    if name is None:
        import imageio_ffmpeg  # needed only for the embedded ffmpeg

        try:
            return str(imageio_ffmpeg.get_ffmpeg_exe())
        except RuntimeError as error:
            raise _missing("the embedded ffmpeg", "imageio-ffmpeg carries none for this machine") from error
    found = shutil.which(name)
    if found is None:
        raise _missing(name, "not found, or not executable")
    return os.path.abspath(found)


_State = tuple[int, ...]

_States = tuple[_State, ...] | None
"""The states of libraries; None if one is missing."""


@cache
def _described(path: str, state: _State, found: _State) -> tuple[Build, _States]:
    """The build of a program in a state, where the system's list of libraries is in the state `found`; and the states
    that its libraries had."""
    version = _output_of(path, "-version")
    named = _NAMED.search(version)
    if not named:
        raise _missing(path, "it does not answer as ffmpeg does")
    lists, states = _listed(path, f"{path} {state} {found} {version}")
    avx512 = "avx512f" in _processor()
    return check_fit(Build(path, release_of(version), named[1], **lists, avx512=avx512)), states


class _Lists(TypedDict):
    libraries: tuple[str, ...]
    filters: frozenset[str]
    encoders: frozenset[str]
    transitions: frozenset[str]


def _listed(path: str, version: str) -> tuple[_Lists, _States]:
    """The lists of what an ffmpeg has, and the states of its libraries. They are kept by its file and by all that it
    says of its version, which names its libraries' versions too, and by the list of libraries of the system; and as
    long as its libraries are in these states."""
    place = user_cache("builds") / f"{hashlib.sha256(version.encode()).hexdigest()}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(sealed_text(place))
        read: _Lists = {
            "libraries": tuple(kept["libraries"]),
            "filters": frozenset(kept["filters"]),
            "encoders": frozenset(kept["encoders"]),
            "transitions": frozenset(kept["transitions"]),
        }
        now = _states(read["libraries"])
        if now is not None and now == tuple(map(tuple, kept["states"])):
            return read, now
    lists: _Lists = {
        "libraries": _libraries_of(path),
        "filters": frozenset(_FILTER.findall(_output_of(path, "-hide_banner", "-filters"))),
        "encoders": frozenset(_ENCODER.findall(_output_of(path, "-hide_banner", "-encoders"))),
        "transitions": frozenset(_TRANSITION.findall(_output_of(path, "-hide_banner", "-h", "filter=xfade"))),
    }
    states = _states(lists["libraries"])
    if states is not None:
        with suppress(OSError):
            put_sealed(place, json.dumps({**lists, "states": states}, default=sorted))
            keep_newest(place.parent, MOST)
    return lists, states


def _states(libraries: Sequence[str]) -> _States:
    with suppress(OSError):
        return tuple(map(_state_of, libraries))
    return None


def _libraries_of(path: str) -> tuple[str, ...]:
    """The shared libraries that a program loads, by its loader, without those of C."""
    loader = loader_of(path)
    listed = _LIBRARY.findall(_output_of(loader, "--list", path, reads=[path])) if loader else ()
    return tuple(dict.fromkeys(each for each in listed if not _OF_C.match(os.path.basename(each))))


def _libraries_state() -> _State:
    """The state of the system's list of libraries, which says where a loader finds them."""
    with suppress(OSError):
        return _state_of(FOUND_BY_LOADERS)
    return ()


def _state_of(path: str) -> _State:
    stat = os.stat(path)
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev


def _output_of(path: str, *option: str, reads: Sequence[str] = ()) -> str:
    command = launcher([path, *option], ChildLimits(nice=0), Reach([path], reads))
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=WITHIN, env=ENVIRONMENT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _missing(path, f"`{' '.join(option)}` gave no answer within {WITHIN:.0f} s") from error
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        why = f"`{' '.join(option)}` failed: {''.join(last)}"
        raise _missing(path, why, UNCONFINED if _is_script(path) else REMEDY)
    return done.stdout.decode(errors="replace")


def _is_script(path: str) -> bool:
    with open(path, "rb") as program:
        return program.read(2) == b"#!"


def _processor() -> Sequence[str]:
    """The processor's features by Linux's names; empty on other systems."""
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return ()


def _missing(path: str, why: str, hint: str = REMEDY) -> ReelError:
    return ReelError("RC601", Loc(), "ffmpeg cannot be run", detail=f"{path}: {why}", hint=hint)
