"""Which samples libavformat gives as they lie in an mp4 or mov file, by a track's sample description."""

from __future__ import annotations

import struct
from array import array

from compiler.supervise.facts.movie_index import TrackBoxes
from compiler.supervise.media.boxes import NotReadError

PICTURES = frozenset(
    [
        *(b"avc1", b"avc2", b"avc3", b"avc4", b"dva1", b"dvav", b"hvc1", b"hev1", b"dvh1", b"dvhe", b"av01", b"mp4v"),
        *(b"jpeg", b"mjpa", b"mjpb", b"apch", b"apcn", b"apcs", b"apco", b"ap4h", b"ap4x", b"AVdn", b"AVdh"),
        *(b"png ", b"rle ", b"raw ", b"v210", b"2vuy", b"cvid", b"SVQ1", b"SVQ3", b"s263", b"h263"),
        *(b"dvc ", b"dvcp", b"dvpp", b"dvp ", b"dv5n", b"dv5p", b"dvh2", b"dvh3", b"dvh5", b"dvh6", b"dvhp", b"dvhq"),
        *(b"m2v1", b"FFV1", b"vp09"),
    ]
)
"""Pictures that libavformat gives as they lie; it reads into others (MPEG-1, VC-1, VP8)."""

SOUNDS = frozenset([b"mp4a", b"alac", b"Opus", b"fLaC", b"samr", b"sawb"])
"""Compressed sounds that libavformat gives as they lie; it reads into others (MP3, AC-3, ADPCM)."""

MP4_OBJECTS = frozenset([0x20, 0x40, *range(0x60, 0x69), 0x6C, 0x6D])
"""What an `mp4v` or `mp4a` sample may be, by its object type, for the same reason."""

PCM = dict.fromkeys([b"sowt", b"twos", b"raw ", b"lpcm", b"ipcm", b"fpcm"], 0) | {
    **{b"in24": 3, b"in32": 4, b"fl32": 4, b"fl64": 8, b"ulaw": 1, b"alaw": 1},
}
"""Uncompressed sounds, and the bytes of one channel's sample, 0 if the description states them."""


def check_references(track: TrackBoxes) -> None:
    """NotReadError if the samples may lie in another file."""
    content = track.get(b"dref")
    if content is None:
        return
    at = 8
    for _ in range(min(int.from_bytes(content[4:8]), len(content) // 12)):
        if not content[at + 11 : at + 12] or not content[at + 11] & 1:
            raise NotReadError("samples in another file")
        at += max(12, int.from_bytes(content[at : at + 4]))


def _description(track: TrackBoxes) -> bytes:
    """The track's only sample description."""
    content = bytes(track[b"stsd"])
    if len(content) < 24 or content[4:8] != b"\0\0\0\1":
        raise NotReadError("several descriptions")
    return content[8:]


def check_description(track: TrackBoxes, sound: bool, timing: array[int]) -> None:
    """NotReadError unless libavformat makes one packet of each sample, without reading into it."""
    entry = _description(track)
    kind = entry[4:8]
    if kind == (b"mp4a" if sound else b"mp4v"):
        at = entry.find(b"esds")
        if at >= 0 and _object_type(entry[at + 8 :]) not in MP4_OBJECTS:
            raise NotReadError("a codec whose samples are divided")
    packed = timing[1:] == array("I", [1])
    if kind not in ((PCM if packed else SOUNDS) if sound else PICTURES):
        raise NotReadError("a codec whose samples are divided")
    if kind == b"vp09" and len(set(timing[1::2])) > 1:  # of which libavformat guesses the durations
        raise NotReadError("a codec whose durations are guessed")


def _object_type(content: bytes) -> int:
    """The object type in an MPEG-4 elementary stream descriptor; -1 if it is not found."""
    at = 0
    for tag, skipped in ((3, 3), (4, 0)):
        if content[at : at + 1] != bytes([tag]):
            return -1
        at += 1
        while content[at : at + 1] >= b"\x80" and at < 16:
            at += 1
        at += 1 + skipped
    return int(content[at]) if at < len(content) else -1


def frame_bytes(track: TrackBoxes) -> int:
    """The bytes of one moment of uncompressed sound, all channels."""
    entry, sizes = _description(track), track[b"stsz"]
    kind, version = entry[4:8], int.from_bytes(entry[16:18])
    if len(entry) < 36 or len(sizes) < 12 or track[b"stsd"][0]:
        raise NotReadError("sound of an unknown size")
    channels: int
    bits: int
    channels, bits = struct.unpack_from(">HH", entry, 24)
    per_packet = 1
    if version == 1 and len(entry) >= 52:
        per_packet = int.from_bytes(entry[36:40])
    elif version == 2 and len(entry) >= 72:
        channels, _, bits, _, _, per_packet = struct.unpack_from(">6I", entry, 48)
    elif version:
        raise NotReadError("an unknown description")
    at = entry.find(b"pcmC")
    if kind in (b"ipcm", b"fpcm") and 0 < at < len(entry) - 9:
        bits = entry[at + 9]
    frame = channels * (PCM.get(kind, 0) or bits // 8)
    if per_packet > 1 or not frame or int.from_bytes(sizes[4:8]) not in (1, frame):  # QuickTime states 1
        raise NotReadError("sound of a doubtful size")
    return frame
