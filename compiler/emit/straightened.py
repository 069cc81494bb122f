"""Straightened sources: streams that reelc's own reader decodes, stamps and sends to ffmpeg through a FIFO."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from compiler.emit.numbers import rational
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.timeline.frames import seen_at
from compiler.timeline.instant import SourceTime, nearest
from compiler.timeline.media import AudioStream, Media, VideoStream

WARMING = Fraction(3, 10)
"""Seconds of sound decoded before the first that is used, since a decoder needs a few frames until its output is
right."""


class Fed(str):
    """The name of a FIFO in the folder that ffmpeg runs in, with its spelling for a shell: `<(reelc straighten …)`."""

    __slots__ = ("shell",)
    shell: str

    @classmethod
    def of(cls, define: Def) -> Fed:
        """The FIFO of a source."""
        source = define.op
        assert isinstance(source, ops.Source)
        fed = cls(f"file:{fifo(define)}")
        fed.shell = (
            f"<(reelc straighten {shlex.quote(source.media.path)} --{source.stream} --from {rational(source.seek)})"
        )
        return fed


def fifo(define: Def) -> str:
    """The file name of a source's FIFO."""
    return f"{define.name}.nut"


def is_straightened(source: ops.Source) -> bool:
    """Whether reelc decodes a source's stream."""
    stream = source.media.video if source.stream == "video" else source.media.audio
    return stream is not None and bool(stream.straightened)


def feeds(graph: Graph | None) -> Mapping[str, str]:
    """The FIFOs that a graph's sources read, and the JSON spec of what is sent through each."""
    return {
        fifo(define): json.dumps(spec_of(define.op), default=str)
        for define in graph or ()
        if isinstance(define.op, ops.Source) and is_straightened(define.op)
    }


def media_read(graph: Graph | None) -> tuple[str, ...]:
    """The media files that ffmpeg itself opens for a graph: those that are not straightened."""
    sources = [define.op for define in graph or () if isinstance(define.op, ops.Source)]
    return tuple(dict.fromkeys(source.media.path for source in sources if not is_straightened(source)))


def spec_of(source: ops.Source) -> dict[str, Any]:
    """What `compiler.supervise.straighten` is to send: a source's stream, from its seek on."""
    media = source.media
    whole = {"path": media.path, "kind": source.stream, "strict": source.strict}
    if source.stream == "video":
        return whole | _picture(media, media.video, SourceTime(source.seek))
    assert media.audio is not None
    return whole | _sound(media.audio, source.seek)


def _picture(media: Media, video: VideoStream, start: SourceTime) -> dict[str, Any]:
    at = nearest(start / video.time_base)
    needed = next((first for first, until in video.held if first <= start < until), start) / video.time_base
    entry = next((entry for entry in reversed(video.entries) if entry[0] <= needed), None)
    if needed < at and entry in video.entries[1:]:  # the frame before the damage
        entry = video.entries[video.entries.index(entry) - 1]
    if entry is None or entry == video.entries[0] or (video.jumps and not media.unindexed):
        entry = None
    step = 1 / (video.rate * video.time_base)
    slot = seen_at(video, SourceTime(entry[0] * video.time_base)) if entry and video.unstamped else 0
    return {
        "stream": video.index,
        "time_base": video.time_base,
        "zero": nearest(video.first / video.time_base),
        "from": at,
        "enter": None if entry is None else {"stamp": entry[1], "position": entry[2], "number": entry[3]},
        "jumps": video.jumps,
        "changes": [tick for tick, _ in video.shapes],
        "keyed": len(video.entries) > 1,
        "unstamped": video.unstamped,
        "slots": video.ticks[slot:] if video.unstamped else (),
        "slot": slot,
        "step": step,
        "late": video.late,
        "image": media.is_image,
        "lap": video.lap,
        "until": video.ticks[-1] if video.lap else None,
        "width": video.width,
        "height": video.height,
        "pix_fmt": video.pix_fmt,
        "matrix": video.tags[0],
        "range": video.tags[1],
    }


def _sound(audio: AudioStream, start: Fraction) -> dict[str, Any]:
    first = nearest(start * audio.sample_rate)
    early = first - nearest(WARMING * audio.sample_rate)
    entry = next((entry for entry in reversed(audio.entries) if entry[2] <= early), None)
    runs = [run for run in audio.runs if entry is None or run[2] > entry[2]]
    if entry is not None:
        drift = next((run[3] for run in reversed(audio.runs) if run[2] <= entry[2]), 0)
        runs.insert(0, (*entry, drift))
    return {
        "stream": audio.index,
        "time_base": audio.time_base,
        "rate": audio.sample_rate,
        "channels": audio.channels,
        "layout": audio.layout,
        "from": first,
        "enter": None if entry is None else {"stamp": entry[0], "position": entry[1], "number": 0},
        "anchors": runs,
    }
