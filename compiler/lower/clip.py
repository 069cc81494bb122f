"""One clip as definitions: its picture on the frame grid at the canvas's size, its sound on the sample grid."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler.colours import BLACK
from compiler.errors import Loc, Notice
from compiler.ir import ops
from compiler.ir.graph import Def
from compiler.ir.ops import Engine, Op, Value
from compiler.lower.framing import Framing
from compiler.lower.timing import Timing
from compiler.model import Canvas, Clip
from compiler.timeline.colour import HDR, see_through
from compiler.timeline.instant import SourceTime, sample_at
from compiler.timeline.layout import Join
from compiler.timeline.media import WHOLE, Media, VideoStream
from compiler.timeline.window import opens

NEIGHBOURS = 2
"""Frames before and after a frame, more than deinterlacing makes it of."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A clip with its timing, its framing and its place in the record."""

    clip: Clip
    name: str
    media: Media
    timing: Timing
    framing: Framing
    frames: int
    first: int
    """The record frame at which the clip starts."""
    join: Join
    """The join into the clip."""
    leaving: Join
    """The join into the next clip; a cut after the last."""
    notices: tuple[Notice, ...]

    @property
    def picture(self) -> Value:
        """The name of the clip's picture."""
        return Value(self.name)

    @property
    def sound(self) -> Value:
        """The name of the clip's sound."""
        return Value(f"{self.name}.sound")


class Chain:
    """Definitions in a row, each reading the one before."""

    def __init__(self, name: str) -> None:
        self.name, self.defs = name, list[Def]()

    def add(self, step: str, op: Op, loc: Loc) -> Value:
        """Add a definition, `<clip>.<step>`, and return its name."""
        value = Value(f"{self.name}.{step}" if step else self.name)
        self.defs.append(Def(value, op, loc))
        return value

    def finished(self) -> list[Def]:
        """All definitions, the last named after the clip itself."""
        *before, last = self.defs
        return [*before, replace(last, name=Value(self.name))]


def picture(placed: Placed, canvas: Canvas) -> list[Def]:
    """The definitions of the clip's picture, all of them, since a pass removes those that change nothing."""
    clip, media, framing, loc = placed.clip, placed.media, placed.framing, placed.clip.loc
    timing, video = placed.timing, media.video
    trim = clip.trim.loc if clip.trim else loc.at("media")
    speed = clip.speed_loc or trim
    crop = loc.at("crop_data") if clip.crop else loc
    chain = Chain(placed.name)
    at = chain.add("video", ops.Source(media, "video", strict=clip.damage == "refuse"), loc.at("media"))
    at = chain.add("whole", deinterlaced(at, video, timing.read_from, timing.warp.end), loc.at("media"))
    if video.reserved_tags:
        at = chain.add("tags", ops.Restate(at), loc.at("media"))
    at = chain.add("trim", ops.Trim(at, timing.read_from, timing.warp.end), trim)
    if clip.motion != "repeat":  # frames are mixed in the canvas's colour
        at = _coloured(chain, at, video, canvas, loc.at("media"))
    at = chain.add("warp", ops.Retime(at, timing.grid_warp(canvas.fps), canvas.fps, motion=clip.motion), speed)
    if clip.motion == "repeat":
        at = _coloured(chain, at, video, canvas, loc.at("media"))
    if video.cropped != (video.width, video.height):
        at = chain.add("aperture", aperture(at, video), loc.at("media"))
    upright = video.oriented(clip.turn, clip.mirror)
    at = chain.add("turn", ops.Turn(at, upright.rotation, upright.mirrored), _turn_loc(clip))
    at = chain.add("square", ops.Scale(at, *framing.picture), loc.at("media"))
    at = chain.add("rotate", ops.Rotate(at, clip.rotation), loc.at("rotation"))
    at = chain.add("crop", ops.Reframe(at, framing.path, framing.width, framing.height), crop)
    at = chain.add("bars", _barred(at, framing, canvas), crop)
    entering, leaving = _faded(placed)
    black = (placed.join.colour == BLACK, placed.leaving.colour == BLACK)
    at = chain.add("fade", ops.Fade(at, entering * black[0], leaving * black[1]), clip.transition.loc)
    at = chain.add("plain", ops.Conform(at), loc)
    if entering and not black[0]:
        plate = chain.add("from", _plate(placed.join.colour, entering, canvas), clip.transition.loc)
        at = chain.add("entering", ops.Xfade(plate, at, "dissolve", entering), clip.transition.loc)
    if leaving and not black[1]:
        plate = chain.add("to", _plate(placed.leaving.colour, leaving, canvas), loc)
        chain.add("leaving", ops.Xfade(at, plate, "dissolve", leaving), loc)
    return chain.finished()


def _turn_loc(clip: Clip) -> Loc:
    """The field that turns the picture: the clip's own, or the media, whose metadata may."""
    return clip.loc.at("turn" if clip.turn else "mirror" if clip.mirror else "media")


def deinterlaced(src: Value, video: VideoStream, start: SourceTime, end: SourceTime) -> ops.Deinterlace:
    """Whole frames between two source times; at the edges of a window they are made of no frame outside."""
    reach = NEIGHBOURS / video.rate
    inside = video.skipped is None or (start - reach >= 0 and end + reach <= video.end)
    return ops.Deinterlace(src, video.fields, None if inside else (opens(video), video.end))


def aperture(src: Value, video: VideoStream) -> ops.Crop:
    """What the container's cropping leaves of a whole, deinterlaced picture."""
    left, top, _, _ = video.crop or WHOLE
    return ops.Crop(src, *video.cropped, left, top, exact=True)


def _barred(src: Value, framing: Framing, canvas: Canvas) -> Op:
    place = (canvas.width, canvas.height, framing.x, framing.y)
    return ops.Pad(src, *place) if canvas.fill == BLACK else ops.Backdrop(src, *place, canvas.fill)


def _plate(colour: str, frames: int, canvas: Canvas) -> ops.Plate:
    return ops.Plate(colour, canvas.width, canvas.height, canvas.fps, frames)


def ground(video: VideoStream, canvas: Canvas) -> str:
    """The colour that is seen through transparent parts: the canvas's; black where that is no colour, and for HDR,
    whose numbers mean other colours."""
    return canvas.fill if canvas.fill.startswith("#") and video.color_transfer not in HDR else BLACK


def _coloured(chain: Chain, at: Value, video: VideoStream, canvas: Canvas, loc: Loc) -> Value:
    if see_through(video):
        at = chain.add("ground", ops.Flatten(at, ground(video, canvas)), loc)
    return chain.add("colour", ops.Colour(chain.add("tonemap", ops.Tonemap(at), loc)), loc)


def _faded(placed: Placed) -> tuple[int, int]:
    """The numbers of frames that fade in from a fade's colour, and fade out to it."""
    entering = placed.join.entering if placed.join.kind == "fade" else 0
    leaving = placed.leaving.leaving if placed.leaving.kind == "fade" else 0
    return entering, leaving


def sound(placed: Placed, canvas: Canvas, engine: Engine | None) -> list[Def]:
    """The clip's sound over exactly the samples of its frames; silence without an engine or without any sound."""
    loc, first, last = placed.clip.loc, placed.first, placed.first + placed.frames
    start, end = sample_at(first, canvas.fps), sample_at(last, canvas.fps)
    chain = Chain(placed.name)
    if engine is None or placed.clip.mute or not _heard(placed):
        chain.add("sound", ops.Silence(end - start), loc.at("mute" if placed.clip.mute else "media"))
        return chain.defs
    entering, leaving = _faded(placed)
    fades = sample_at(first + entering, canvas.fps) - start, end - sample_at(last - leaving, canvas.fps)
    speed = placed.clip.speed_loc or loc
    at = chain.add("audio", ops.Source(placed.media, "audio", strict=placed.clip.damage == "refuse"), loc.at("media"))
    at = chain.add("stereo", ops.Downmix(at), loc.at("media"))
    at = chain.add("even", ops.Resample(at), loc.at("media"))
    at = chain.add("tempo", ops.Stretch(at, placed.timing.warp, end - start, engine), speed)
    if placed.clip.volume:
        at = chain.add("volume", ops.Volume(at, placed.clip.volume), loc.at("volume"))
    curves = placed.join.curve, placed.leaving.curve
    chain.add("sound", ops.Fade(at, *fades, curves), placed.clip.transition.loc)
    return chain.defs


def _heard(placed: Placed) -> bool:
    """Whether the clip plays any of the media's sound."""
    audio, warp = placed.media.audio, placed.timing.warp
    if audio is None:
        return False
    begins = audio.first - placed.media.video.first
    return begins < warp.end and audio.end > warp.start
