"""The reel as read: exact, frozen, with defaults filled in, each part with the stored field of its origin.

Times are seconds of source time, sizes displayed source pixels, speeds source seconds a record second.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from compiler.colours import BLACK
from compiler.errors import Loc, Notice
from compiler.model.limits import Damage, Ease, Fit, Motion, Origin, RampEase, Stretch
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
    """The movement of the box to the next keyframe."""
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
    """A freeze: the picture on screen at source time `at`, held for `seconds` of record time."""

    at: Fraction
    seconds: Fraction
    loc: Loc


@dataclass(frozen=True, slots=True)
class TrimRange:
    """The source time that a clip plays, `[start, end)`; None is the start or the end of the media."""

    start: Fraction | None
    end: Fraction | None
    loc: Loc


@dataclass(frozen=True, slots=True)
class MediaWindow:
    """The part `[start, end)` of a media file that is a clip's footage, seconds; an end of None is the file's."""

    start: Fraction
    end: Fraction | None
    loc: Loc


@dataclass(frozen=True, slots=True)
class Transition:
    """The transition into a clip, with its duration in seconds; a cut lasts 0."""

    type: str
    duration: Fraction
    loc: Loc
    inherited: bool = False
    """Whether the transition is the reel's default and not the clip's own."""
    colour: str = BLACK
    """The colour that a fade goes through, `#rrggbb`."""
    curve: str = LINEAR
    """The curve by which the sound fades, one of `CURVES`."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of the reel: a media file and its edit."""

    id: str
    name: str
    media: str
    crop: tuple[Keyframe, ...] | None
    """Sorted, one per instant, all by frame or all by time; None if the clip has no crop."""
    trim: TrimRange | None
    spans: tuple[SpeedSpan, ...]
    """Sorted and disjoint; source time without a span plays at speed 1."""
    freezes: tuple[Freeze, ...]
    """Sorted, at most one at an instant."""
    rotation: Fraction
    """Degrees, counter-clockwise."""
    transition: Transition
    stretch: Stretch
    motion: Motion
    """The frames of slow motion between two frames of the source: a repeated, a blended or an interpolated one."""
    damage: Damage
    """Whether damaged parts of the media hold the picture before them in silence, or are an error."""
    loop: bool
    """Whether a moving image plays again from its start, up to the out point."""
    turn: int
    """Clockwise quarter turns of the displayed picture, degrees: 0, 90, 180 or 270."""
    mirror: bool
    """Whether the turned picture is mirrored, left to right."""
    volume: Fraction
    """The gain of the clip's sound, dB."""
    mute: bool
    """Whether the clip is silent."""
    loc: Loc
    notices: tuple[Notice, ...] = ()
    stretch_inherited: bool = False
    """Whether `stretch` is the reel's default and not the clip's own."""
    damage_inherited: bool = False
    """Whether `damage` is the reel's default and not the clip's own."""
    window: MediaWindow | None = None
    """The window of the media whose first frame is at source time 0; None for the whole file."""

    @property
    def speed_loc(self) -> Loc | None:
        """The first stored field that changes the clip's speed, if any does."""
        if self.spans:
            return self.spans[0].loc
        return self.freezes[0].loc if self.freezes else None


@dataclass(frozen=True, slots=True)
class Canvas:
    """The film's picture: even sizes in pixels, frames a second, and the fit of boxes of another shape."""

    width: int
    height: int
    rate: Fraction | None
    """Frames a second; None is the first clip's own, known once its media is probed."""
    fit: Fit
    fill: str = BLACK
    """The fill of bars: a colour, `#rrggbb`, or `BLUR`."""

    @property
    def fps(self) -> Fraction:
        """Frames a second; TypeError while the rate is the first clip's and its media is not probed yet."""
        if self.rate is None:
            raise TypeError("the canvas has no rate yet: it is the first clip's")
        return self.rate


@dataclass(frozen=True, slots=True)
class LoudnessTarget:
    """The wanted loudness by EBU R128: LUFS over the whole film, and a limit of its true peak in dBTP."""

    target: Fraction
    true_peak: Fraction


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """The film's sound: the effect of speed on it, whether there is any, and its loudness, unchanged if None."""

    stretch: Stretch
    include: bool
    loudness: LoudnessTarget | None = None


@dataclass(frozen=True, slots=True)
class Encode:
    """The encoding of the film; bitrates are text such as `192k`."""

    codec: str
    """One of `PROFILES`."""
    preset: str | None
    crf: Fraction | None
    """None if the codec has no constant rate factor or a bitrate is given."""
    audio_bitrate: str
    bitrate: str | None = None
    """Bitrate of the picture."""
    quality: str = FINAL


@dataclass(frozen=True, slots=True)
class Reel:
    """A reel: its canvas, sound and encoding, and its clips in the order they play."""

    canvas: Canvas
    audio: AudioSettings
    encode: Encode
    clips: tuple[Clip, ...]
