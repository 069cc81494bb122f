"""What a film may be encoded as: every profile's encoder, container and numbers, shared by the whole compiler.

A profile is chosen by `encode.codec`. Two qualities are named: `draft` to look at, `final` to keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FINAL = "final"
QUALITIES = (FINAL, "draft")

MP4_ENDINGS = (".mp4", ".m4v")


@dataclass(frozen=True, slots=True)
class Quality:
    """The numbers of a named quality: the encoder's preset, its constant rate factor, and options besides."""

    preset: str | None = None
    crf: int | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """How pictures are encoded."""

    encoder: str
    codec: str
    """As a film read back names it."""
    pix_fmt: str
    """What the encoder is given."""
    steady: tuple[str, ...] = ()
    """Options that are always given: the container's mark of the codec, and what makes the same bytes come out."""
    presets: tuple[str, ...] = ()
    highest_crf: int | None = None
    whole_crf: bool = False
    decoded: str | None = None
    """The pixel format of the film read back, where it is not `pix_fmt`."""
    colours: bool = True
    """Whether the codec says which colours its numbers mean."""


@dataclass(frozen=True, slots=True)
class Sound:
    """How sound is encoded."""

    encoder: str
    codec: str
    rated: bool = True
    """Whether it has a bitrate; one without is exact to the sample."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to encode a film."""

    name: str
    title: str
    muxer: str
    endings: tuple[str, ...]
    """What a file's name may end in; the first is the usual one."""
    picture: Picture | None
    sound: Sound | None
    qualities: Mapping[str, Quality] = field(default_factory=dict)
    joined: bool = False
    """Whether films made in parts and joined by copying packets are exact."""
    movie: bool = True
    """Whether the container is of the mov family: its clocks are ours to choose, its index can go first."""

    @property
    def container(self) -> str:
        """What a film read back says it is packed in."""
        return "mov" if self.movie else self.muxer

    @property
    def encoders(self) -> tuple[str, ...]:
        """The encoders it needs, as ffmpeg names them."""
        return tuple(part.encoder for part in (self.picture, self.sound) if part)


_X26 = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")
_AAC, _PCM = Sound("aac", "aac"), Sound("pcm_s16le", "pcm_s16le", rated=False)
_THREADS = ("-threads:v", "4")
"""Another count of threads makes other bytes, so it is a constant."""

_H265 = "pools=4:frame-threads=2:info=0:log-level=error"
"""x265 with as many threads everywhere, and without the lines about itself that it writes into films."""

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
H264 = PROFILES["h264"]
