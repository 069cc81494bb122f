"""The containers, codecs and oddities of odd files, and a choice among them by chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from tests.field.make import AAC, MPEG2, MPEG4, VP8, VP9, X264, X265

Words = tuple[str, ...]

PICTURES: Mapping[str, Words] = {
    "h264": (*X264, "-bf", "0"),
    "h264b": (*X264, "-bf", "3", "-b_strategy", "0"),
    "h264long": (*X264, "-bf", "2", "-g", "250"),
    "hevc": (*X265, "-x265-params", "log-level=error:keyint=30:bframes=3"),
    "vp8": VP8,
    "vp9": VP9,
    "av1": ("-c:v", "libaom-av1", "-cpu-used", "8", "-crf", "20", "-g", "30", "-pix_fmt", "yuv420p"),
    "mpeg4": MPEG4,
    "mpeg4b": (*MPEG4, "-bf", "2"),
    "mpeg2": (*MPEG2, "-bf", "2"),
    "mpeg1": ("-c:v", "mpeg1video", "-q:v", "2", "-g", "15"),
    "mjpeg": ("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"),
    "prores": ("-c:v", "prores_ks", "-profile:v", "1", "-pix_fmt", "yuv422p10le"),
    "theora": ("-c:v", "libtheora", "-q:v", "9", "-g", "30"),
    "flv1": ("-c:v", "flv", "-q:v", "2", "-g", "30"),
    "wmv2": ("-c:v", "wmv2", "-q:v", "2", "-g", "30"),
    "gif": ("-vf", "format=gray"),
}
SOUNDS: Mapping[str, Words] = {
    "none": ("-an",),
    "aac": AAC,
    "mp3": ("-c:a", "libmp3lame", "-b:a", "192k"),
    "opus": ("-c:a", "libopus", "-b:a", "128k"),
    "vorbis": ("-c:a", "libvorbis", "-q:a", "6"),
    "pcm": ("-c:a", "pcm_s16le"),
    "ac3": ("-c:a", "ac3", "-b:a", "192k"),
    "mp2": ("-c:a", "mp2", "-b:a", "256k"),
    "flac": ("-c:a", "flac"),
    "wma": ("-c:a", "wmav2", "-b:a", "192k"),
}


@dataclass(frozen=True, slots=True)
class Container:
    """One container: its ending, the muxer's options, what it holds, and the oddities that it can have."""

    ending: str
    words: Words
    pictures: Words
    sounds: Words
    oddities: Words


EVERY = ("none", "sound long", "lost bytes", "truncated", "sound late", "picture late")
STAMPED = ("gap", "uneven", "sound jitter", "sound drift")
_MP4_PICTURES = ("h264", "h264b", "h264long", "hevc", "av1", "mpeg4", "mjpeg")
_FRAGMENTS = ("-movflags", "frag_keyframe+empty_moov+default_base_moof")
_TS = (*EVERY, *STAMPED, "back", "ahead", "size", "format", "mid-GOP", "lost packet", "streams")
CONTAINERS: Mapping[str, Container] = {
    "mp4": Container(
        ".mp4", (), _MP4_PICTURES, ("aac", "mp3", "opus", "ac3", "none"),
        (*EVERY, "gap", "uneven", "edit list", "streams", "size"),
    ),
    "mov": Container(
        ".mov", (), ("h264", "h264b", "prores", "mjpeg", "mpeg4"), ("aac", "pcm", "none"),
        (*EVERY, "gap", "uneven", "edit list", "streams", "sound drift"),
    ),
    "fmp4": Container(
        ".mp4", _FRAGMENTS, ("h264", "h264b", "hevc"), ("aac", "opus", "none"),
        (*EVERY, "gap", "uneven", "sound drift"),
    ),
    "mkv": Container(
        ".mkv", ("-cluster_time_limit", "500"),
        ("h264", "h264b", "h264long", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg4b", "mpeg2", "mjpeg", "theora"),
        ("aac", "mp3", "opus", "vorbis", "pcm", "ac3", "flac", "none"),
        (*EVERY, *STAMPED, "back", "size", "format", "streams", "duplicate"),
    ),
    "webm": Container(
        ".webm", ("-cluster_time_limit", "500"), ("vp8", "vp9", "av1"), ("opus", "vorbis", "none"),
        (*EVERY, *STAMPED, "back", "size", "streams", "duplicate"),
    ),
    "ts": Container(
        ".ts", (), ("h264", "h264b", "h264long", "hevc", "mpeg2"), ("aac", "mp3", "mp2", "ac3", "none"), _TS,
    ),
    "m2ts": Container(
        ".m2ts", ("-mpegts_m2ts_mode", "1", "-f", "mpegts"), ("h264b", "mpeg2"), ("ac3", "none"),
        (*EVERY, *STAMPED, "back", "size"),
    ),
    "ps": Container(".mpg", (), ("mpeg2", "mpeg1"), ("mp2", "ac3", "none"), (*EVERY, "back", "mid-GOP")),
    "vob": Container(".vob", ("-f", "dvd"), ("mpeg2",), ("ac3", "mp2"), (*EVERY, "back", "mid-GOP")),
    "avi": Container(
        ".avi", (), ("h264", "h264b", "mpeg4", "mpeg4b", "mjpeg"), ("mp3", "pcm", "ac3", "mp2", "none"),
        ("none", "sound long", "lost bytes", "truncated"),
    ),
    "flv": Container(
        ".flv", (), ("h264", "h264b", "flv1"), ("aac", "mp3", "none"),
        (*EVERY, *STAMPED, "back", "mid-GOP", "duplicate"),
    ),
    "ogg": Container(
        ".ogv", ("-page_duration", "100000"), ("theora",), ("vorbis", "opus", "none"), (*EVERY, "gap", "back"),
    ),
    "asf": Container(".wmv", (), ("wmv2", "mpeg4"), ("wma", "mp3", "none"), (*EVERY, *STAMPED)),
    "gif": Container(".gif", (), ("gif",), ("none",), ("none", "uneven", "truncated")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Odd:
    """One odd file."""

    container: str
    picture: str
    sound: str
    oddity: str
    rate: str
    seed: int

    def __str__(self) -> str:
        return f"{self.container} {self.picture}+{self.sound} {self.rate}/s: {self.oddity}"


UNORDERED = ("h264", "vp8", "vp9", "mpeg4", "mjpeg", "flv1")
"""Codecs whose pictures are stored in their order."""
OF_SOUND = ("sound long", "sound late", "sound jitter", "sound drift", "picture late")


def odd(chance: Random, seed: int) -> Odd:
    """A file by chance."""
    container = chance.choices(list(CONTAINERS), [len(kind.oddities) for kind in CONTAINERS.values()])[0]
    kind = CONTAINERS[container]
    picture, sound, oddity = (chance.choice(each) for each in (kind.pictures, kind.sounds, kind.oddities))
    if oddity in OF_SOUND and sound == "none":
        sound = kind.sounds[0]
    if oddity in OF_SOUND and sound == "none":
        oddity = "none"
    if oddity == "duplicate" and picture not in UNORDERED:
        picture = next(each for each in kind.pictures if each in UNORDERED)
    if oddity == "uneven" and picture in ("mpeg1", "mpeg2"):
        oddity = "gap"
    rates = ("25", "30", "30000/1001") if picture in ("mpeg2", "mpeg1") else ("24", "25", "30", "50", "30000/1001")
    return Odd(container, picture, sound, oddity, "25" if picture == "gif" else chance.choice(rates), seed)
