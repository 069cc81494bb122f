"""Units of a film that any machine can make, as plain JSON, and the interface of what makes them (ADR 80)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any, Protocol

from compiler.errors import Loc, ReelError
from compiler.supervise.films.progress import ProgressMeter

VERSION = 2
"""The version of the document of a unit; a machine that knows another one refuses it."""

FOLDER, FFMPEG = "\0folder\0", "\0ffmpeg\0"
"""What stands in a unit's argv for the folder that it is made in and for the program; no argv can hold a NUL."""

MADE_BY_ANOTHER = (
    "start all workers with the reelc and the ffmpeg of the coordinator; reelc doctor --scheduler says more"
)


def media(number: int) -> str:
    """The text that stands for the path of an input."""
    return f"\0media {number}\0"


def other_version(found: object) -> ReelError:
    """RC802 for the document of a unit of another version."""
    detail = f"the unit has version {found}; this worker reads version {VERSION}"
    return ReelError("RC802", Loc(), "a worker has another reelc", detail=detail, hint=MADE_BY_ANOTHER)


@dataclass(frozen=True, slots=True)
class Input:
    """A media file of a unit: an object, its size and etag, and the hash of its bytes."""

    key: str
    name: str
    """The file's name, which errors quote."""
    size: int
    etag: str
    sha256: str
    read: bool
    """Whether ffmpeg opens it itself."""


@dataclass(frozen=True, slots=True)
class MadeBy:
    """All that decides a unit's bytes besides the unit: the code of reelc, ffmpeg, the processor, and PyAV."""

    code: str
    ffmpeg: str
    processor: str
    decoder: str

    def differences(self, other: MadeBy) -> list[str]:
        """The names of what differs in another one."""
        mine, others = asdict(self), asdict(other)
        return [name for name, value in mine.items() if value != others[name]]


@dataclass(frozen=True, slots=True)
class PlainOrigins:
    """The origins of a unit's parts for error messages: clip and pointer, as `Origins`; paths by number of input."""

    filters: Mapping[str, tuple[str | None, str]]
    inputs: tuple[tuple[str | None, str], ...]
    paths: Mapping[str, tuple[str | None, str]]


@dataclass(frozen=True, slots=True)
class PortableUnit:
    """One unit of a film: everything that a machine needs to make it, without paths and code."""

    key: str
    """The hash of everything that decides its bytes."""
    name: str
    """Its name within the film."""
    output: str
    """The object key of what it makes, without the hash of the bytes, which is added."""
    argv: tuple[str, ...]
    """The command, with FOLDER, FFMPEG and `media` in place of paths."""
    files: Mapping[str, str]
    feeds: Mapping[str, Mapping[str, Any]]
    """The specs of straightened inputs, whose path is `media`."""
    inputs: tuple[Input, ...]
    made: str
    """The name of the file that the command makes."""
    origins: PlainOrigins
    film_frames: int
    before: int
    """The film's frames before those of this unit."""
    frames: int
    heard: int
    """The frames whose length its sound must have."""
    listening: str | None
    """The frames a second by which its sound is counted, where it makes sound alone."""
    made_by: MadeBy | None
    """What the key supposes; None for a unit that never leaves its process."""
    memory: int
    """The forecast of its memory, MiB."""
    seconds: float
    """Its work by the forecast."""
    owner: str
    """The user whose film it is of; users take turns."""
    priority: int
    """Units of a higher priority go first."""
    stall_after: float
    deadline: float | None
    elapsed: float
    """Seconds of the film's time that were spent before this attempt."""
    data: int | None
    """Bytes of memory that its ffmpeg may have; None for no limit."""
    cores: int = 1
    hw: str = ""
    """The kind of machine that it needs; empty for any."""
    attempt: str = ""
    """The name of this attempt, other than that of all others."""
    version: int = VERSION

    def as_json(self) -> dict[str, Any]:
        """The unit as plain JSON."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> PortableUnit:
        """The unit in a document; RC802 for one of another version."""
        if document.get("version") != VERSION:
            raise other_version(document.get("version"))
        read = dict(document)
        made_by, origins = read.pop("made_by"), read.pop("origins")
        return cls(
            argv=tuple(read.pop("argv")),
            inputs=tuple(Input(**each) for each in read.pop("inputs")),
            made_by=None if made_by is None else MadeBy(**made_by),
            origins=PlainOrigins(origins["filters"], tuple(origins["inputs"]), origins["paths"]),
            **read,
        )

    def meter(self, now: float) -> ProgressMeter:
        """The meter of its ffmpeg, as the film has it."""
        meter = ProgressMeter(self.film_frames, now - self.elapsed)
        meter.before = meter.frame = self.before
        meter.advanced = now
        meter.listening = None if self.listening is None else Fraction(self.listening)
        meter.counting = bool(self.frames)
        return meter

    def complete(self, meter: ProgressMeter) -> bool:
        """Whether its ffmpeg made all that it was to make."""
        return meter.has_made(self.frames, self.heard)


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What an executor answers: the object that a unit became, and whether it is all that the unit was to make."""

    key: str
    output: str
    """The key of the object; empty for a unit that was made where it is needed."""
    size: int
    sha256: str
    complete: bool
    found: bool = False
    """Whether an earlier attempt had made it."""
    seconds: float = 0.0
    """The time that it took."""


@dataclass(frozen=True, slots=True)
class UnitEvent:
    """Something that happens to a unit: `begun`, `progress`, `attempt_lost`, `stopped` or `stop_unconfirmed`."""

    kind: str
    frame: int = 0
    heard: int = 0
    speed: float | None = None
    worker: str = ""
    """The name of the machine."""


OnEvent = Callable[[UnitEvent], None]


@dataclass(frozen=True, slots=True)
class Capacity:
    """The units that an executor can make at once, and the largest memory of one machine, MiB."""

    slots: int
    memory: int
    elastic: bool = False
    """Whether machines come and go."""
    workers: tuple[str, ...] = field(default=())


class Executor(Protocol):
    """Makes units, here or elsewhere.

    Each unit is made at least once, and found once: what it makes is published under its key if none is there. Lost
    machines are `attempt_lost`, and the unit is made again; what ffmpeg says is raised, and nothing is made again.
    """

    async def start(self) -> None:
        """Be ready for units."""

    async def aclose(self) -> None:
        """Stop every unit."""

    async def capacity(self) -> Capacity:
        """What can be made at once, now."""

    @property
    def units(self) -> int:
        """The units that run or wait."""

    async def run(self, unit: PortableUnit, on_event: OnEvent) -> UnitResult:
        """Make a unit; ReelError. A cancel of the caller stops it, within a bound; an event says whether it did."""
