"""Facts of a finished film, counted packet by packet. Runs in the probe child."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.container import InputContainer
from av.video.stream import VideoStream

from compiler.supervise.facts import survey
from compiler.supervise.media.admit import DECODERS, FORMATS, opened, unreadable

Fields = dict[str, Any]

WEBP_HEAD, WEBP_CHUNK = 12, 8
"""Bytes before the first chunk of a WebP file, and of each chunk's header."""

WEBP_PICTURES = (b"ANMF", b"VP8 ", b"VP8L")
"""The chunks that hold a picture each."""


def film(path: Path, fps: Fraction) -> Fields:
    """The film's streams, with numbers of packets and the first frame off the grid n / fps; `lasts` is its length in
    seconds if the container merges equal frames, else None."""
    with path.open("rb") as file:
        head = file.read(WEBP_HEAD)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return _webp(path, fps)
    with opened(path, (*FORMATS, "gif"), (*DECODERS, "gif")) as (container, _):
        return _film(container, fps)


def _film(container: InputContainer, fps: Fraction) -> Fields:
    pictures, sounds = container.streams.video, container.streams.audio
    reading = survey.read_whole(container, [*pictures[:1], *sounds[:1]])
    if reading.broken:
        raise unreadable("cannot be read to its end", reading.broken)
    heard = reading.heads[-1].end(Fraction(0)) * (sounds[0].rate or 0) if sounds else None
    return {
        "container": container.format.name.split(",")[0],
        "videos": len(pictures),
        "audios": len(sounds),
        "audio_codec": sounds[0].codec_context.codec.canonical_name if sounds else None,
        "samples": heard,
        "lasts": None,
        **(_picture(pictures[0], reading.heads[0], fps) if pictures else {}),
    }


def _picture(picture: VideoStream, track: survey.StreamSurvey, fps: Fraction) -> Fields:
    context, ticks = picture.codec_context, sorted(track.ticks)
    near = track.time_base / 2
    off = (n for n, tick in enumerate(ticks) if abs(tick * track.time_base - n / fps) > near)
    return {
        "codec": context.codec.canonical_name,
        "pix_fmt": context.pix_fmt,
        "size": [context.width, context.height],
        "frames": len(ticks),
        "off_grid": next(off, None),
    }


def _webp(path: Path, fps: Fraction) -> Fields:
    """An animated WebP, read by its chunks, since libav cannot demux it. The encoder makes a still one of equal frames:
    it has no length, and states its size in the picture alone."""
    data = path.read_bytes()
    size, lasting, frames, at = [0, 0], [], 0, WEBP_HEAD
    for kind, body, end in webp_chunks(data):
        if kind == b"VP8X":
            size = [int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1]
        elif kind == b"ANMF":
            lasting.append(int.from_bytes(body[12:15], "little"))
        elif kind in WEBP_PICTURES and size == [0, 0]:
            size = _webp_size(kind, body)
        frames += kind in WEBP_PICTURES
        at = end
    if at != len(data) or not frames:
        raise unreadable("is no whole WebP")
    return {
        **{"container": "webp", "videos": 1, "audios": 0, "audio_codec": None, "samples": None},
        **{"codec": "webp", "pix_fmt": "bgra", "size": size, "frames": frames, "off_grid": None},
        "lasts": Fraction(sum(lasting), 1000) if lasting else None,
    }


def _webp_size(kind: bytes, picture: bytes) -> list[int]:
    """Width and height of a coded picture, of 14 bits; those of VP8L are one too low, those of VP8 follow its mark."""
    if kind == b"VP8L":
        sides = int.from_bytes(picture[1:5], "little")
        return [sides % (1 << 14) + 1, (sides >> 14) % (1 << 14) + 1]
    return [int.from_bytes(picture[at : at + 2], "little") % (1 << 14) for at in (6, 8)]


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """The chunks of a WebP file: the kind and the content of each, and the byte at which it ends by its own size, which
    is beyond the file's end where it is cut short."""
    at = WEBP_HEAD
    while at + WEBP_CHUNK <= len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + WEBP_CHUNK], "little")
        begin, at = at + WEBP_CHUNK, at + WEBP_CHUNK + length + length % 2
        yield kind, data[begin : begin + length], at
