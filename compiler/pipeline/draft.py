"""Drafts: an edit's timing and curves, clip by clip, in numbers that a page can draw; no graph is made.

A compile stops at errors; a draft reports them all and goes on with the valid clips.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from compiler.errors import Notice, ReelError, detached
from compiler.ir.build import Build
from compiler.lower import Framing, Timing, looped, seen_by, settle
from compiler.lower.bounds import check_length
from compiler.lower.framing import keyed_path
from compiler.lower.join import illegal_joins, joins_of, most_of, seconds_of
from compiler.lower.rate import at_rate
from compiler.lower.timing import record_seconds
from compiler.model import AudioSettings, Canvas, Clip, Reel
from compiler.model.limits import FILM, FilmBounds
from compiler.timeline.curve import Box
from compiler.timeline.instant import SourceTime
from compiler.timeline.layout import Join, first_frames
from compiler.timeline.media import Media
from compiler.timeline.pieces import CropPiece, Polynomial, SourcePiece, crop_pieces, source_pieces

KEPT = 512
"""Drafted clips that are cached: two successive drafts of an edit differ in one clip."""


@dataclass(frozen=True, slots=True)
class PathPiece:
    """The keyframed box between two source times, as polynomials of the seconds since `start`."""

    start: float
    end: float
    x: Polynomial
    y: Polynomial
    width: Polynomial
    height: Polynomial


@dataclass(frozen=True, eq=False)
class Drafted:
    """One clip that is valid by itself. Drafting the same clip again gives the same object."""

    media: Media
    timing: Timing
    framing: Framing
    frames: int
    canvas: Canvas

    @cached_property
    def source(self) -> list[SourcePiece]:
        """The source time of the clip's frames."""
        return source_pieces(self.timing.warp, self.canvas.fps)

    @cached_property
    def crop(self) -> list[CropPiece]:
        """The clip's crop box over its frames, with the same numbers as the render."""
        return crop_pieces(self.framing.path)

    @property
    def lasts(self) -> Fraction:
        """Seconds of source time in the media; for a still image as many as the clip plays."""
        return self.timing.warp.end if self.media.video.still else self.media.video.end

    @cached_property
    def path(self) -> tuple[list[PathPiece], float]:
        """The crop box over the whole source at real speed, trimmed or not, and its largest distance from the curve."""
        path, start, rate = keyed_path(self.framing, self.media, self.canvas)
        pieces = [_timed(piece, start, rate) for piece in crop_pieces(path)]
        first, last = pieces[0], pieces[-1]
        if first.start > 0:
            pieces.insert(0, _standing(0.0, first.start, path.at(0)))
        if last.end < self.lasts:
            pieces.append(_standing(last.end, float(self.lasts), path.at(path.frames - 1)))
        return pieces, path.error


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted edit. Invalid `clips` are None; then the places of the others are unknown, and `firsts` is None."""

    reel: Reel
    clips: tuple[Drafted | None, ...]
    firsts: tuple[int, ...] | None
    """The record frame at which each clip begins."""
    frames: int | None
    joins: tuple[Join, ...]
    longest: tuple[Fraction | None, ...]
    """The most seconds that the join into each clip may last, for a cut those of an overlap; None for the first
    clip."""
    errors: tuple[ReelError, ...]
    notices: tuple[Notice, ...]


def draft_reel(
    reel: Reel, media: Mapping[str, Media], build: Build, wrong: Collection[str] = (), bounds: FilmBounds = FILM
) -> Draft:
    """The draft of a reel; clips with ids in `wrong` are known to be invalid or have no media. A film beyond `bounds`
    is drafted and has an error. Raises only RC208: a film without a rate has no frames."""
    media = {name: build.reads(each) for name, each in media.items()}
    reel = at_rate(reel, media)
    fps, errors, notices = reel.canvas.fps, list[ReelError](), list[Notice]()
    clips: list[Drafted | None] = []
    for clip in reel.clips:
        found: Drafted | ReelError | None = None
        if clip.id not in wrong:
            found, noted = _drafted(clip, media[clip.media], reel.canvas, reel.audio)
            notices += noted
        if isinstance(found, ReelError):
            errors.append(found)
        clips.append(found if isinstance(found, Drafted) else None)
    errors += _too_long(reel, clips, bounds)
    joins = joins_of(reel.clips, fps)
    lengths = [clip.frames for clip in clips if clip is not None]
    known = len(lengths) == len(clips)
    if not known:
        return Draft(reel, tuple(clips), None, None, tuple(joins), (None,) * len(clips), tuple(errors), tuple(notices))
    illegal = list(illegal_joins(reel.clips, lengths, joins, fps))
    firsts = None if illegal else tuple(first_frames(lengths, joins))
    frames = firsts[-1] + lengths[-1] if firsts else None
    longest = (None, *(Fraction(seconds_of(most_of(lengths, joins, k, fps), fps)) for k in range(1, len(joins))))
    return Draft(reel, tuple(clips), firsts, frames, tuple(joins), longest, (*errors, *illegal), tuple(notices))


def clip_seconds(clip: Clip, duration: Fraction) -> Fraction:
    """Seconds that a clip lasts in the film if its media lasts `duration`; 0 if the trim leaves nothing."""
    return record_seconds(clip, duration)


def _too_long(reel: Reel, clips: Sequence[Drafted | None], bounds: FilmBounds) -> Iterator[ReelError]:
    """RC209 for the first clip with which the film is too long; clips without a length count as none."""
    frames = 0
    for stored, clip in zip(reel.clips, clips, strict=True):
        frames += clip.frames if clip else 0
        try:
            check_length(frames, reel.canvas, bounds, stored.loc)
        except ReelError as error:
            yield detached(error)
            return


@lru_cache(KEPT)
def _drafted(
    clip: Clip, media: Media, canvas: Canvas, audio: AudioSettings
) -> tuple[Drafted | ReelError, tuple[Notice, ...]]:
    """The clip by itself, or its error; and its warnings."""
    notices = list(clip.notices)
    try:
        media = looped(clip, seen_by(clip, media), notices.append)
        return Drafted(media, *settle(clip, media, canvas, audio, notices), canvas), tuple(notices)
    except ReelError as error:
        return detached(error), tuple(notices)


def _standing(start: float, end: float, box: Box) -> PathPiece:
    return PathPiece(start, end, (box.x,), (box.y,), (box.width,), (box.height,))


def _timed(piece: CropPiece, start: SourceTime, rate: Fraction) -> PathPiece:
    """A piece of a path counted in frames, as a piece counted in seconds."""

    def scaled(poly: Sequence[float]) -> Polynomial:
        return tuple(c * float(rate**power) for power, c in enumerate(poly))

    begin, end = start + piece.frame / rate, start + (piece.frame + piece.frames) / rate
    sides = (piece.x, piece.y, piece.width, piece.height)
    return PathPiece(float(begin), float(end), *map(scaled, sides))
