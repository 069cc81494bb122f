"""Explains a failed ffmpeg: a coded error, in terms of the reel, at a clip and field."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from compiler.errors import Loc, ReelError
from compiler.supervise.children.child import CANNOT_START
from compiler.supervise.plain import plain

FIRST, LAST = 4, 2
"""Lines of ffmpeg's output that an error quotes from the beginning, with causes, and from the end, with
consequences."""

WIDTH = 240
"""Characters of a quoted line."""

REPORT = "run reelc compile --dry-run to see the graph, and report it with these lines"


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins of a command's parts: filter instances by the name after `@`, inputs by index, files by path."""

    filters: Mapping[str, Loc] = field(default_factory=dict)
    inputs: tuple[Loc, ...] = ()
    paths: Mapping[str, Loc] = field(default_factory=dict)


UNKNOWN = Origins()


@dataclass(frozen=True, slots=True)
class _Symptom:
    """A pattern of stderr, and the error that it means."""

    pattern: re.Pattern[str]
    code: str
    message: str
    hint: str


def _says(pattern: str, code: str, message: str, hint: str) -> _Symptom:
    return _Symptom(re.compile(pattern, re.IGNORECASE), code, message, hint)


OUT_OF_MEMORY = "ffmpeg ran out of memory"
"""The message of a render that was refused memory."""

# 5.1 and 9.0 word most messages differently; the first pattern that matches decides, so causes precede consequences.
SYMPTOMS = (
    _says(
        r"No space left on device|Disk quota exceeded", "RC611", "the disk is full", "free some space and render again"
    ),
    _says(r"File too large", "RC611", "the film grew past its size limit", "render a shorter reel, or raise the limit"),
    _says(
        r"Cannot allocate memory|malloc of size \d+ failed|get_buffer\(\) failed|Out of memory|"
        r"pthread_create\(\) failed|Resource temporarily unavailable",
        "RC607",
        OUT_OF_MEMORY,
        "render on a machine with more memory, or a shorter reel",
    ),
    _says(r"Unknown encoder|Encoder not found", "RC602", "this ffmpeg lacks an encoder", "run reelc doctor"),
    _says(
        r"No such filter|Filter not found|Option '?\w+'? not found|Option not found|Unrecognized option|"
        r"Error applying option|Error parsing|No option name near|unconnected|Cannot find a matching stream|"
        r"matches no streams|Failed to configure|Error when evaluating|Undefined constant|do not match",
        "RC607",
        "ffmpeg refused the graph",
        REPORT,
    ),
)
MISSING = _says(r"No such file or directory", "RC603", "a media file is missing", "put it back, or choose another")
DAMAGED = _says(
    r"moov atom not found|Invalid data found|partial file|corrupt input packet|File ended prematurely|"
    r"Input/output error|Invalid NAL unit|Input buffer exhausted|Permission denied",
    "RC604",
    "a media file is damaged or cannot be read",
    "copy or upload the file again, and check that it plays to its end",
)
UNWRITABLE = _says(
    r"No such file or directory|Permission denied|Read-only file system|Is a directory",
    "RC612",
    "the film cannot be written",
    "check that the output's folder exists and may be written",
)
KILLED = "ffmpeg was killed, most likely because the machine ran out of memory"
"""The message of a render that another program ended, which no file is to blame for."""

SIGNALLED = (255, 123)
"""Exit codes of an ffmpeg that a signal has stopped: at once, and after the fourth."""

_STOPPED = re.compile(r"Immediate exit requested|system signals")
_REFUSED = re.compile(r"\[(\S+)\] Codec \(.*\) not on whitelist")
_INSTANCE = re.compile(r"\b\w+@([^\s\]':,]+)")
_INPUT = re.compile(r"\[(?:in|vist|aist)#(\d+)|stream #(\d+):\d+", re.IGNORECASE)


def explain(exit_code: int, stderr: str, origins: Origins) -> ReelError:
    """The coded error for an ffmpeg that ended with `exit_code` (negative: the signal) after printing `stderr`."""
    lines = _of_what_is_used(list(_telling(stderr)))
    quoted = lines if len(lines) <= FIRST + LAST else lines[:FIRST] + lines[-LAST:]
    detail = "\n".join((*(_quoted(line, origins) for line in quoted), f"ffmpeg ended with {_ending(exit_code)}"))
    if exit_code == CANNOT_START and "launcher:" in stderr:
        return ReelError("RC601", Loc(), "ffmpeg cannot be run", detail=detail, hint="run reelc doctor")
    loc = _place(lines, origins)
    if symptom := _symptom(lines, origins):
        return ReelError(symptom.code, loc, symptom.message, detail=detail, hint=symptom.hint)
    if exit_code == -signal.SIGKILL:
        return ReelError("RC607", loc, KILLED, detail=detail, hint="free some memory, or render a shorter reel")
    what = "ffmpeg crashed" if exit_code < 0 else "ffmpeg failed"
    return ReelError("RC607", loc, what, detail=detail, hint=REPORT)


def spent(exit_code: int, stderr: str) -> bool:
    """Whether this is the end of a child at its limit of processor time, or of one that another program has stopped."""
    said = stderr.strip()
    return exit_code == -signal.SIGXCPU or (exit_code in SIGNALLED and (not said or bool(_STOPPED.search(said))))


def _symptom(lines: list[str], origins: Origins) -> _Symptom | None:
    for symptom in SYMPTOMS:
        if any(symptom.pattern.search(line) for line in lines):
            return symptom
    # A failing filter makes the decoders fail too, so patterns about files count only if no filter is named.
    if any(_instance_in(line, origins) for line in lines):
        return None
    for line in lines:
        ours = _path_in(line, origins) or _INPUT.search(line) or "input" in line
        for symptom in (MISSING, DAMAGED) if ours else (UNWRITABLE, DAMAGED):
            if symptom.pattern.search(line):
                return symptom
    return None


def _telling(stderr: str) -> Iterator[str]:
    """The distinct lines, without memory addresses and without messages about other threads' ends."""
    seen: set[str] = set()
    for raw in stderr.splitlines():
        line = re.sub(r" @ 0x[0-9a-f]+\]", "]", raw.strip())
        echo = re.search(r"Task finished with error|Terminating thread with|Last message repeated", line)
        if line and not echo and line not in seen:
            seen.add(line)
            yield line


def _of_what_is_used(lines: list[str]) -> list[str]:
    """The lines without complaints that a decoder is not allowed, unless ffmpeg failed to open that decoder.

    ffmpeg looks at every stream of a file, and complains of subtitles and second tracks that no film uses.
    """
    opening = [line for line in lines if "opening decoder" in line]

    def counts(line: str) -> bool:
        refused = _REFUSED.match(line)
        return not refused or any(f"[dec:{refused[1]}]" in each or "[dec:" not in each for each in opening)

    return [line for line in lines if counts(line)]


def _quoted(line: str, origins: Origins) -> str:
    for path in _longest_first(origins):
        line = line.replace(f"file:{path}", path).replace(path, PurePath(path).name)
    return plain(line)[:WIDTH]


def _place(lines: list[str], origins: Origins) -> Loc:
    for find in (_instance_in, _path_in, _input_in):
        for line in lines:
            if loc := find(line, origins):
                return loc
    return Loc()


def _instance_in(line: str, origins: Origins) -> Loc | None:
    return next((origins.filters[name] for name in _INSTANCE.findall(line) if name in origins.filters), None)


def _path_in(line: str, origins: Origins) -> Loc | None:
    return next((origins.paths[path] for path in _longest_first(origins) if path in line), None)


def _input_in(line: str, origins: Origins) -> Loc | None:
    found = _INPUT.search(line)
    index = int(found[1] or found[2]) if found else len(origins.inputs)
    return origins.inputs[index] if index < len(origins.inputs) else None


def _longest_first(origins: Origins) -> list[str]:
    return sorted(origins.paths, key=len, reverse=True)


def _ending(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}"
    known = -exit_code in signal.valid_signals()
    return signal.Signals(-exit_code).name if known else f"signal {-exit_code}"
