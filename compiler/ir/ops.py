"""The ops of the render graph, and nothing else.

One frozen dataclass an op, a closed union. Operands are named values. No op stores what `infer` derives: sizes, frame
counts, transition offsets. `Reframe` and `Stretch` say what is meant; passes rewrite them into ops that are one ffmpeg
filter each.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NewType, get_args

from compiler.timeline.instant import SourceTime, frame_count
from compiler.timeline.media import Fields, Media
from compiler.timeline.path import Path
from compiler.timeline.track import Track
from compiler.timeline.warp import Warp
from compiler.transitions import LINEAR

Value = NewType("Value", str)
"""The name of what an op makes: `dunk.crop`."""

Fit = Literal["contain", "cover"]
Engine = Literal["varispeed", "rubberband", "atempo"]
Motion = Literal["repeat", "blend", "interpolate"]


# ---- sources


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of a media file, read from `seek` on: seconds after the container's start, whole milliseconds."""

    media: Media
    stream: Literal["video", "audio"]
    seek: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Plate:
    """`frames` frames of nothing but `colour`, `#rrggbb`, on the frame grid of `fps`."""

    colour: str
    width: int
    height: int
    fps: Fraction
    frames: int


# ---- pictures in time


@dataclass(frozen=True, slots=True)
class Deinterlace:
    """`src` with one whole frame, of the instant of its first field, for every two fields; progressive if None."""

    src: Value
    fields: Fields | None


@dataclass(frozen=True, slots=True)
class Trim:
    """The frames of `src` whose source time is in [start, end)."""

    src: Value
    start: SourceTime
    end: SourceTime


@dataclass(frozen=True, slots=True)
class Retime:
    """The frames of `src` through `warp`, quantised to the frame grid of `fps`: those from `first` on, all or up to
    `until`, counted from 0. By `motion`, what is slower than real time repeats its frames, blends them or has new ones
    made up between them."""

    src: Value
    warp: Warp
    fps: Fraction
    first: int = 0
    until: int | None = None
    motion: Motion = "repeat"

    @property
    def frames(self) -> int:
        """How many there are."""
        return (frame_count(self.warp.total, self.fps) if self.until is None else self.until) - self.first


@dataclass(frozen=True, slots=True)
class Restamp:
    """`src` with frame or sample n stamped n / rate: joins leave rounded or missing timestamps behind."""

    src: Value


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames [first, until) of `src`, counted and stamped from 0 again."""

    src: Value
    first: int
    until: int


# ---- pictures in space


@dataclass(frozen=True, slots=True)
class Tonemap:
    """`src`, whose light is HDR's, brought down to what BT.709 shows: deep full-range RGB."""

    src: Value


@dataclass(frozen=True, slots=True)
class Colour:
    """`src` as 8-bit 4:2:0, BT.709, limited range."""

    src: Value


@dataclass(frozen=True, slots=True)
class Turn:
    """`src` as a player shows it: mirrored left to right if so, then turned clockwise by a multiple of 90 degrees."""

    src: Value
    degrees: int
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Rotate:
    """`src` turned about its centre by `degrees` counter-clockwise, its size kept, black outside."""

    src: Value
    degrees: Fraction


@dataclass(frozen=True, slots=True)
class Reframe:
    """What the box of `path` shows of `src`, fitted to a canvas of `width` x `height`."""

    src: Value
    path: Path
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Coarse:
    """The first whole-pixel step of a vernier along `track`: 2 (T - j q) / p, T = round((track + lead) p / 2)."""

    track: Track
    lead: int
    p: int
    q: int


@dataclass(frozen=True, slots=True)
class Fine:
    """The second whole-pixel step of a vernier along `track`: 2 j, j = T q' mod p, q' the inverse of q mod p."""

    track: Track
    lead: int
    p: int
    q: int


@dataclass(frozen=True, slots=True)
class Follow:
    """An even place `margin` before `track`, within 0..`room`."""

    track: Track
    margin: int
    room: int


Place = int | Coarse | Fine | Follow
"""Where a crop's corner is at each frame: always a whole, even pixel."""


@dataclass(frozen=True, slots=True)
class Crop:
    """The `width` x `height` pixels of `src` whose top left corner is at (x, y)."""

    src: Value
    width: int
    height: int
    x: Place
    y: Place


@dataclass(frozen=True, slots=True)
class Smear:
    """`src` with its edge pixels drawn out by so many pixels on each side."""

    src: Value
    left: int
    right: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Perspective:
    """The box of `path` stretched over the whole of `src`, sub-pixel; (x, y) is where `src` lies in the picture.

    Works on frames [first, until) and leaves the others alone.
    """

    src: Value
    path: Path
    x: Place
    y: Place
    first: int
    until: int


@dataclass(frozen=True, slots=True)
class Scale:
    """`src` resampled to `width` x `height`."""

    src: Value
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Pad:
    """`src` on a black `width` x `height`, its corner at (x, y)."""

    src: Value
    width: int
    height: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Backdrop:
    """`src` at (x, y) of `width` x `height`, the rest `fill`: a colour, or itself, larger and blurred."""

    src: Value
    width: int
    height: int
    x: int
    y: int
    fill: str


@dataclass(frozen=True, slots=True)
class Blur:
    """`src` blurred by the mean of the pixels at most `radius` away, three times over; chroma by as much."""

    src: Value
    radius: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """`src` with an alpha plane that hides all behind it, as overlays read it."""

    src: Value


@dataclass(frozen=True, slots=True)
class Overlay:
    """`below` with `above` laid on it at (x, y), frame by frame."""

    below: Value
    above: Value
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Conform:
    """`src` marked as what it is by now, square pixels of BT.709, as joins and the encoder need it."""

    src: Value


@dataclass(frozen=True, slots=True)
class Widen:
    """`src` with a chroma sample for every pixel (4:4:4), each of its own repeated."""

    src: Value


@dataclass(frozen=True, slots=True)
class Narrow:
    """`src` with a chroma sample for every four pixels (4:2:0), the first of each four: undoes `Widen` exactly."""

    src: Value


@dataclass(frozen=True, slots=True)
class Rgb:
    """`src` as 8-bit full-range RGB, as still pictures are stored; `pix_fmt` is the order of its bytes."""

    src: Value
    pix_fmt: str = "rgb24"


@dataclass(frozen=True, slots=True)
class Deepen:
    """`src` in 10 bits, with a chroma sample for every two pixels (4:2:2)."""

    src: Value


@dataclass(frozen=True, slots=True)
class Palette:
    """The 256 colours that show each frame of `src` best, a small picture for every frame."""

    src: Value


@dataclass(frozen=True, slots=True)
class Paint:
    """Every frame of `src` in the colours of its `palette`, dithered in a fixed pattern."""

    src: Value
    palette: Value


# ---- sound


@dataclass(frozen=True, slots=True)
class Downmix:
    """`src` as stereo, whatever its channels: stated shares of each, scaled so that nothing clips."""

    src: Value


@dataclass(frozen=True, slots=True)
class Resample:
    """`src` as gapless 48 kHz stereo from timestamp 0 on, silence where it has none."""

    src: Value


@dataclass(frozen=True, slots=True)
class Silence:
    """`samples` samples of nothing."""

    samples: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What `warp` plays of `src`, as exactly `samples` samples."""

    src: Value
    warp: Warp
    samples: int
    engine: Engine


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`src` from source time `start` on, to the sample; `length` samples of it."""

    src: Value
    start: SourceTime
    length: int


@dataclass(frozen=True, slots=True)
class Tempo:
    """`src` played at `speed`."""

    src: Value
    speed: Fraction
    engine: Engine


@dataclass(frozen=True, slots=True)
class Exact:
    """`src` as exactly `samples` samples: silence added or the rest cut off."""

    src: Value
    samples: int


@dataclass(frozen=True, slots=True)
class Loudness:
    """`src` at one gain, which is measured when the film is made: to `target` LUFS, or as near to it from below as no
    true peak exceeds `peak` dBTP."""

    src: Value
    target: Fraction
    peak: Fraction


@dataclass(frozen=True, slots=True)
class Measure:
    """`src` with its loudness and its true peak written down beside."""

    src: Value


@dataclass(frozen=True, slots=True)
class Pcm:
    """`src` in 16-bit samples, as it is stored without loss."""

    src: Value


# ---- joins


@dataclass(frozen=True, slots=True)
class Fade:
    """`src` with its first `entering` steps coming from black or silence and its last `leaving` going to it.

    Steps are frames of a picture, samples of a sound.
    """

    src: Value
    entering: int
    leaving: int
    curves: tuple[str, str] = (LINEAR, LINEAR)
    """How a sound comes and goes, by afade's names."""


@dataclass(frozen=True, slots=True)
class Concat:
    """One after the other."""

    srcs: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Xfade:
    """`left`, then `right`, the last `overlap` frames or samples of the one blended into the first of the other.

    `kind` is one of `BLENDS` for pictures, of `CURVES` for sounds.
    """

    left: Value
    right: Value
    kind: str
    overlap: int


# ---- plumbing


@dataclass(frozen=True, slots=True)
class Split:
    """`src` for `ways` readers."""

    src: Value
    ways: int


@dataclass(frozen=True, slots=True)
class Branch:
    """Copy number `index` of a split."""

    src: Value
    index: int


Emitted = (
    Source
    | Deinterlace
    | Plate
    | Trim
    | Retime
    | Restamp
    | Frames
    | Tonemap
    | Colour
    | Turn
    | Rotate
    | Crop
    | Smear
    | Perspective
    | Scale
    | Pad
    | Blur
    | Opaque
    | Overlay
    | Conform
    | Widen
    | Narrow
    | Rgb
    | Deepen
    | Palette
    | Paint
    | Downmix
    | Resample
    | Silence
    | Excerpt
    | Tempo
    | Exact
    | Loudness
    | Measure
    | Pcm
    | Fade
    | Concat
    | Xfade
    | Split
    | Branch
)
"""The ops that ffmpeg has filters for: all that a legal graph may hold."""

Meant = Reframe | Backdrop | Stretch
"""The ops that say what is meant; passes have rewritten them before anything is emitted."""

Op = Emitted | Meant

Tinting = Tonemap | Colour | Opaque | Widen | Narrow | Rgb | Deepen | Paint
"""The ops that change what a picture's numbers mean, and nothing else."""

Still = Tonemap | Colour | Turn | Rotate | Scale | Crop | Smear | Pad
"""The ops that treat every frame alike, a crop where its place is a number: frames that repeat can be made once."""

OPS: tuple[type[Op], ...] = get_args(Op)


def operands(op: Op) -> tuple[Value, ...]:
    """The values an op reads, in order."""
    if not isinstance(op, UNUSUAL):  # most ops by far, and this is asked more often than anything else
        return (op.src,)
    match op:
        case Source() | Plate() | Silence():
            return ()
        case Concat(srcs):
            return srcs
        case Xfade(left, right) | Overlay(left, right) | Paint(left, right):
            return left, right


UNUSUAL = (Source, Plate, Silence, Concat, Xfade, Overlay, Paint)
"""Ops that do not read just one value, `src`."""
