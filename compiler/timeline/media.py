"""Facts of a media file: all that the compiler knows of a source without opening it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from compiler.timeline.instant import SourceTime

STILL = "image2"
"""The format of a still image, which is read as a single picture."""

STILL_SECONDS = Fraction(5)
"""Seconds that a still image lasts if no trim ends it."""

STILL_RATE = Fraction(30)
"""Frames a second by which keyframes of a still image count, since it has no rate of its own."""

STILL_TICK = Fraction(1000)
"""Seconds: the duration of a still image's one frame for ffmpeg, so long that no speed or frame rate skips it."""

MOST_REORDERED = 16
"""Frames by which codecs reorder, at most."""

INDEXED = frozenset({"mov", "matroska"})
"""Containers with an index of their key frames, by the time at which each is decoded or shown: ffmpeg finds a place
without reading up to it."""

UNINDEXED = frozenset({"mpegts", "mpeg"})
"""Containers without an index and with timestamps that may jump: a seek may land at any packet, and a stream that is
read alone starts at its own first timestamp (AVFMT_TS_DISCONT, measured with ffmpeg 5.1 and 9.0)."""

IMAGES = frozenset({"gif", "apng", "webp", "avif", "heif"})
"""Formats of images that reelc's own reader opens, still or moving."""

BEGINS_LATE = "its picture begins after its sound"
GOES_ON = "its sound goes on after its picture"
"""Reasons to straighten a picture that only parts without a frame of their own have."""

Fields = Literal["tff", "bff", "auto"]
"""The first field: top, bottom, or by the flag of each frame."""

Cropping = tuple[int, int, int, int]
"""Pixels cut off a decoded picture: left, top, right, bottom."""

WHOLE: Cropping = (0, 0, 0, 0)
"""The cropping of a picture that is displayed whole."""

MAX_PIXELS = 40_000_000
"""Pixels of one picture of a source, at most: 8K (7680 x 4320) is 33 million; a few kB of PNG can claim 256 million."""


MOST_FRAMES = 24 * 3600 * 60
"""Frames of one source, at most: a day at 60 a second."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """What comes before a window in its file: a number of frames, and the seconds up to the window's first frame."""

    frames: int
    seconds: Fraction


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture of a media file. Sizes in pixels as decoded, before the container's cropping, rotation metadata and
    pixel aspect."""

    index: int
    codec: str
    width: int
    height: int
    rate: Fraction
    """Frames a second, as probed; crop keyframes count frames at this rate."""
    time_base: Fraction
    first: Fraction
    """Container timestamp of the first presented frame, seconds: source time 0."""
    end: SourceTime
    """The source time at which the last frame ends, seconds: the picture's length."""
    ticks: tuple[int, ...] = ()
    """The time at which each frame begins, in ticks after the first, if frames come at uneven times; else empty. Times
    of frames before a window are below 0."""
    frames: int | None = None
    sar: Fraction = Fraction(1)
    rotation: int = 0
    """Clockwise rotation that players apply, degrees: 0, 90, 180 or 270."""
    mirrored: bool = False
    """Whether players mirror the picture, left to right, before they turn it."""
    pix_fmt: str = "yuv420p"
    color_range: str | None = None
    color_space: str | None = None
    color_primaries: str | None = None
    color_transfer: str | None = None
    reserved_tags: tuple[str, ...] = ()
    """The colour tags with a value that the standards reserve: `matrix`, `primaries`, `transfer`; they are restated."""
    start: Fraction | None = None
    """Container timestamp that the stream states for its start, seconds."""
    fields: Fields | None = None
    """The first field of interlaced frames; None for progressive frames."""
    crop: Cropping | None = WHOLE
    """What the container cuts off; None if the facts are older than this one, and the picture is displayed whole."""
    straightened: tuple[str, ...] = ()
    """Why reelc decodes and stamps the frames itself, before ffmpeg reads them; empty if ffmpeg reads the file."""
    entries: tuple[tuple[int, int, int, int], ...] = ()
    """Key frames of a straightened picture, about two a second: (tick of the file's source time, own stamp, byte
    position, packet number)."""
    jumps: tuple[tuple[int, int, int], ...] = ()
    """Jumps of the container's clock: (packet number, byte position, ticks to add from there on)."""
    shapes: tuple[tuple[int, str], ...] = ()
    """Changes of size or pixel format: (tick after the file's first, the new shape)."""
    held: tuple[tuple[Fraction, Fraction], ...] = ()
    """Source times between which frames are damaged, and the frame before is held."""
    looked: bool = False
    """Whether what clips show was decoded to find damage, since a render failed: then `held` lists all of it."""
    shown: Fraction | None = None
    """The source time at which the last frame really ends, where the sound goes on and the last frame is held."""
    late: bool = False
    """Whether the first frame is held back to source time 0, which is the sound's start."""
    tags: tuple[int, int] = (2, 0)
    """The first frame's matrix and range by ISO/IEC 23091-2 and libav's numbers; 2 and 0 are unspecified."""
    unstamped: bool = False
    """Whether frames have no presentation times: frame n of the display then has the n-th time."""
    lap: int | None = None
    """The ticks after which a looped image begins again."""
    skipped: Skipped | None = None
    """What a window leaves out before its first frame, which is at source time 0; None for a whole file."""
    ahead: Fraction | None = None
    """Seconds by which a key frame is decoded before it is shown, at most; None if that is not known."""
    keys: tuple[int, ...] = ()
    """The container's ticks at which key frames are shown, of a file that is sought by such times; empty if they are
    not known, or too many to be listed."""

    @property
    def cropped(self) -> tuple[int, int]:
        """Width and height after the container's cropping."""
        left, top, right, bottom = self.crop or WHOLE
        return self.width - left - right, self.height - top - bottom

    @property
    def variable(self) -> bool:
        """Whether frames come at uneven times."""
        return bool(self.ticks)

    @property
    def uneven(self) -> bool:
        """Whether ffmpeg gets frames at uneven times."""
        return self.variable and not self.still

    @property
    def still(self) -> bool:
        """Whether the stream is a still image, one picture without a length of its own."""
        return self.time_base == STILL_TICK

    @property
    def interlaced(self) -> bool:
        """Whether frames hold two fields, each half of the lines, of two instants."""
        return self.fields is not None

    @property
    def displayed(self) -> tuple[int, int]:
        """Width and height as displayed: cropped, rotation applied, pixels made square by widening, never by dropping
        lines."""
        width, height = self.cropped
        if self.sar > 1:
            width = round(width * self.sar)
        elif self.sar < 1:
            height = round(height / self.sar)
        return (height, width) if self.rotation in (90, 270) else (width, height)

    def oriented(self, turn: int, mirror: bool) -> VideoStream:
        """The picture turned clockwise by `turn` more degrees, then mirrored: a mirror after a turn is a mirror before
        the opposite turn, so both are one of eight orientations."""
        degrees = (self.rotation + turn) % 360
        if mirror:
            return replace(self, rotation=-degrees % 360, mirrored=not self.mirrored)
        return replace(self, rotation=degrees)


@dataclass(frozen=True, slots=True)
class AudioStream:
    """The sound of a media file."""

    index: int
    codec: str
    sample_rate: int
    channels: int
    layout: str
    time_base: Fraction
    first: Fraction
    """Container timestamp of the first sample, seconds."""
    end: SourceTime
    """The source time (the picture's clock) at which the sound ends, seconds."""
    speakers: tuple[str, ...] = ("FL", "FR")
    """The loudspeaker of each channel, by ffmpeg's names."""
    start: Fraction | None = None
    """Container timestamp that the stream states for its start, seconds."""
    straightened: tuple[str, ...] = ()
    """Why reelc decodes and places the samples itself, before ffmpeg reads them; empty if ffmpeg reads the file."""
    entries: tuple[tuple[int, int, int], ...] = ()
    """Packets of a straightened sound, about two a second: (own stamp, byte position, source sample)."""
    runs: tuple[tuple[int, int, int, int], ...] = ()
    """Packets at which the sound begins, or goes on after a gap or an overlap: (own stamp, byte position, source
    sample, drift), the drift in billionths of the samples that are added to follow the timestamps."""
    jitter: Fraction = Fraction(0)
    """Seconds by which packets are stamped early or late, at most; no sample is moved by it."""
    profile: str = ""
    """The codec's profile as the first frame shows it, by libav's names; empty if it has none or none is known."""

    @property
    def drift(self) -> Fraction:
        """Seconds a second by which the sound is stretched to follow its timestamps, where it is most."""
        return Fraction(max((run[3] for run in self.runs), key=abs, default=0), 10**9)


@dataclass(frozen=True, slots=True)
class Media:
    """One media file: its path, its container, its picture and, if it has any, its sound."""

    path: str
    format: str
    """The demuxer's short name, forced with `-f` when the file is opened again: `mov`, `matroska`, `mpegts`…"""
    start: Fraction
    """The container's own start time, seconds."""
    video: VideoStream
    audio: AudioStream | None = None
    size: int = 0
    """Bytes."""
    earliest: Fraction | None = None
    """Container timestamp of the first packet, packets that only prime a decoder included, seconds."""
    notices: tuple[str, ...] = ()
    """What is odd about the file and what is done about it, for every film that uses the file, a sentence each."""
    unheard: tuple[str, ...] = ()
    """Warnings for films that use the file's sound: a sentence for each track that cannot be decoded and was due."""
    cut_short: str = ""
    """What is missing of a file that is not whole; empty for a whole one."""
    rule: int = 1
    """The rule by which source time 0 and the length were found (ADR 43): 1, the picture's first frame and end; 2, the
    sound's where the picture begins or ends more than half a second apart from it."""

    def read_between(self, start: SourceTime, end: SourceTime) -> Media:
        """The facts by which a clip from `start` to `end` reads the file: where it does not touch the parts without a
        frame of their own, ffmpeg reads the picture itself."""
        video = self.video
        if not video.straightened or not {BEGINS_LATE, GOES_ON}.issuperset(video.straightened):
            return self
        if video.rotation or video.mirrored:  # the facts are of raw frames, which the graph turns
            return self
        begins = video.ticks[1] * video.time_base if video.late and len(video.ticks) > 1 else Fraction(0)
        if (video.late and start < begins) or (video.shown is not None and end > video.shown):
            return self
        return replace(self, video=replace(video, straightened=()))

    @property
    def is_image(self) -> bool:
        """Whether the file is an image that reelc's own reader opens."""
        return self.format in IMAGES

    def looped(self, start: Fraction, end: SourceTime) -> Media:
        """A moving image that begins again whenever it ends, up to source time `end`; its frames are listed from the
        lap before `start` on."""
        video = self.video
        lap, until = round(video.end / video.time_base), ceil(end / video.time_base)
        laps = range(max(0, floor(start / video.end) - 1), ceil(end / video.end))
        ticks = (at + number * lap for number in laps for at in video.ticks)
        listed = tuple(tick for tick in ticks if tick < until)
        held = tuple((at + k * video.end, to + k * video.end) for k in laps for at, to in video.held)
        return replace(self, video=replace(video, ticks=listed, frames=None, end=end, lap=lap, held=held))

    @property
    def indexed(self) -> bool:
        """Whether the container has an index of its key frames."""
        return self.format in INDEXED

    @property
    def unindexed(self) -> bool:
        """Whether the container has no index, and is sought by the byte."""
        return self.format in UNINDEXED

    def origin(self, stream: VideoStream | AudioStream) -> Fraction:
        """Seconds that ffmpeg subtracts from every timestamp of a stream when it reads that stream alone."""
        return self.start if stream.start is None or self.format not in UNINDEXED else stream.start
