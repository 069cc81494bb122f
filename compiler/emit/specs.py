"""The specs of straightened streams: JSON that emission writes, and that the child that straightens reads.

Rationals are strings. The tuples of facts are lists by the time that they are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Literal, TypedDict

from compiler.timeline.instant import nearest
from compiler.timeline.media import AudioStream, VideoStream

WARMING = Fraction(3, 10)
"""Seconds of sound decoded before the first that is used, since a decoder needs a few frames until its output is
right."""

PictureEntry = tuple[int, int, int, int]
"""An entry of a picture's facts: its tick of source time, own stamp, byte position and packet number."""


class Enter(TypedDict):
    """The packet from which a stream is read: its own stamp, its byte position, and its number in the stream."""

    stamp: int
    position: int
    number: int
    sought: int
    """The byte position that is sought in containers without an index, before the packet's own: a packet may begin in
    the middle of the container's, so that the first that is read after a seek may be the rest of another with its
    stamp and place."""


class PacketsSpec(TypedDict):
    """Packets of stream number `stream` of a file, from an entry on, or all of them."""

    path: str
    stream: int
    enter: Enter | None


class DecodingSpec(PacketsSpec):
    """The packets of a picture, and how their frames get ticks; `zero` is the container's tick at source time 0."""

    strict: bool
    """Whether damage is an error."""
    watched: bool
    """Whether damage after the first whole frame is an error, since the film would hold a frame without a word."""
    zero: int
    jumps: Sequence[Sequence[int]]
    changes: Sequence[int]
    """Ticks after `zero` at which the shape changes."""
    keyed: bool
    """Whether frames are predicted from others, so that damage lasts until the next key frame."""
    unstamped: bool


class PictureSpec(DecodingSpec):
    """The frames of a picture to send, from tick `begin` of source time on."""

    kind: Literal["video"]
    time_base: str
    begin: int
    slots: Sequence[int]
    """Ticks of the frames from number `slot` on, if they have none of their own; frames after them are `step` apart."""
    slot: int
    step: str
    late: bool
    image: bool
    lap: int | None
    until: int | None
    width: int
    height: int
    pix_fmt: str
    matrix: int
    range: int


class SoundSpec(PacketsSpec):
    """The samples of a sound to send, from number `begin` on; `anchors` are runs of `AudioStream`."""

    kind: Literal["audio"]
    strict: bool
    watched: bool
    time_base: str
    rate: int
    channels: int
    layout: str
    begin: int
    anchors: Sequence[Sequence[int]]


Spec = PictureSpec | SoundSpec


def enter_at(stamp: int, position: int, number: int, positions: Iterable[int]) -> Enter:
    """The entry at a packet; `positions` are the byte positions of all entries, -1 where they are not known."""
    sought = max((each for each in positions if 0 <= each < position), default=0)
    return {"stamp": stamp, "position": position, "number": number, "sought": sought}


def entry_at(video: VideoStream, tick: Fraction) -> PictureEntry | None:
    """The last entry that is not after a tick of source time; None if all are."""
    return next((entry for entry in reversed(video.entries) if entry[0] <= tick), None)


def decoding(
    path: str, video: VideoStream, entry: PictureEntry | None, *, strict: bool, unstamped: bool
) -> DecodingSpec:
    """The frames of a picture from an entry on; `unstamped` frames get no ticks of their own."""
    return {
        "path": path,
        "stream": video.index,
        "enter": None if entry is None else enter_at(*entry[1:], (each[2] for each in video.entries)),
        "strict": strict,
        "watched": False,
        "zero": nearest(video.first / video.time_base),
        "jumps": video.jumps,
        "changes": [tick for tick, _ in video.shapes],
        "keyed": len(video.entries) > 1,
        "unstamped": unstamped,
    }


def sound_spec(path: str, audio: AudioStream, start: Fraction, *, strict: bool) -> SoundSpec:
    """The spec of a sound from a source time on; `strict`: damage is an error."""
    first = nearest(start * audio.sample_rate)
    early = first - nearest(WARMING * audio.sample_rate)
    entry = next((entry for entry in reversed(audio.entries) if entry[2] <= early), None)
    runs = [run for run in audio.runs if entry is None or run[2] > entry[2]]
    if entry is not None:
        drift = next((run[3] for run in reversed(audio.runs) if run[2] <= entry[2]), 0)
        runs.insert(0, (*entry, drift))
    return {
        "path": path,
        "stream": audio.index,
        "enter": entry and enter_at(entry[0], entry[1], 0, (each[1] for each in audio.entries)),
        "kind": "audio",
        "strict": strict,
        "watched": False,
        "time_base": str(audio.time_base),
        "rate": audio.sample_rate,
        "channels": audio.channels,
        "layout": audio.layout,
        "begin": first,
        "anchors": runs,
    }
