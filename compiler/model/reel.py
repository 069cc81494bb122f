"""What a reel is once read: exact, frozen, defaulted; every part knows the stored field it came from.

Times are seconds of source time, sizes displayed source pixels, speeds source seconds a record second.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from compiler.colours import BLACK
from compiler.errors import Loc, Notice
from compiler.model.limits import Ease, Fit, Motion, Origin, RampEase, Stretch
from compiler.profiles import FINAL
from compiler.transitions import LINEAR


@dataclass(frozen=True, slots=True)
class Keyframe:
    """The crop box at one source frame, or at one source time: exactly one of `at` and `time` is set."""

    at: int | None
    """Source frame, counted from 0 at the media's probed rate."""
    time: Fraction | None
    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction
    ease: Ease
    """How the box moves from here to the next keyframe."""
    origin: Origin | None
    loc: Loc


@dataclass(frozen=True, slots=True)
class Ramp:
    """A speed that eases from one to another over record time."""

    start_speed: Fraction
    end_speed: Fraction
    ease: RampEase


Speed = Fraction | Ramp


@dataclass(frozen=True, slots=True)
class SpeedSpan:
    """The speed of source time `[start, end)`; an `end` of None is the end of the media."""

    start: Fraction
    end: Fraction | None
    speed: Speed
    loc: Loc


@dataclass(frozen=True, slots=True)
class Freeze:
    """The picture on screen at source time `at`, held for `seconds` of record time."""

    at: Fraction
    seconds: Fraction
    loc: Loc


@dataclass(frozen=True, slots=True)
class TrimRange:
    """The source time a clip plays, `[start, end)`; None is where the media starts or ends."""

    start: Fraction | None
    end: Fraction | None
    loc: Loc


@dataclass(frozen=True, slots=True)
class Transition:
    """How a clip is entered, and for how many seconds; a cut lasts 0."""

    type: str
    duration: Fraction
    loc: Loc
    inherited: bool = False
    """Whether it is the reel's default and not the clip's own."""
    colour: str = BLACK
    """What a fade goes through, `#rrggbb`."""
    curve: str = LINEAR
    """How its sound fades, one of `CURVES`."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of the reel: a media file, and everything its author decided about it."""

    id: str
    name: str
    media: str
    crop: tuple[Keyframe, ...] | None
    """Sorted, one per instant, all on one clock; None when nobody framed the clip."""
    trim: TrimRange | None
    spans: tuple[SpeedSpan, ...]
    """Sorted and disjoint; time that no span covers plays at 1."""
    freezes: tuple[Freeze, ...]
    """Sorted, at most one an instant."""
    rotation: Fraction
    """Degrees, counter-clockwise."""
    transition: Transition
    stretch: Stretch
    motion: Motion
    """What slow motion shows between two frames of the source: the first again, both mixed, or a picture made up."""
    loc: Loc
    notices: tuple[Notice, ...] = ()
    stretch_inherited: bool = False
    """Whether `stretch` is the reel's default and not the clip's own."""

    @property
    def speed_loc(self) -> Loc | None:
        """The stored field that first changes its speed, if one does."""
        if self.spans:
            return self.spans[0].loc
        return self.freezes[0].loc if self.freezes else None


@dataclass(frozen=True, slots=True)
class Canvas:
    """The film's picture: even pixel sizes, frames a second, and what becomes of a box of another shape."""

    width: int
    height: int
    rate: Fraction | None
    """Frames a second; None is the first clip's own, which is known once its media is."""
    fit: Fit
    fill: str = BLACK
    """What bars show: a colour, `#rrggbb`, or `BLUR`."""

    @property
    def fps(self) -> Fraction:
        """Frames a second; TypeError while they are the first clip's and its media is not known yet."""
        if self.rate is None:
            raise TypeError("the canvas has no rate yet: it is the first clip's")
        return self.rate


@dataclass(frozen=True, slots=True)
class LoudnessTarget:
    """How loud the film is to be, by EBU R128: LUFS over all of it, and dBTP that no peak exceeds."""

    target: Fraction
    true_peak: Fraction


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """The film's sound: what a change of speed does to it, whether there is any, how loud; as it is when not said."""

    stretch: Stretch
    include: bool
    loudness: LoudnessTarget | None = None


@dataclass(frozen=True, slots=True)
class Encode:
    """How the film is encoded; bitrates are text such as `192k`."""

    codec: str
    """One of `PROFILES`."""
    preset: str | None
    crf: Fraction | None
    """None where the codec has none, or a bitrate is asked for."""
    audio_bitrate: str
    bitrate: str | None = None
    """Of the picture."""
    quality: str = FINAL


@dataclass(frozen=True, slots=True)
class Reel:
    """A reel: its canvas, sound and encoding, and its clips in the order they play."""

    canvas: Canvas
    audio: AudioSettings
    encode: Encode
    clips: tuple[Clip, ...]
