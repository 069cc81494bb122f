"""The child that opens media: one question on the command line, one JSON answer on stdout.

    media PATH                  the facts of a media file
    times PATH START END        the source times of its frames
    film PATH FPS               the facts of a finished film

An answer is {"answer": ...} or {"error": {"code", "message", "detail", "hint"}}; rationals are strings.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from compiler.errors import Loc, ReelError
from compiler.supervise import survey
from compiler.supervise.admit import (
    STILLS,
    VIDEO_CODECS,
    admit_stream,
    messages,
    opened,
    too_many_pixels,
    unreadable,
)
from compiler.supervise.colour import colours
from compiler.supervise.cropping import cropping
from compiler.supervise.display import speakers, turn
from compiler.supervise.film_facts import film
from compiler.supervise.tracks import UndecodableTrackError, sound_of
from compiler.timeline.media import MAX_PIXELS, STILL_RATE, STILL_SECONDS, STILL_TICK, WHOLE
from compiler.timeline.media import STILL as STILL_FORMAT

Fields = dict[str, Any]
Read = Callable[[InputContainer, list[Stream]], survey.Reading | None]

ART = Disposition.attached_pic | Disposition.timed_thumbnails
FIELDS = {2: "tff", 3: "bff", 4: "tff", 5: "bff"}
"""By AVFieldOrder (0 unknown, 1 progressive), the field that is displayed first, whichever is stored first."""


def main() -> None:
    """Answer the question on the command line."""
    question, path, *rest = sys.argv[1:]
    try:
        answer = QUESTIONS[question](Path(path), *map(Fraction, rest))
        print(json.dumps({"answer": answer}, default=str))
    except ReelError as error:
        found = {"code": error.code, "message": error.message, "detail": error.detail, "hint": error.hint}
        print(json.dumps({"error": found}))


def media(path: Path) -> Fields:
    """The fields of timeline.media.Media, except the path."""
    with opened(path) as (container, _):
        earliest = survey.earliest(container)
    undecodable: list[int] = []
    while True:
        try:
            facts = _media(path, survey.read, undecodable) or _media(path, survey.read_whole, undecodable)
            return {**cast(Fields, facts), "earliest": earliest}
        except UndecodableTrackError as error:
            undecodable.append(error.args[0])


def _media(path: Path, read: Read, undecodable: Collection[int]) -> Fields | None:
    with opened(path) as (container, log):
        picture, (sound, unheard) = _picture(container), sound_of(container, undecodable)
        size = path.stat().st_size
        if container.format.name in STILLS.values():
            video = _still(container, picture)
            return {"format": STILL_FORMAT, "start": 0, "size": size, "video": video, "audio": None}
        survey.check_whole(container, survey.StreamSurvey(picture), size)
        reading = read(container, [picture, sound] if sound else [picture])
        if "File ended prematurely" in messages(log):
            raise unreadable("is cut short: its end is missing", hint="upload or copy the file again")
        if reading is None or (reading.uneven and not reading.whole):
            return None
        video = _video(container, reading, picture)
        video["crop"] = cropping(path, container, picture, (video["width"], video["height"]))
        return {
            "format": container.format.name.split(",")[0],
            "start": Fraction(container.start_time or 0, 1_000_000),
            "size": size,
            "video": video,
            "audio": _audio(reading, sound, video["first"]) if sound else None,
            "unheard": unheard,
        }


def times(path: Path, start: Fraction, end: Fraction) -> list[Fraction]:
    """Source times of the frames presented in `[start, end)`, including the frame on screen at `start`."""
    with opened(path) as (container, _):
        picture = _picture(container)
        head = survey.StreamSurvey(picture)
        for packet in container.demux(picture):
            head.take(packet)
            if head.frame:
                break
        first = _first_time(head)
        return [at - first for at in survey.window(container, head, first + start, first + end)]


QUESTIONS: dict[str, Callable[..., object]] = {"media": media, "times": times, "film": film}


def _picture(container: InputContainer) -> VideoStream:
    streams = [stream for stream in container.streams.video if not stream.disposition & ART]
    if not streams:
        raise ReelError("RC605", Loc(), "has no video stream", hint="choose a file with a picture")
    stream = next((stream for stream in streams if stream.disposition & Disposition.default), streams[0])
    admit_stream(stream, VIDEO_CODECS)
    context = stream.codec_context
    if context.width * context.height > MAX_PIXELS:
        raise too_many_pixels(context.width, context.height)
    return stream


def _first_time(track: survey.StreamSurvey) -> Fraction:
    if track.first is None or not track.ticks:
        raise unreadable("has no picture that can be decoded")
    return track.first


def _video(container: InputContainer, reading: survey.Reading, stream: VideoStream) -> Fields:
    head, tail, context = reading.heads[0], reading.tails[0], stream.codec_context
    first, uneven = _first_time(head), reading.uneven
    rate = (stream.average_rate if uneven else stream.guessed_rate) or stream.average_rate or stream.base_rate
    if not rate:
        raise unreadable("states no frame rate")
    end, frame = tail.end(1 / Fraction(rate)), cast(VideoFrame, head.frame)
    survey.check_promise(container, tail, end)
    degrees, mirrored = turn(frame)
    return {
        "index": stream.index,
        "codec": context.codec.canonical_name,
        "width": frame.width,  # the decoder's own, since a container or a header may state another size
        "height": frame.height,
        "rate": Fraction(rate),
        "time_base": head.time_base,
        "first": first,
        "start": head.stated_start,
        "end": end - first,
        "ticks": head.ticks_from(first) if uneven else (),
        "frames": len(head.ticks) if reading.whole else stream.frames or None,
        "sar": Fraction(stream.sample_aspect_ratio or 1),
        "rotation": degrees,
        "mirrored": mirrored,
        "pix_fmt": "yuva420p" if _hidden_alpha(stream) else context.pix_fmt,
        "fields": "auto" if frame.interlaced_frame else FIELDS.get(context.field_order),
        **colours(context),
    }


def _hidden_alpha(stream: VideoStream) -> bool:
    """Whether the container states an alpha plane that the decoder in use leaves out: of VP8 and VP9 in WebM."""
    return stream.metadata.get("alpha_mode") == "1" and stream.codec_context.codec.canonical_name in ("vp8", "vp9")


def _still(container: InputContainer, stream: VideoStream) -> Fields:
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


def _audio(reading: survey.Reading, stream: AudioStream, zero: Fraction) -> Fields | None:
    head, tail, context = reading.heads[1], reading.tails[1], stream.codec_context
    if head.first is None and head.ticks:
        raise UndecodableTrackError(stream.index)
    if head.first is None:  # a declared stream without any sound
        return None
    return {
        "index": stream.index,
        "codec": context.codec.canonical_name,
        "sample_rate": context.sample_rate,
        "channels": context.layout.nb_channels,
        "layout": context.layout.name,
        "speakers": speakers(context.layout),
        "time_base": head.time_base,
        "first": head.first,
        "start": head.stated_start,
        "end": tail.end(Fraction(0)) - zero,
    }
