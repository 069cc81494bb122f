"""Encode profiles: every profile's encoder, container and numbers, shared by the whole compiler.

`encode.codec` chooses the profile. There are two named qualities: `draft` for looking at, `final` for keeping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FINAL = "final"
QUALITIES = (FINAL, "draft")

MP4_ENDINGS = (".mp4", ".m4v")


@dataclass(frozen=True, slots=True)
class Quality:
    """The numbers of a named quality: the encoder's preset, its constant rate factor, and further options."""

    preset: str | None = None
    crf: int | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """The encoding of pictures."""

    encoder: str
    codec: str
    """The codec's name in a finished film's facts."""
    pix_fmt: str
    """The encoder's input format."""
    steady: tuple[str, ...] = ()
    """Options that are always given: the codec's tag in the container, and options for reproducible bytes."""
    presets: tuple[str, ...] = ()
    highest_crf: int | None = None
    whole_crf: bool = False
    decoded: str | None = None
    """The pixel format of the finished film, where it is not `pix_fmt`."""
    colours: bool = True
    """Whether the codec stores colour tags."""


@dataclass(frozen=True, slots=True)
class Sound:
    """The encoding of sound."""

    encoder: str
    codec: str
    rated: bool = True
    """Whether the codec has a bitrate; a codec without one is exact to the sample."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to encode a film: container, picture and sound."""

    name: str
    title: str
    muxer: str
    endings: tuple[str, ...]
    """Legal endings of the file's name, the usual one first."""
    picture: Picture | None
    sound: Sound | None
    qualities: Mapping[str, Quality] = field(default_factory=dict)
    joined: bool = False
    """Whether films can be encoded in units and joined exactly by copying packets."""
    movie: bool = True
    """Whether the container is of the mov family, where the time bases can be chosen and the index can go first."""

    @property
    def container(self) -> str:
        """The container's name in a finished film's facts."""
        return "mov" if self.movie else self.muxer

    @property
    def encoders(self) -> tuple[str, ...]:
        """The encoders that the profile needs, by ffmpeg's names."""
        return tuple(part.encoder for part in (self.picture, self.sound) if part)


_X26 = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")
_AAC, _PCM = Sound("aac", "aac"), Sound("pcm_s16le", "pcm_s16le", rated=False)
_THREADS = ("-threads:v", "4")
"""A constant, since another number of threads gives other bytes."""

_H265 = "pools=4:frame-threads=2:info=0:log-level=error"
"""x265 with the same number of threads on every machine, and without the lines about itself that it writes into
films."""

_ALL = (
    Profile(
        *("h264", "H.264 and AAC in MP4", "mp4", MP4_ENDINGS),
        Picture("libx264", "h264", "yuv420p", _THREADS, _X26, 51),
        _AAC,
        {FINAL: Quality("medium", 20), "draft": Quality("veryfast", 28)},
        joined=True,
    ),
    Profile(
        *("h265", "H.265 and AAC in MP4", "mp4", MP4_ENDINGS),
        Picture("libx265", "hevc", "yuv420p", ("-tag:v", "hvc1", "-x265-params", _H265), _X26, 51),
        _AAC,
        {FINAL: Quality("medium", 23), "draft": Quality("superfast", 30)},
        joined=True,
    ),
    Profile(
        *("av1", "AV1 and AAC in MP4", "mp4", MP4_ENDINGS),
        Picture(
            *("libsvtav1", "av1", "yuv420p", ("-svtav1-params", "lp=1"), tuple(map(str, range(14))), 63),
            whole_crf=True,
        ),
        _AAC,
        {FINAL: Quality("6", 30), "draft": Quality("10", 40)},
        joined=True,
    ),
    Profile(
        *("prores", "ProRes 422 and PCM in MOV", "mov", (".mov",)),
        Picture("prores_ks", "prores", "yuv422p10le", (*_THREADS, "-vendor", "apl0")),
        _PCM,
        {FINAL: Quality(words=("-profile:v", "hq")), "draft": Quality(words=("-profile:v", "proxy"))},
        joined=True,
    ),
    Profile(
        *("gif", "GIF, without sound", "gif", (".gif",)),
        Picture("gif", "gif", "pal8", decoded="bgra", colours=False),
        None,
        movie=False,
    ),
    Profile(
        *("webp", "animated WebP, without sound", "webp", (".webp",)),
        Picture("libwebp_anim", "webp", "bgra", ("-compression_level", "4", "-loop", "0"), colours=False),
        None,
        {FINAL: Quality(words=("-quality", "80")), "draft": Quality(words=("-quality", "50"))},
        movie=False,
    ),
    Profile("m4a", "AAC in M4A: sound alone", "ipod", (".m4a",), None, _AAC),
    Profile("wav", "PCM in WAV: sound alone", "wav", (".wav",), None, _PCM, movie=False),
)

PROFILES: Mapping[str, Profile] = {profile.name: profile for profile in _ALL}
CODECS = tuple(PROFILES)
H264, WEBP = PROFILES["h264"], PROFILES["webp"]
