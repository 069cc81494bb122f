"""seek-sources: a source is read from a little before its first used instant, not from its start."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import floor, gcd

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, rewrite
from compiler.ir.infer import Inferred
from compiler.ir.ops import Value, operands
from compiler.timeline.frames import before
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import MOST_REORDERED, AudioStream, Media, VideoStream
from compiler.timeline.window import preceding

LEAD_FRAMES = 1
"""Frames read before the in point, for filters that look at the frame before. The seek itself goes further back: it
finds a key frame by its decoding time, earlier than its display by what is reordered, and frames displayed before the
key frame are lost. The facts of a file say how much that is, or the most is taken. Of a file that is sought by the
times at which frames are shown, they list the key frames, and a clip that begins with one is read from it (ADR 100)."""

MICROSECONDS = 10**6
"""Steps of a second in which ffmpeg seeks."""

LEAD_SOUND, LEAD_LC, FRAMES_LC = Fraction(1), Fraction(1, 5), 4 * 1024
"""Seconds of sound read before the in point, since a decoder needs a few frames until its output is right. AAC of low
complexity needs two frames, and gets four; at low rates they are longer, and it gets the whole second. HE-AAC needs a
header that may come only every half second, and the 511 bytes that MP3 refers back to are half a second at 8 kbit/s.
Files are sought by the picture's key frames, also for sound: a longer lead often reads a group of pictures more."""

COARSE_REACH = 600
"""Seconds into a file up to which sound with rounded timestamps is read from the file's start, and so placed exactly:
in Matroska a seek misplaces sound by up to half a millisecond, which slow motion stretches."""


def seek_sources(graph: Graph, _: Inferred | None = None) -> Graph:
    """trim(source, a, b) = trim(source from an instant well before a, a, b)"""
    starts = _first_read(graph)

    def seek(define: Def) -> tuple[Def] | None:
        if not isinstance(define.op, ops.Source) or define.name not in starts:
            return None
        start, bare = starts[define.name]
        into = start + preceding(define.op.media)
        counted = into < COARSE_REACH and define.op.stream == "audio" and _coarse(define.op.media)
        to = Fraction(0) if counted else _seek(define.op, start, bare)
        return (Def(define.name, replace(define.op, seek=to), define.loc),)

    return rewrite(graph, seek)


def _seek(source: ops.Source, start: Fraction, bare: bool) -> Fraction:
    """Seconds to seek to: whole milliseconds, and whole ticks of the stream where possible, so that nothing is rounded;
    or those of a key frame just before `start`, if the source is `bare`: nothing looks at frames before its in point.

    A straightened stream begins at any instant: a whole tick of pictures, a whole second of sound. One without an index
    that is not straightened, by facts of before ADR 44, is read from its start: a seek could land in the middle of a
    GOP or of a sound's frame.
    """
    media = source.media
    sound = source.stream == "audio"
    begin = _heard_from(media, start) if sound else _seen_from(media.video, start)
    stream = media.audio if sound and media.audio else media.video
    into = begin + preceding(media)
    if stream.straightened:
        step = Fraction(1) if sound else media.video.time_base
        return max(Fraction(0), floor(into / step) * step)
    if into <= 0 or media.unindexed:
        return Fraction(0)
    steps = gcd(1000, stream.time_base.denominator) if stream.time_base.numerator == 1 else 1000
    usual = max(Fraction(0), Fraction(floor((begin + media.video.first - media.start) * steps), steps))
    key = None if sound or not bare else _key_before(media.video, start)
    if key is None:
        return usual
    micros = floor(key * MICROSECONDS) - round(media.start * MICROSECONDS)  # to the key frame's tick, or before it
    return max(usual, Fraction(micros, MICROSECONDS))


def _key_before(video: VideoStream, start: Fraction) -> Fraction | None:
    """The container's timestamp of the last key frame shown at `start` or before; None if a seek to it may find the
    next one, which is decoded before it is shown."""
    number = bisect_right(video.keys, (start + video.first) / video.time_base)
    if number == 0 or video.ahead is None:
        return None
    at, *later = video.keys[number - 1 : number + 1]
    if later and (later[0] - at) * video.time_base <= video.ahead:
        return None
    return at * video.time_base


def _seen_from(video: VideoStream, start: Fraction) -> Fraction:
    """The source time by which the key frame is sought from which the picture at `start` is decoded."""
    if video.ahead is None:
        return before(video, SourceTime(start), LEAD_FRAMES + MOST_REORDERED)
    return before(video, SourceTime(start), LEAD_FRAMES) - video.ahead


def _heard_from(media: Media, start: Fraction) -> Fraction:
    """The source time from which sound is decoded that is heard from `start` on."""
    match media.audio:
        case AudioStream(codec="aac", profile="LC", sample_rate=rate) if rate * LEAD_LC >= FRAMES_LC:
            return start - LEAD_LC
        case _:
            return start - LEAD_SOUND


def _coarse(media: Media) -> bool:
    """Whether the container's timestamps are too coarse to tell one sample from the next."""
    audio = media.audio
    return audio is not None and not audio.straightened and audio.time_base > Fraction(1, audio.sample_rate)


def _first_read(graph: Graph) -> Mapping[Value, tuple[Fraction, bool]]:
    """The earliest used source time of each source, and whether it is trimmed before anything else."""
    earliest: dict[Value, tuple[Fraction, bool]] = {}
    for define in graph:
        match define.op:
            case ops.Trim(src, start):
                source, at = src, Fraction(start)
            case ops.Stretch(src, warp):
                source, at = src, Fraction(warp.start)
            case _:
                continue
        bare = not operands(graph.ops[source])
        while operands(graph.ops[source]):
            source = operands(graph.ops[source])[0]
        before_it, others_bare = earliest.get(source, (at, True))
        earliest[source] = min(at, before_it), bare and others_bare
    return earliest
