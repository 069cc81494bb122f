"""The steps of a film: the ffmpeg runs that make it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from pathlib import Path

from compiler.errors import Notice
from compiler.supervise.films.kept import Content
from compiler.supervise.films.progress import ProgressMeter
from compiler.supervise.films.verdict import UNKNOWN, Origins
from compiler.timeline.instant import SAMPLE_RATE

BuildCommand = Callable[[Path, Path], list[str]]
"""The argv of a step, given the folder of its files and the path of the film, which ends in `.part`, so that the argv
must state the muxer."""

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
    libraries: Sequence[str] = ()
    """The libraries of the program that makes it, as paths."""

    @property
    def unit_samples(self) -> int | None:
        """The samples of the unit of sound that it makes; None if it makes pictures, or the sound of the whole film."""
        return self.samples if self.independent else None

    @property
    def opens(self) -> Sequence[str]:
        """The media that the step depends on, read by ffmpeg or by reelc's own reader."""
        return (*self.reads, *(json.loads(spec)["path"] for spec in self.feeds.values()))

    @property
    def runs(self) -> Sequence[str]:
        """The files of the program that makes it, as paths."""
        return (*self.command(Path(), Path())[:1], *self.libraries)

    def length(self, fps: Fraction) -> int:
        """The frames whose length its sound must have, where it makes sound alone."""
        return 0 if self.samples is None else floor(Fraction(self.samples, SAMPLE_RATE) * fps)

    def complete(self, meter: ProgressMeter, fps: Fraction) -> bool:
        """Whether the step made all that it was to make, by what ffmpeg said."""
        return meter.has_made(self.frames, self.length(fps))
