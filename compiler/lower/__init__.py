"""Lowering: a reel and the facts of its media become the first form of the render graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

from compiler.errors import Loc, Notice, ReelError, detached, raise_all
from compiler.ir import ops
from compiler.ir.build import Build
from compiler.ir.graph import Def, Graph
from compiler.ir.infer import HDR_MATRICES, MATRICES
from compiler.ir.ops import Engine, Value
from compiler.lower.bounds import check_length
from compiler.lower.clip import Placed, ground, picture, sound
from compiler.lower.framing import Framing, frame_clip
from compiler.lower.join import illegal_joins, join_pictures, join_sounds, joins_of
from compiler.lower.looping import looped
from compiler.lower.names import clip_names
from compiler.lower.timing import Notify, Timing, time_clip
from compiler.lower.windows import seen_by, windowed
from compiler.model import AudioSettings, Canvas, Clip, Reel
from compiler.model.limits import FILM, FilmBounds, Stretch
from compiler.timeline.colour import HDR, WIDER, matrix_of, see_through
from compiler.timeline.downmix import unmixable
from compiler.timeline.instant import SourceTime, frame_count
from compiler.timeline.layout import CUT, first_frames
from compiler.timeline.media import Media, VideoStream

__all__ = [
    "Framing",
    "Lowered",
    "Placed",
    "Timing",
    "check_colours",
    "looped",
    "lower",
    "seen_by",
    "settle",
    "windowed",
]


MOST_SPANS = 4
"""Damaged spans that a notice names."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """The reel's graph, and its placed clips."""

    graph: Graph
    clips: tuple[Placed, ...]


def lower(reel: Reel, media: Mapping[str, Media], build: Build, bounds: FilmBounds = FILM) -> Lowered:
    """The graph of a reel over its media, `media[clip.media]` for each clip; raises all RC2 errors at once."""
    clips = place(reel, {name: build.reads(each) for name, each in media.items()}, bounds)
    fps = reel.canvas.fps
    defs: list[Def] = []
    for placed in clips:
        defs += picture(placed, reel.canvas)
    joins, film = join_pictures(clips)
    defs += joins
    if not reel.audio.include:
        return Lowered(Graph(tuple(defs), film, None), clips)
    for placed in clips:
        defs += sound(placed, reel.canvas, _engine(placed.clip.stretch, build))
    joins, heard = join_sounds(clips, fps)
    defs += joins
    if wanted := reel.audio.loudness:
        op = ops.Loudness(heard, wanted.target, wanted.true_peak)
        heard = Value("reel.loud")
        defs.append(Def(heard, op, Loc(None, "/audio/loudness")))
    return Lowered(Graph(tuple(defs), film, heard), clips)


def place(reel: Reel, media: Mapping[str, Media], bounds: FilmBounds = FILM) -> tuple[Placed, ...]:
    """Every clip with its timing, framing and place in the record; after RC209 the other clips are not looked at."""
    errors: list[ReelError] = []
    notices: list[list[Notice]] = [list(clip.notices) for clip in reel.clips]
    settled: list[tuple[Timing, Framing, int]] = []
    seen: list[Media] = []
    before = 0
    for clip, noted in zip(reel.clips, notices, strict=True):
        try:
            seen.append(looped(clip, seen_by(clip, media[clip.media]), noted.append))
            settled.append(settle(clip, seen[-1], reel.canvas, reel.audio, noted, bounds, before))
            before += settled[-1][2]
        except ReelError as error:
            errors.append(detached(error))
            if error.code == "RC209":
                break
    raise_all(errors)
    joins = joins_of(reel.clips, reel.canvas.fps)
    lengths = [frames for _, _, frames in settled]
    raise_all(illegal_joins(reel.clips, lengths, joins, reel.canvas.fps))
    firsts, names = first_frames(lengths, joins), clip_names([clip.id for clip in reel.clips])
    read = [_read_by(each, timing) for each, (timing, _, _) in zip(seen, settled, strict=True)]
    return tuple(
        Placed(clip, name, facts, timing, framing, frames, first, join, leaving, tuple(noted))
        for clip, facts, name, (timing, framing, frames), first, join, leaving, noted in zip(
            reel.clips, read, names, settled, firsts, joins, [*joins[1:], CUT], notices, strict=True
        )
    )


def _read_by(media: Media, timing: Timing) -> Media:
    """The media as a clip of this timing reads it."""
    return media.read_between(timing.read_from, timing.warp.end)


def settle(
    clip: Clip,
    media: Media,
    canvas: Canvas,
    audio: AudioSettings,
    notices: list[Notice],
    bounds: FilmBounds = FILM,
    before: int = 0,
) -> tuple[Timing, Framing, int]:
    """The timing, the framing and the number of frames of one clip by itself; adds its warnings to `notices`. Raises
    its first RC2 error, RC209 where it and the `before` frames of earlier clips exceed the bounds."""
    _check_source(clip, media, canvas, notices.append)
    _check_whole(clip, media)
    if audio.include and clip.stretch != "mute" and not clip.mute:
        _check_sound(clip, media, notices.append)
    timing = time_clip(clip, media, notices.append)
    _note_held(clip, media, timing, notices.append)
    frames = frame_count(timing.warp.total, canvas.fps)
    check_length(before + frames, canvas, bounds, clip.loc)
    return timing, frame_clip(clip, media, timing.warp, canvas, frames, notices.append), frames


def _check_source(clip: Clip, media: Media, canvas: Canvas, notify: Notify) -> None:
    """Raise an error for colours that would come out wrong, and note assumptions about the media."""
    video, loc = media.video, clip.loc.at("media")
    for sentence in media.notices:
        notify(Notice(loc, sentence))
    if see_through(video):
        notify(Notice(loc, f"the media can have transparent parts; {ground(video, canvas)} is seen through them"))
    check_colours(video, loc)
    if video.color_transfer not in HDR and video.color_primaries in WIDER:
        wider = WIDER[video.color_primaries]
        notify(Notice(loc, f"the media's primaries are those of {wider}; they are read as BT.709's, a little duller"))


def _check_sound(clip: Clip, media: Media, notify: Notify) -> None:
    """Raise RC205 for sound that cannot be mixed down, and note tracks that cannot be heard."""
    loc = clip.loc.at("media")
    for sentence in media.unheard:
        notify(Notice(loc, sentence))
    if media.audio and unmixable(media.audio.speakers):
        raise ReelError(
            "RC205",
            loc,
            f"the media's sound, {media.audio.layout}, has channels without a place left or right",
            hint="mix it down to stereo first, or leave the film's sound out",
        )


def _check_whole(clip: Clip, media: Media) -> None:
    """RC604 for damaged media of a clip that refuses damage."""
    if clip.damage == "refuse" and media.cut_short:
        what, hint = f"the media {media.cut_short}", 'upload or copy the file again, or set "damage": "conceal"'
        raise ReelError("RC604", clip.loc.at("media"), what, hint=hint)


def held_in(media: Media, start: SourceTime, end: SourceTime) -> tuple[tuple[Fraction, Fraction], ...]:
    """The parts of [start, end) in which the frame before a damaged one is held."""
    spans = ((max(first, start), min(until, end)) for first, until in media.video.held)
    return tuple((first, until) for first, until in spans if first < until)


def _note_held(clip: Clip, media: Media, timing: Timing, notify: Notify) -> None:
    """Note where damaged frames are replaced."""
    held = held_in(media, timing.warp.start, timing.warp.end)
    if held:
        spans = ", ".join(f"{float(first):g} .. {float(until):g} s" for first, until in held[:MOST_SPANS])
        more = f" and {len(held) - MOST_SPANS} more" if len(held) > MOST_SPANS else ""
        text = f"the media is damaged at {spans}{more}; the frame before is held there"
        notify(Notice(clip.loc.at("media"), text))


def check_colours(video: VideoStream, loc: Loc) -> None:
    """RC205 for colours that cannot be converted to the canvas's."""
    hdr = video.color_transfer in HDR
    if matrix_of(video) not in (HDR_MATRICES if hdr else MATRICES):
        raise ReelError(
            "RC205",
            loc,
            f"the media's colour matrix, {matrix_of(video)}, cannot be converted{' from HDR' if hdr else ''}",
            hint="convert it to BT.709 first",
        )


def _engine(stretch: Stretch, build: Build) -> Engine | None:
    """The engine that stretches the sound: the build's best for `pitch`, none for `mute`."""
    match stretch:
        case "mute":
            return None
        case "varispeed":
            return "varispeed"
        case "pitch":
            return "rubberband" if "rubberband" in build.filters else "atempo"
        case _:
            assert_never(stretch)
