"""The ops of the render graph, and nothing else.

One frozen dataclass an op, a closed union. Operands are named values. No op stores what `infer` derives: sizes, frame
counts, transition offsets. `Reframe`, `Backdrop` and `Stretch` state the edit's intent; passes rewrite them into ops
that are one ffmpeg filter each.
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
"""The name of an op's result: `dunk.crop`."""

Fit = Literal["contain", "cover"]
Engine = Literal["varispeed", "rubberband", "atempo"]
Motion = Literal["repeat", "blend", "interpolate"]


# ---- sources


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of a media file, read from `seek` on: seconds after the container's start, whole microseconds; for
    a straightened stream seconds of the file's source time. `strict`: damage is an error."""

    media: Media
    stream: Literal["video", "audio"]
    seek: Fraction = Fraction(0)
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Plate:
    """`frames` frames of one `colour`, `#rrggbb`, on the frame grid of `fps`."""

    colour: str
    width: int
    height: int
    fps: Fraction
    frames: int


# ---- pictures in time


@dataclass(frozen=True, slots=True)
class Deinterlace:
    """`src` with a whole frame for every two fields, of the first's instant, made of the frames `within` two times."""

    src: Value
    fields: Fields | None  # None changes nothing
    within: tuple[SourceTime, SourceTime] | None = None


@dataclass(frozen=True, slots=True)
class Trim:
    """The frames of `src` whose source time is in [start, end)."""

    src: Value
    start: SourceTime
    end: SourceTime


@dataclass(frozen=True, slots=True)
class Retime:
    """The frames of `src` through `warp`, quantised to the frame grid of `fps`: frames [first, until) counted from 0,
    to the end if `until` is None. `motion` decides whether slow motion repeats, blends or interpolates frames."""

    src: Value
    warp: Warp
    fps: Fraction
    first: int = 0
    until: int | None = None
    motion: Motion = "repeat"

    @property
    def frames(self) -> int:
        """The number of frames."""
        return (frame_count(self.warp.total, self.fps) if self.until is None else self.until) - self.first


@dataclass(frozen=True, slots=True)
class Restamp:
    """`src` with frame or sample n stamped n / rate, since joins leave rounded or missing timestamps."""

    src: Value


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames [first, until) of `src`, counted and stamped from 0 again."""

    src: Value
    first: int
    until: int


# ---- pictures in space


@dataclass(frozen=True, slots=True)
class Restate:
    """`src` with the colour tags that it is read by, in place of reserved values, which scalers refuse."""

    src: Value


@dataclass(frozen=True, slots=True)
class Flatten:
    """`src` with its transparent parts over a `colour`, `#rrggbb`: deep full-range RGB, of the same transfer."""

    src: Value
    colour: str


@dataclass(frozen=True, slots=True)
class Tonemap:
    """`src`, an HDR picture, tone mapped to the range of BT.709: deep full-range RGB."""

    src: Value


@dataclass(frozen=True, slots=True)
class Colour:
    """`src` as 8-bit 4:2:0, BT.709, limited range."""

    src: Value


@dataclass(frozen=True, slots=True)
class Turn:
    """`src` as displayed: mirrored left to right if `mirrored`, then turned clockwise by `degrees`, quarter turns. The
    frames no longer state a turn of their own."""

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
    """The part of `src` in the box of `path`, scaled to `width` x `height`."""

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
"""The place of a crop's corner at each frame: always a whole, even pixel."""


@dataclass(frozen=True, slots=True)
class Crop:
    """The `width` x `height` pixels of `src` with their top left corner at (x, y). With `exact` they may be odd; chroma
    then moves by half a sample at most."""

    src: Value
    width: int
    height: int
    x: Place
    y: Place
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Smear:
    """`src` with its edge pixels repeated outwards, by a number of pixels for each side."""

    src: Value
    left: int
    right: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Perspective:
    """The box of `path` stretched over the whole of `src`, sub-pixel; (x, y) is the place of `src` in the picture.

    Applies to frames [first, until); other frames are unchanged.
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
    """`src` on black of `width` x `height`, its corner at (x, y)."""

    src: Value
    width: int
    height: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Backdrop:
    """`src` at (x, y) of `width` x `height`, the rest `fill`: a colour, or `src` itself, enlarged and blurred."""

    src: Value
    width: int
    height: int
    x: int
    y: int
    fill: str


@dataclass(frozen=True, slots=True)
class Blur:
    """`src` blurred three times by the mean of the pixels at most `radius` away; chroma in proportion."""

    src: Value
    radius: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """`src` with an opaque alpha plane, as overlays need it."""

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
    """`src` tagged as square pixels of BT.709, which it has by then, as joins and the encoder need it."""

    src: Value


@dataclass(frozen=True, slots=True)
class Widen:
    """`src` with a chroma sample for every pixel (4:4:4), by repeating samples."""

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
    """The 256 colours that suit each frame of `src` best, as a small picture for every frame."""

    src: Value


@dataclass(frozen=True, slots=True)
class Paint:
    """Every frame of `src` in the colours of its `palette`, dithered in a fixed pattern."""

    src: Value
    palette: Value


# ---- sound


@dataclass(frozen=True, slots=True)
class Downmix:
    """`src` mixed down to stereo: stated shares of each channel, scaled so that nothing clips."""

    src: Value


@dataclass(frozen=True, slots=True)
class Resample:
    """`src` as gapless 48 kHz stereo from timestamp 0 on, silent where `src` has no sound."""

    src: Value


@dataclass(frozen=True, slots=True)
class Silence:
    """`samples` samples of silence."""

    samples: int


@dataclass(frozen=True, slots=True)
class Made:
    """`samples` samples of sound that earlier runs of ffmpeg have made in units, one after the other."""

    samples: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """The sound of `src` through `warp`, as exactly `samples` samples."""

    src: Value
    warp: Warp
    samples: int
    engine: Engine


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`length` samples of `src` from source time `start` on, to the sample."""

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
    """`src` as exactly `samples` samples: padded with silence or cut."""

    src: Value
    samples: int


@dataclass(frozen=True, slots=True)
class Volume:
    """`src` louder by `decibels`, or quieter where they are below 0."""

    src: Value
    decibels: Fraction


@dataclass(frozen=True, slots=True)
class Loudness:
    """`src` at one gain, which is measured when the film is rendered: to `target` LUFS, or as near from below as the
    limit of `peak` dBTP for true peaks allows."""

    src: Value
    target: Fraction
    peak: Fraction


@dataclass(frozen=True, slots=True)
class Measure:
    """`src`, with its loudness and its true peak written to a file."""

    src: Value


@dataclass(frozen=True, slots=True)
class Pcm:
    """`src` in 16-bit samples, as codecs without loss store it."""

    src: Value


# ---- joins


@dataclass(frozen=True, slots=True)
class Fade:
    """`src` with its first `entering` steps faded in from black or silence and its last `leaving` faded out.

    Steps are frames of a picture, samples of a sound.
    """

    src: Value
    entering: int
    leaving: int
    curves: tuple[str, str] = (LINEAR, LINEAR)
    """The fade curves of a sound, in and out, by afade's names."""


@dataclass(frozen=True, slots=True)
class Concat:
    """Pictures or sounds one after the other."""

    srcs: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Xfade:
    """`left`, then `right`, the last `overlap` frames or samples of `left` blended with the first of `right`.

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
    | Restate
    | Flatten
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
    | Made
    | Excerpt
    | Tempo
    | Exact
    | Volume
    | Loudness
    | Measure
    | Pcm
    | Fade
    | Concat
    | Xfade
    | Split
    | Branch
)
"""The ops that ffmpeg has filters for; a legal graph holds no others."""

Meant = Reframe | Backdrop | Stretch
"""The ops that state intent; passes rewrite them before emission."""

Op = Emitted | Meant

Tinting = Restate | Flatten | Tonemap | Colour | Opaque | Widen | Narrow | Rgb | Deepen | Paint
"""The ops that change only a picture's pixel format and colours."""

Still = Restate | Flatten | Tonemap | Colour | Turn | Rotate | Scale | Crop | Smear | Pad
"""The ops that treat every frame alike, a crop where its place is a number: frames that repeat can be made once."""

OPS: tuple[type[Op], ...] = get_args(Op)


def operands(op: Op) -> tuple[Value, ...]:
    """The values an op reads, in order."""
    if not isinstance(op, UNUSUAL):  # the fast path of most ops: no function is called more often
        return (op.src,)
    match op:
        case Source() | Plate() | Silence() | Made():
            return ()
        case Concat(srcs):
            return srcs
        case Xfade(left, right) | Overlay(left, right) | Paint(left, right):
            return left, right


UNUSUAL = (Source, Plate, Silence, Made, Concat, Xfade, Overlay, Paint)
"""Ops with operands other than a single `src`."""
