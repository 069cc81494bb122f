"""Editors of containers, byte by byte, for what no muxer writes: transport streams, Matroska, FLV and AVI."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

PACKET = 188
"""Bytes of a packet of a transport stream."""
PICTURE_PID, SOUND_PID = 256, 257
"""The identifiers that ffmpeg gives to the first two streams."""


def ts_packets(whole: bytes) -> list[bytes]:
    """The packets of a transport stream."""
    return [whole[at : at + PACKET] for at in range(0, len(whole), PACKET)]


def pid(packet: bytes | bytearray) -> int:
    """The stream that a packet belongs to."""
    return (packet[1] & 0x1F) << 8 | packet[2]


def begins(packet: bytes | bytearray) -> bool:
    """Whether an access unit begins in the packet."""
    return bool(packet[1] & 0x40)


def without_packet(whole: bytes, share: float, stream: int = PICTURE_PID) -> bytes:
    """A transport stream that lost one packet of a stream, at that share of the stream, from amid an access unit."""
    packets = ts_packets(whole)
    inner = [place for place, packet in enumerate(packets) if pid(packet) == stream and not begins(packet)]
    lost = inner[int(len(inner) * share)]
    return b"".join(packets[:lost] + packets[lost + 1 :])


def rotten_packet(whole: bytes, share: float, stream: int = PICTURE_PID) -> bytes:
    """A transport stream of which a packet of a stream holds noise: no packet is missing, so only decoding shows it."""
    packets = ts_packets(whole)
    inner = [place for place, packet in enumerate(packets) if pid(packet) == stream and packet[3] & 0x30 == 0x10]
    place = next(each for each in inner[int(len(inner) * share) :] if not begins(packets[each]))
    packets[place] = packets[place][:4] + Random(0).randbytes(PACKET - 4)
    return b"".join(packets)


def longer_pes(whole: bytes, by: int = 4) -> bytes:
    """A transport stream whose packets of sound state lengths that are a little too large."""
    packets = [bytearray(packet) for packet in ts_packets(whole)]
    for packet in packets:
        at = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
        if pid(packet) == SOUND_PID and begins(packet) and packet[at : at + 3] == b"\0\0\1":
            (stated,) = struct.unpack_from(">H", packet, at + 4)
            if stated:
                struct.pack_into(">H", packet, at + 4, stated + by)
    return b"".join(packets)


CHECKSUM, VOID, SEGMENT, CLUSTER, TIMESTAMP, SEEK_HEAD, CUES = (
    0xBF,
    0xEC,
    0x18538067,
    0x1F43B675,
    0xE7,
    0x114D9B74,
    0x1C53BB6B,
)
TRACKS, TRACK, TRACK_TYPE, TRACK_VIDEO, CODEC = 0x1654AE6B, 0xAE, 0x83, 0xE0, 0x86


@dataclass(frozen=True, slots=True)
class Element:
    """One element of Matroska."""

    name: int
    body: bytes


def elements(body: bytes) -> Iterator[Element]:
    """The elements in the body of another."""
    at = 0
    while at < len(body):
        width = 9 - body[at].bit_length()
        name, at = int.from_bytes(body[at : at + width]), at + width
        width = 9 - body[at].bit_length()
        size = int.from_bytes(body[at : at + width]) - (1 << 7 * width)
        unknown = size == (1 << 7 * width) - 1
        at += width
        yield Element(name, body[at:] if unknown else body[at : at + size])
        at = len(body) if unknown else at + size


def element(name: int, body: bytes) -> bytes:
    """An element, its size in eight bytes."""
    return name.to_bytes((name.bit_length() + 7) // 8) + (1 << 56 | len(body)).to_bytes(8) + body


def edited_matroska(whole: bytes, change: Callable[[Element], Element]) -> bytes:
    """A Matroska file with each child of its segment changed, without its index and the places that this moves."""
    out = b""
    for outer in elements(whole):
        if outer.name != SEGMENT:
            out += element(outer.name, outer.body)
            continue
        kept = [part for part in elements(outer.body) if part.name not in (SEEK_HEAD, CUES, VOID)]
        out += element(SEGMENT, b"".join(element(new.name, new.body) for new in map(change, kept)))
    return out


def clusters_moved(whole: bytes, by: Callable[[int], int]) -> bytes:
    """A Matroska file with other times of its clusters, in its ticks (milliseconds)."""

    def change(part: Element) -> Element:
        if part.name != CLUSTER:
            return part
        inner = [
            Element(TIMESTAMP, by(int.from_bytes(child.body)).to_bytes(8)) if child.name == TIMESTAMP else child
            for child in elements(part.body)
            if child.name != CHECKSUM
        ]
        return replace(part, body=b"".join(element(child.name, child.body) for child in inner))

    return edited_matroska(whole, change)


def tracks_edited(whole: bytes, change: Callable[[int, Element], Element]) -> bytes:
    """A Matroska file with each child of each track changed; `change` gets the track's place and the child."""

    def outer(part: Element) -> Element:
        if part.name != TRACKS:
            return part
        body = b""
        for place, track in enumerate(track for track in elements(part.body) if track.name == TRACK):
            inner = [change(place, child) for child in elements(track.body)]
            body += element(TRACK, b"".join(element(child.name, child.body) for child in inner))
        return replace(part, body=body)

    return edited_matroska(whole, outer)


def pixels_cropped(whole: bytes, left: int, right: int) -> bytes:
    """A Matroska file whose first track asks players to cut so many columns off."""
    crops = element(0x54CC, bytes([left])) + element(0x54DD, bytes([right]))

    def change(_: int, child: Element) -> Element:
        return replace(child, body=child.body + crops) if child.name == TRACK_VIDEO else child

    return tracks_edited(whole, change)


def codec_renamed(whole: bytes, track: int, name: bytes) -> bytes:
    """A Matroska file in which one track claims another codec."""

    def change(place: int, child: Element) -> Element:
        return replace(child, body=name) if place == track and child.name == CODEC else child

    return tracks_edited(whole, change)


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag of FLV: 8 sound, 9 picture, 18 data; its time in milliseconds."""

    kind: int
    time: int
    body: bytes


def flv_tags(whole: bytes) -> list[Tag]:
    """The tags of an FLV file."""
    tags, at = [], 13
    while at + 11 <= len(whole):
        size = int.from_bytes(whole[at + 1 : at + 4])
        time = int.from_bytes(whole[at + 4 : at + 7]) | whole[at + 7] << 24
        tags.append(Tag(whole[at], time, whole[at + 11 : at + 11 + size]))
        at += 15 + size
    return tags


def flv(whole: bytes, tags: list[Tag]) -> bytes:
    """An FLV file with the header of another and these tags."""
    out = whole[:13]
    for tag in tags:
        time = (tag.time & 0xFFFFFF).to_bytes(3) + bytes([tag.time >> 24 & 0xFF])
        head = bytes([tag.kind]) + len(tag.body).to_bytes(3) + time + bytes(3)
        out += head + tag.body + (11 + len(tag.body)).to_bytes(4)
    return out


def constant_chunks(whole: bytes, rate: int, size: int) -> bytes:
    """An AVI file with its sound in chunks of `size` bytes, as at a constant bit rate of `rate` bytes a second."""
    movi = whole.index(b"movi")
    head = bytearray(whole[: movi - 8])
    (length,) = struct.unpack_from("<I", whole, movi - 4)
    pictures, sound = _avi_chunks(whole[movi + 4 : movi - 4 + length + 4])
    stream = head.index(b"auds")
    struct.pack_into("<II", head, stream + 20, 1, rate)
    struct.pack_into("<I", head, stream + 44, 1)
    described = head.index(b"strf", stream) + 8
    struct.pack_into("<I", head, described + 8, rate)
    struct.pack_into("<H", head, described + 12, 1)
    struct.pack_into("<I", head, stream + 32, len(sound))
    body, index = _avi_body(pictures, [sound[at : at + size] for at in range(0, len(sound), size)])
    listed = struct.pack("<4sI4s", b"LIST", len(body) + 4, b"movi") + body
    out = bytearray(bytes(head) + listed + struct.pack("<4sI", b"idx1", len(index)) + index)
    struct.pack_into("<I", out, 4, len(out) - 8)
    return bytes(out)


def _avi_chunks(body: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The chunks of pictures with their names, and all sound in one."""
    pictures, sound, at = [], b"", 0
    while at + 8 <= len(body):
        name, size = struct.unpack_from("<4sI", body, at)
        chunk = body[at + 8 : at + 8 + size]
        if name[2:] == b"dc":
            pictures.append((name, chunk))
        elif name[2:] == b"wb":
            sound += chunk
        at += 8 + size + size % 2
    return pictures, sound


def _avi_body(pictures: list[tuple[bytes, bytes]], sounds: list[bytes], group: int = 30) -> tuple[bytes, bytes]:
    """Chunks of sound spread evenly between those of pictures, and their index."""
    body, index, given = b"", b"", 0

    def put(name: bytes, chunk: bytes, flags: int) -> None:
        nonlocal body, index
        index += name + struct.pack("<III", flags, 4 + len(body), len(chunk))
        body += name + struct.pack("<I", len(chunk)) + chunk + bytes(len(chunk) % 2)

    for place, (name, chunk) in enumerate(pictures):
        while given < len(sounds) * (place + 1) // len(pictures):
            put(b"01wb", sounds[given], 16)
            given += 1
        put(name, chunk, 0 if place % group else 16)
    return body, index
