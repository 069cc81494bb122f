"""The child that opens media: one question on the command line, one JSON answer on stdout.

    media PATH                  the facts of a media file
    damaged PATH START END      the same, of a file that does not decode whole there
    film PATH FPS               the facts of a finished film
    packets PATH                the checksums of a film's packets

An answer is {"answer": ...} or {"error": ReelError.fields()}; rationals are strings.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream as Picture

from compiler.errors import ReelError
from compiler.supervise.facts import survey
from compiler.supervise.facts.colour import colours
from compiler.supervise.facts.cropping import cropping
from compiler.supervise.facts.damage import held_near, held_ranges, silent_places
from compiler.supervise.facts.display import turn
from compiler.supervise.facts.film import film
from compiler.supervise.facts.image import image_facts
from compiler.supervise.facts.packets import packets
from compiler.supervise.facts.picture import PictureFacts
from compiler.supervise.facts.sound import SoundFacts, damaged_sound
from compiler.supervise.facts.tracks import UndecodableTrackError, sound_of
from compiler.supervise.facts.whole import Whole
from compiler.supervise.images.opening import image_of
from compiler.supervise.media.admit import (
    STILLS,
    VIDEO_CODECS,
    Log,
    admit_stream,
    messages,
    no_picture,
    opened,
    refused,
    too_many_pixels,
    unreadable,
)
from compiler.supervise.straighten.child import sample_counts
from compiler.timeline.media import (
    MAX_PIXELS,
    MOST_FRAMES,
    STILL_RATE,
    STILL_SECONDS,
    STILL_TICK,
    WHOLE,
    AudioStream,
    VideoStream,
)
from compiler.timeline.media import STILL as STILL_FORMAT

Fields = dict[str, Any]

LOST = (("matroska", "EBML"), ("flv", "Packet mismatch"))
"""Demuxers that say when they lose their way, and how."""

ART = Disposition.attached_pic | Disposition.timed_thumbnails
RULE = 2
"""The rule of source time 0 and of a file's length, see Media.rule."""


def main() -> None:
    """Answer the question on the command line."""
    question, path, *rest = sys.argv[1:]
    try:
        answer = QUESTIONS[question](Path(path), *map(Fraction, rest))
        print(json.dumps({"answer": answer}, default=str))
    except ReelError as error:
        print(json.dumps({"error": error.fields()}))


def damaged(path: Path, *bounds: Fraction) -> Fields:
    """The facts of a file that does not decode whole in spans of source time, each from one bound to the next: both
    streams are straightened."""
    facts = media(path, forced=True)
    video = VideoStream(**facts["video"])
    spans = [*zip(bounds[::2], bounds[1::2], strict=True)]
    facts["video"]["held"] = [held for start, end in spans for held in held_ranges(str(path), video, start, end)]
    if facts["audio"]:
        audio = AudioStream(**facts["audio"])
        silent = [at for start, end in spans for at in silent_places(str(path), audio, start, end)]
        told = [damaged_sound(len(silent), silent[0])] if silent else []
        facts["unheard"] = [*facts["unheard"], *(each for each in told if each not in facts["notices"])]
    return facts


def media(path: Path, *, forced: bool = False) -> Fields:
    """The fields of timeline.media.Media, except the path; RC606 for more frames than are read."""
    facts = _facts(path, forced=forced)
    if (frames := len(facts["video"]["ticks"])) > MOST_FRAMES:
        raise refused(f"has {frames} frames, more than {MOST_FRAMES}", "cut it into shorter files")
    return facts


def _facts(path: Path, *, forced: bool) -> Fields:
    if (image := image_of(path)) is not None:
        return image_facts(path, image, RULE)
    with opened(path) as (container, _):
        earliest = survey.earliest(container)
    undecodable: list[int] = []
    while True:
        try:
            return {**_media(path, undecodable, forced=forced), "earliest": earliest}
        except UndecodableTrackError as error:
            undecodable.append(error.args[0])


def _media(path: Path, undecodable: Collection[int], *, forced: bool) -> Fields:
    with opened(path) as (container, log):
        picture, (sound, unheard) = _picture(container), sound_of(container, undecodable)
        size = path.stat().st_size
        whole = {"start": 0, "size": size, "audio": None, "rule": RULE}
        if container.format.name in STILLS.values():
            return {**whole, "format": STILL_FORMAT, "video": _still(container, picture)}
        missing = survey.whole_until(container, survey.StreamSurvey(picture), size)
        reading = survey.read(container, [picture, sound] if sound else [picture], path)
        there = replace(_whole(container, reading, missing, messages(log)), forced=forced, broken=_is_broken(log))
        heard = _heard(container, reading.heads[1], there, path) if sound else None
        seen = PictureFacts(container, reading.heads[0], heard, there)
        video = seen.facts()
        video["crop"] = cropping(path, container, picture, (video["width"], video["height"]))
        if reading.heads[0].corrupt:
            video["held"] = held_near(str(path), VideoStream(**video), reading.heads[0].corrupt)
        return {
            **whole,
            "format": container.format.name.split(",")[0],
            "start": Fraction(container.start_time or 0, 1_000_000),
            "video": video,
            "audio": heard.facts(seen.zero) if heard else None,
            "notices": [*_notices(seen, heard, there)],
            "unheard": unheard,
            "cut_short": there.missing,
        }


def _is_broken(log: Log) -> bool:
    """Whether a demuxer met bytes that are none of its elements, and went on after them."""
    return any(source.startswith(demuxer) and said in text for _, source, text in log for demuxer, said in LOST)


def _notices(seen: PictureFacts, heard: SoundFacts | None, there: Whole) -> Iterator[str]:
    """What is odd about the file, a sentence each."""
    yield from seen.notices()
    if heard:
        yield from heard.notices(seen.zero)
    if there.missing:
        yield f"the file {there.missing}"


def _heard(container: InputContainer, track: survey.StreamSurvey, there: Whole, path: Path) -> SoundFacts | None:
    """The sound; None for a declared stream without any."""
    if track.frame is None and track.ticks:
        raise UndecodableTrackError(track.stream.index)
    return SoundFacts(container, track, there, partial(sample_counts, path)) if track.frame else None


def _whole(container: InputContainer, reading: survey.Reading, missing: Fraction | None, said: str) -> Whole:
    """How much of the file there is."""
    track = reading.heads[0]
    reached = track.last[0] * track.time_base
    stated = survey.promised(container, track, track.end(Fraction(0)))
    if missing is not None:
        length = (track.stream.duration or 0) * track.time_base
        what = f"is cut short: it states {float(length):.1f} s, but its pictures end at {float(missing):.1f} s"
        return Whole(missing, what)
    if reading.broken or "File ended prematurely" in said:
        return Whole(None, f"is cut short: its pictures end at {float(reached):.1f} s")
    if stated is not None:
        what = f"is cut short: it states {float(stated):.1f} s, but its pictures end at {float(reached):.1f} s"
        return Whole(None, what)
    return Whole()


QUESTIONS: dict[str, Callable[..., object]] = {"media": media, "damaged": damaged, "film": film, "packets": packets}


def _picture(container: InputContainer) -> Picture:
    streams = [stream for stream in container.streams.video if not stream.disposition & ART]
    if not streams:
        raise no_picture(container)
    stream = next((stream for stream in streams if stream.disposition & Disposition.default), streams[0])
    admit_stream(stream, VIDEO_CODECS)
    context = stream.codec_context
    if context.width * context.height > MAX_PIXELS:
        raise too_many_pixels(context.width, context.height, container)
    return stream


def _still(container: InputContainer, stream: Picture) -> Fields:
    """A still image as a picture of one frame."""
    for packet in container.demux(stream):
        frame = survey.first_frame(packet)
        if isinstance(frame, VideoFrame):
            break
    else:
        raise unreadable("has no picture that can be decoded")
    context = stream.codec_context
    degrees, mirrored = turn(frame)
    return {
        "index": stream.index,
        "codec": context.codec.canonical_name,
        "width": frame.width,
        "height": frame.height,
        "rate": STILL_RATE,
        "time_base": STILL_TICK,
        "first": 0,
        "start": None,
        "end": STILL_SECONDS,
        "ticks": (0,),
        "frames": 1,
        "sar": 1,
        "rotation": degrees,
        "mirrored": mirrored,
        "pix_fmt": context.pix_fmt,
        "crop": WHOLE,
        **colours(context),
    }
