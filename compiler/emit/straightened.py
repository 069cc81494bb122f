"""Straightened sources: streams that reelc's own reader decodes, stamps and sends to ffmpeg through a FIFO."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from compiler.emit.numbers import rational
from compiler.emit.specs import PictureEntry, PictureSpec, Spec, decoding, entry_at, sound_spec
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.timeline.frames import seen_at
from compiler.timeline.instant import SourceTime, nearest
from compiler.timeline.media import Media
from compiler.timeline.window import file_of


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


def feeds(graph: Graph | None, *, watched: bool = False) -> Mapping[str, str]:
    """The FIFOs that a graph's sources read, and the JSON spec of what is sent through each.

    Of a film's, which are `watched`, damage that was not looked for is an error: it is looked for then.
    """
    return {
        fifo(define): json.dumps({**spec_of(define.op), "watched": watched and not define.op.media.video.looked})
        for define in graph or ()
        if isinstance(define.op, ops.Source) and is_straightened(define.op)
    }


def media_read(graph: Graph | None) -> tuple[str, ...]:
    """The media files that ffmpeg itself opens for a graph: those that are not straightened."""
    sources = [define.op for define in graph or () if isinstance(define.op, ops.Source)]
    return tuple(dict.fromkeys(source.media.path for source in sources if not is_straightened(source)))


def spec_of(source: ops.Source) -> Spec:
    """The spec of a source's stream, from its seek on."""
    if source.stream == "video":
        return _picture(file_of(source.media), SourceTime(source.seek), strict=source.strict)
    assert source.media.audio is not None
    return sound_spec(source.media.path, source.media.audio, source.seek, strict=source.strict)


def _picture(media: Media, start: SourceTime, *, strict: bool) -> PictureSpec:
    video = media.video
    entry = _entry(media, start)
    slot = seen_at(video, SourceTime(entry[0] * video.time_base)) if entry and video.unstamped else 0
    return {
        **decoding(media.path, video, entry, strict=strict, unstamped=video.unstamped),
        "kind": "video",
        "time_base": str(video.time_base),
        "begin": nearest(start / video.time_base),
        "slots": video.ticks[slot:] if video.unstamped else (),
        "slot": slot,
        "step": str(1 / (video.rate * video.time_base)),
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


def _entry(media: Media, start: SourceTime) -> PictureEntry | None:
    """The entry from which the frame on screen at `start` is decoded, where it is damaged the one held; None for the
    file's start."""
    video = media.video
    needed = next((first for first, until in video.held if first <= start < until), start) / video.time_base
    entry = entry_at(video, needed)
    if needed < nearest(start / video.time_base) and entry in video.entries[1:]:  # the frame before the damage
        entry = video.entries[video.entries.index(entry) - 1]
    if entry is None or entry == video.entries[0] or (video.jumps and not media.unindexed):
        return None
    return entry
