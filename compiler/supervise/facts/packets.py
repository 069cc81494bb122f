"""The packets of a film as checksums, in the order in which they are shown. Runs in the probe child."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any
from zlib import crc32

from av.container import InputContainer
from av.stream import Stream

from compiler.supervise.facts.film import WEBP_HEAD, WEBP_PICTURES, webp_chunks
from compiler.supervise.media.admit import DECODERS, FORMATS, opened

DIGITS = 8
"""Digits of each checksum."""

Fields = dict[str, Any]


def packets(path: Path) -> Fields:
    """The checksums of the packets of the picture and of the sound, `DIGITS` digits each, in two texts; and the second
    at which the first packet of the sound begins, and its length."""
    with path.open("rb") as file:
        head = file.read(WEBP_HEAD)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        shown = (content for kind, content, _ in webp_chunks(path.read_bytes()) if kind in WEBP_PICTURES)
        return {"pictures": "".join(map(_checksum, shown)), "sounds": "", "first": 0, "length": 0, "digits": DIGITS}
    with opened(path, (*FORMATS, "gif"), (*DECODERS, "gif")) as (container, _):
        pictures = _read(container, container.streams.video[:1])
    with opened(path, (*FORMATS, "gif"), (*DECODERS, "gif")) as (container, _):
        sounds = _read(container, container.streams.audio[:1])
        base = Fraction(container.streams.audio[0].time_base or 1) if sounds else Fraction(0)
    first, length = (sounds[0][0] * base, sounds[0][1] * base) if sounds else (0, 0)
    texts = {"pictures": _text(pictures), "sounds": _text(sounds)}
    return {**texts, "first": first, "length": length, "digits": DIGITS}


def _read(container: InputContainer, streams: tuple[Stream, ...]) -> list[tuple[int, int, str]]:
    """Tick, length and checksum of every packet, in the order in which they are shown."""
    demuxed = container.demux(list(streams)) if streams else ()
    return sorted(
        ((packet.dts if packet.pts is None else packet.pts) or 0, packet.duration or 0, _checksum(bytes(packet)))
        for packet in demuxed
        if packet.size
    )


def _text(read: list[tuple[int, int, str]]) -> str:
    return "".join(checksum for _, _, checksum in read)


def _checksum(content: bytes) -> str:
    return f"{crc32(content):0{DIGITS}x}"
