"""Made-up media, by name: the facts of every kind of source, and the ffmpeg builds that would read them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from compiler.ir.build import Build
from compiler.profiles import PROFILES
from compiler.supervise.facts.display import UNPLACED
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import STILL_TICK, AudioStream, Media, VideoStream
from compiler.transitions import BLENDS, FIRST, LATER

NTSC = Fraction(30_000, 1001)

FILTERS = frozenset(
    {"acrossfade", "afade", "aformat", "ametadata", "anullsrc", "apad", "aresample", "asendcmd", "asetpts"}
    | {"asetrate", "asettb", "asplit", "atempo", "atrim", "boxblur", "bwdif", "color", "concat", "crop"}
    | {"ebur128", "fade", "fillborders", "format", "fps", "hflip", "metadata", "minterpolate", "null", "overlay", "pad"}
    | {"palettegen", "paletteuse", "pan", "perspective", "rotate", "rubberband", "scale", "setparams", "setpts"}
    | {"setsar", "settb", "sidedata", "split", "tonemap", "tpad", "transpose", "trim", "vflip", "volume"}
    | {"colorchannelmixer", "lutrgb", "premultiply", "xfade", "zscale"}
)
DRAWN = {since: frozenset(each.drawn for each in BLENDS.values() if each.since == since) for since in (FIRST, LATER)}
ENCODERS = frozenset(encoder for profile in PROFILES.values() for encoder in profile.encoders)
NINE = Build("ffmpeg", (9, 0), "9.0.2", FILTERS, ENCODERS, DRAWN[FIRST] | DRAWN[LATER])
FIVE = replace(NINE, release=(5, 1), version="5.1.9", filters=FILTERS - {"rubberband"}, transitions=DRAWN[FIRST])


def film(
    path: str,
    rate: Fraction | int,
    seconds: Fraction | int,
    size: tuple[int, int] = (1920, 1080),
    *,
    base: Fraction = Fraction(1, 90_000),
    container: str = "mov",
    start: Fraction | int = 0,
    first: Fraction | int = 0,
) -> Media:
    """A silent H.264 file at this many frames a second, of which two are reordered; its picture begins at timestamp
    `first`."""
    video = VideoStream(
        index=0,
        codec="h264",
        width=size[0],
        height=size[1],
        rate=Fraction(rate),
        time_base=base,
        first=Fraction(first),
        end=SourceTime(Fraction(seconds)),
        ahead=2 / Fraction(rate) if container in ("mov", "matroska") else None,
    )
    return Media(path, container, Fraction(start), video)


def tagged(media: Media) -> Media:
    """The media with its colours tagged as most cameras do: BT.709, limited range."""
    return picture(media, color_range="tv", color_space="bt709", color_primaries="bt709", color_transfer="bt709")


def picture(media: Media, **changed: object) -> Media:
    """The media with a different picture."""
    return replace(media, video=replace(media.video, **changed))  # type: ignore[arg-type]


def heard(
    media: Media,
    codec: str = "aac",
    rate: int = 48_000,
    channels: int = 2,
    *,
    first: Fraction | int | None = None,
    end: Fraction | int | None = None,
    profile: str | None = None,
) -> Media:
    """The media with a sound: its first sample at timestamp `first`, its end in source time."""
    audio = AudioStream(
        index=1,
        codec=codec,
        sample_rate=rate,
        channels=channels,
        layout={1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[channels],
        speakers=UNPLACED[channels],
        time_base=Fraction(1, rate) if media.format == "mov" else media.video.time_base,
        first=media.video.first if first is None else Fraction(first),
        end=SourceTime(Fraction(media.video.end if end is None else end)),
        profile=("LC" if codec == "aac" else "") if profile is None else profile,
    )
    return replace(media, audio=audio)


def surrounded(media: Media, layout: str, *speakers: str) -> Media:
    """The media with another channel layout."""
    assert media.audio
    return replace(media, audio=replace(media.audio, layout=layout, channels=len(speakers), speakers=speakers))


MILLI = Fraction(1, 1000)

SPARSE = tuple(3000 * k for k in range(300) if k < 20 or k % 7)
"""A screen recording at 30 frames a second, which leaves out frames that equal the one before."""

MEDIA: dict[str, Media] = {
    "game.mp4": heard(tagged(film("game.mp4", NTSC, 60, base=Fraction(1, 30_000)))),
    "phone.mp4": heard(picture(tagged(film("phone.mp4", 30, 12)), rotation=90), rate=44_100, channels=1),
    "silent.mp4": tagged(film("silent.mp4", 25, 10, (1280, 720))),
    "late.mkv": heard(
        tagged(film("late.mkv", 30, 10, (1280, 720), base=MILLI, container="matroska")),
        codec="pcm_s16le",
        first=Fraction(1, 2),
    ),
    "short_sound.mp4": heard(tagged(film("short_sound.mp4", 30, 10, (1280, 720))), end=4),
    "city.mpg": picture(
        heard(
            film("city.mpg", 25, 8, (720, 576), container="mpeg", start=Fraction(1, 2), first=Fraction(27, 50)),
            codec="mp2",
            first=Fraction(1, 2),
            end=8,
        ),
        codec="mpeg2video",
        sar=Fraction(16, 11),
        color_range="tv",
        color_space="bt470bg",
        fields="auto",
    ),
    "film24.mkv": heard(
        film("film24.mkv", Fraction(24_000, 1001), 30, (2048, 858), base=MILLI, container="matroska"),
        codec="opus",
        channels=6,
    ),
    "camera.mov": heard(
        picture(
            film("camera.mov", 30, 20, (1440, 1080)), pix_fmt="yuvj420p", color_range="pc", color_space="smpte170m"
        ),
        codec="pcm_s16le",
    ),
    "action.mp4": heard(picture(tagged(film("action.mp4", 60, 30, (2704, 1520))), codec="hevc", pix_fmt="yuv420p10le")),
    "screen.mp4": picture(tagged(film("screen.mp4", 30, 10, (1170, 2532))), ticks=SPARSE),
    "match.mp4": heard(tagged(film("match.mp4", 50, 5400, base=Fraction(1, 12_800)))),
    "selfie.mov": picture(tagged(film("selfie.mov", 30, 8)), rotation=270, mirrored=True),
    "cinema.mov": heard(tagged(film("cinema.mov", 24, 20)), codec="pcm_s24le", channels=8),
    "tiny.mp4": tagged(film("tiny.mp4", 30, 5, (64, 48))),
    "tube.mov": heard(
        picture(
            film("tube.mov", 30, 20, (960, 1080)),
            sar=Fraction(2),
            fields="bff",
            mirrored=True,
            color_transfer="smpte2084",
            color_space="bt2020nc",
        )
    ),
    "hdr.mov": heard(picture(film("hdr.mov", 30, 10), color_transfer="smpte2084", color_space="bt2020nc")),
    "hlg.mov": picture(
        film("hlg.mov", 30, 10),
        codec="hevc",
        pix_fmt="yuv420p10le",
        rotation=90,
        color_range="tv",
        color_space="bt2020nc",
        color_primaries="bt2020",
        color_transfer="arib-std-b67",
    ),
    "untagged_sd.avi": picture(film("untagged_sd.avi", 25, 4, (720, 576), container="avi"), codec="mpeg4"),
    "rgb.mkv": picture(
        film("rgb.mkv", 60, 5, (1280, 720), base=MILLI, container="matroska"),
        codec="ffv1",
        pix_fmt="gbrp",
        color_space="gbr",
    ),
    "card.png": picture(
        film("card.png", 30, 5, (1200, 800), base=STILL_TICK, container="image2"),
        codec="png",
        pix_fmt="rgba",
        ticks=(0,),
    ),
    "photo.jpg": picture(
        film("photo.jpg", 30, 5, (4032, 3024), base=STILL_TICK, container="image2"),
        codec="mjpeg",
        pix_fmt="yuvj420p",
        ticks=(0,),
        rotation=90,
    ),
    "spatial.mkv": surrounded(
        heard(tagged(film("spatial.mkv", 30, 5))), "ambisonic 1", "AMBI0", "AMBI1", "AMBI2", "AMBI3"
    ),
    "odd_matrix.mkv": picture(film("odd_matrix.mkv", 30, 10), color_space="ictcp"),
}
