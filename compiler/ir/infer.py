"""The shape of every value, derived from the ops alone: size, frames, samples, colour, clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import assert_never

from compiler.ir import ops
from compiler.ir.graph import Graph
from compiler.ir.ops import Op, Value, operands
from compiler.timeline.clock import zero_of
from compiler.timeline.colour import HDR, is_full_range, matrix_of, primaries_of
from compiler.timeline.downmix import STEREO
from compiler.timeline.media import Media, VideoStream


@dataclass(frozen=True, slots=True)
class Tint:
    """The pixel format and the colour tags of a picture."""

    pix_fmt: str = "yuv420p"
    range: str = "tv"
    matrix: str = "bt709"
    transfer: str = "bt709"
    """`smpte2084` (PQ) or `arib-std-b67` (HLG) for HDR, else the canvas's."""
    primaries: str = "bt709"
    """Distinguished only for HDR."""


CANVAS = Tint()
"""8-bit 4:2:0, limited range, BT.709: the colours of joined and encoded pictures."""

WIDE = replace(CANVAS, pix_fmt="yuv444p")
"""CANVAS with a chroma sample for every pixel (4:4:4), for blends."""

OPAQUE = replace(CANVAS, pix_fmt="yuva420p")
"""CANVAS with an alpha plane, for pictures that are laid over others."""

TINTS: Mapping[type[Op], Tint] = {
    ops.Tonemap: Tint("gbrp16le", "pc", "gbr"),
    ops.Colour: CANVAS,
    ops.Opaque: OPAQUE,
    ops.Widen: WIDE,
    ops.Narrow: CANVAS,
    ops.Deepen: replace(CANVAS, pix_fmt="yuv422p10le"),
    ops.Paint: Tint("pal8", "pc", "gbr"),
}
"""The colours that tinting ops make. Tone mapping makes deep RGB of the canvas's brightness."""

MATRICES = frozenset({"bt709", "smpte170m", "bt470bg", "fcc", "smpte240m", "bt2020nc", "bt2020c", "gbr"})
"""Colour matrices that can be converted to the canvas's, as probing names them."""

HDR_MATRICES = frozenset({"bt709", "bt2020nc", "bt2020c", "gbr"})
"""Colour matrices from which HDR can be tone mapped."""


@dataclass(frozen=True, slots=True)
class Video:
    """The shape of a picture: with `frames` on the frame grid of `fps`, without in source time."""

    width: int
    height: int
    tint: Tint = CANVAS
    square: bool = False
    """Whether pixels are marked square."""
    zero: Fraction = Fraction(0)
    """Seconds: the timestamp of source time 0."""
    uneven: bool = False
    """Whether frames come at uneven times."""
    frames: int | None = None
    fps: Fraction | None = None
    stamped: bool = False
    """Whether frame n is stamped exactly n / fps."""


@dataclass(frozen=True, slots=True)
class Audio:
    """The shape of a sound at 48 kHz; without `samples` it is in source time, as long as its source."""

    samples: int | None = None
    zero: Fraction = Fraction(0)
    """Seconds: the timestamp of source time 0."""
    speakers: tuple[str, ...] = STEREO
    """The loudspeaker of each channel."""
    heard: tuple[Fraction, Fraction] | None = None
    """Seconds: the timestamps between which a window is heard; None for the sound of a whole file."""


Shape = Video | Audio
Shapes = Mapping[Value, Shape]


class Inferred(dict[Value, Shape]):
    """The shape of every value of one graph, by name."""

    __slots__ = ("graph",)

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph


def infer(graph: Graph, like: Inferred | None = None) -> Inferred:
    """The shape of every value. `like`, the shapes of this graph or of a similar one, saves most of the work: a shape
    is inferred again only if the op or the shape of an operand has changed."""
    if like is not None and like.graph is graph:
        return like
    shapes = Inferred(graph)
    before: Shapes = {} if like is None else like
    made: Mapping[Value, Op] = {} if like is None else like.graph.ops
    for name, op in graph.ops.items():
        if made.get(name) is op and all(shapes[value] is before[value] for value in operands(op)):
            shapes[name] = before[name]
        else:
            shape = shape_of(op, shapes)
            shapes[name] = before[name] if before.get(name) == shape else shape
    return shapes


def shape_of(op: Op, shapes: Shapes) -> Shape:
    """The shape of an op's result, given the shapes of its operands."""
    match op:
        case ops.Source() | ops.Plate() | ops.Silence() | ops.Made():
            return _begun(op)
        case ops.Trim(src) | ops.Deinterlace(src):
            return as_video(shapes[src])
        case ops.Split() | ops.Branch() | ops.Fade():
            return shapes[op.src]
        case ops.Volume() | ops.Loudness() | ops.Measure() | ops.Pcm():
            return as_audio(shapes[op.src])
        case ops.Restamp(src) if isinstance(shape := shapes[src], Audio):
            return shape
        case ops.Downmix() | ops.Resample() | ops.Stretch() | ops.Excerpt() | ops.Tempo() | ops.Exact():
            return _heard(op, as_audio(shapes[op.src]))
        case ops.Overlay() | ops.Concat() | ops.Xfade():
            return _joined(op, shapes)
        case _ if isinstance(op, ops.Tinting):
            return _tinted(op, as_video(shapes[op.src]))
        case _:
            return _pictured(op, as_video(shapes[op.src]))


def _begun(op: ops.Source | ops.Plate | ops.Silence | ops.Made) -> Shape:
    match op:
        case ops.Source(media, "video", seek):
            return _footage(media, seek)
        case ops.Source(media, _, seek):
            return _track(media, seek)
        case ops.Plate(_, width, height, fps, frames):
            return Video(width, height, square=True, frames=frames, fps=fps, stamped=True)
        case ops.Silence(samples) | ops.Made(samples):
            return Audio(samples)
        case _:
            assert_never(op)


def _tinted(op: ops.Tinting, src: Video) -> Video:
    if isinstance(op, ops.Rgb):
        return replace(src, tint=Tint(op.pix_fmt, "pc", "gbr"))
    if isinstance(op, ops.Restate):
        return src
    if isinstance(op, ops.Flatten):
        return replace(src, tint=replace(src.tint, pix_fmt="gbrp16le", range="pc", matrix="gbr"))
    if isinstance(op, ops.Tonemap) and src.tint.transfer == CANVAS.transfer:
        return src
    return replace(src, tint=TINTS[type(op)])


def _pictured(
    op: (
        ops.Retime
        | ops.Restamp
        | ops.Frames
        | ops.Turn
        | ops.Rotate
        | ops.Reframe
        | ops.Crop
        | ops.Smear
        | ops.Perspective
        | ops.Scale
        | ops.Pad
        | ops.Backdrop
        | ops.Blur
        | ops.Conform
        | ops.Palette
    ),
    src: Video,
) -> Video:
    match op:
        case ops.Retime(fps=fps):
            return replace(src, frames=op.frames, fps=fps, stamped=True, zero=Fraction(0), uneven=False)
        case ops.Restamp():
            return replace(src, stamped=True)
        case ops.Frames(_, first, until):
            return replace(src, frames=until - first)
        case ops.Turn(degrees=degrees):
            return replace(src, width=src.height, height=src.width) if degrees in (90, 270) else src
        case ops.Palette():
            return replace(src, width=16, height=16)
        case ops.Rotate() | ops.Perspective() | ops.Blur():
            return src
        case ops.Reframe(width=width, height=height) | ops.Scale(width=width, height=height):
            return replace(src, width=width, height=height, square=False)
        case ops.Crop(_, width, height) | ops.Pad(_, width, height) | ops.Backdrop(_, width, height):
            return replace(src, width=width, height=height)
        case ops.Smear(_, left, right, top, bottom):
            return replace(src, width=src.width + left + right, height=src.height + top + bottom)
        case ops.Conform():
            return replace(src, square=True)
        case _:
            assert_never(op)


def _heard(op: ops.Downmix | ops.Resample | ops.Stretch | ops.Excerpt | ops.Tempo | ops.Exact, src: Audio) -> Audio:
    match op:
        case ops.Downmix():
            return replace(src, speakers=STEREO)
        case ops.Resample():
            return src
        case ops.Excerpt(length=samples) | ops.Stretch(samples=samples) | ops.Exact(samples=samples):
            return Audio(samples)
        case ops.Tempo():
            return Audio()
        case _:
            assert_never(op)


def _track(media: Media, seek: Fraction) -> Audio:
    audio = media.audio
    if audio is None:
        return Audio(None, media.video.first)
    zero = zero_of(media, audio, seek)
    return Audio(None, zero, audio.speakers, (zero, zero + media.video.end) if media.video.skipped else None)


def _footage(media: Media, seek: Fraction) -> Video:
    video, uneven = media.video, bool(media.video.straightened) or media.video.uneven
    return Video(video.width, video.height, _tint(video), video.sar == 1, zero_of(media, video, seek), uneven)


def _tint(video: VideoStream) -> Tint:
    tint = Tint(video.pix_fmt, "pc" if is_full_range(video) else "tv", matrix_of(video))
    if video.color_transfer in HDR:
        return replace(tint, transfer=video.color_transfer, primaries=primaries_of(video))
    return tint


def _joined(op: ops.Overlay | ops.Concat | ops.Xfade, shapes: Shapes) -> Shape:
    match op:
        case ops.Overlay(below, above):
            under = as_video(shapes[below])
            return replace(as_video(shapes[above]), width=under.width, height=under.height, tint=under.tint)
        case ops.Concat(srcs):
            return _in_a_row([shapes[src] for src in srcs], 0)
        case ops.Xfade(left, right, _, overlap):
            return _in_a_row([shapes[left], shapes[right]], overlap)
        case _:
            assert_never(op)


def _in_a_row(shapes: list[Shape], overlap: int) -> Shape:
    first = shapes[0]
    if isinstance(first, Audio):
        return Audio(sum(as_audio(shape).samples or 0 for shape in shapes) - overlap)
    frames = sum(as_video(shape).frames or 0 for shape in shapes) - overlap
    return replace(first, frames=frames, stamped=False)


def as_video(shape: Shape) -> Video:
    """The shape as a picture's; TypeError for a sound."""
    if not isinstance(shape, Video):
        raise TypeError("a sound stands where a picture belongs")
    return shape


def as_audio(shape: Shape) -> Audio:
    """The shape as a sound's; TypeError for a picture."""
    if not isinstance(shape, Audio):
        raise TypeError("a picture stands where a sound belongs")
    return shape


def frames_of(value: Value, shapes: Shapes) -> int:
    """The number of frames of a picture on the frame grid."""
    frames = as_video(shapes[value]).frames
    assert frames is not None
    return frames
