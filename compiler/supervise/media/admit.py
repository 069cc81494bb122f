"""The allowlist of media: the demuxers, decoders and picture sizes that untrusted files may use.

Nothing is excluded by name: a playlist, a script or an exotic decoder is refused because it is not on the list. Runs in
the probe child.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import av
import av.error
import av.format
import av.logging
from av.container import Container, InputContainer
from av.stream import Stream

from compiler.errors import Loc, ReelError
from compiler.supervise.media import foreign
from compiler.supervise.media.encryption import encrypted_tracks, is_encrypted
from compiler.supervise.remedy import command, convert
from compiler.timeline.media import MAX_PIXELS

FORMATS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "mpegts", "mpeg", "avi", "ogg", "flv", "asf"),
    *("mxf", "wav", "mp3", "flac", "aac", "dv", "ivf"),
)
"""Demuxers, by any of their names; none of them opens a second file."""

VIDEO_CODECS = (
    *("h264", "hevc", "av1", "vp8", "vp9", "mpeg4", "mpeg2video", "mpeg1video", "h263", "theora", "vc1", "prores"),
    *("msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "wmv3", "flv1", "vp6", "vp6f", "dnxhd", "cfhd", "dvvideo"),
    *("mjpeg", "png", "webp", "ffv1", "huffyuv", "ffvhuff", "utvideo", "qtrle", "rawvideo", "v210"),
    *("h263p", "h263i", "mjpegb", "svq1", "svq3", "cinepak", "rpza", "msvideo1", "msrle", "flashsv", "flashsv2"),
)
AUDIO_CODECS = (
    *("aac", "aac_latm", "mp1", "mp2", "mp3", "opus", "vorbis", "flac", "alac", "wavpack", "tta", "speex"),
    *("ac3", "eac3", "dts", "truehd", "mlp", "s302m", "dvaudio"),
    *("wmav1", "wmav2", "wmapro", "wmavoice", "wmalossless", "amr_nb", "amr_wb", "qcelp", "evrc", "gsm", "gsm_ms"),
    *("nellymoser", "qdm2", "qdmc", "mace3", "mace6", "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_swf"),
    *("adpcm_yamaha", "adpcm_g722", "adpcm_g726", "adpcm_g726le", "pcm_mulaw", "pcm_alaw", "pcm_bluray", "pcm_dvd"),
    *("pcm_u8", "pcm_s8", "pcm_s8_planar", "pcm_s16le_planar", "pcm_s16be_planar", "pcm_s24le_planar"),
    *("pcm_s32le_planar", "pcm_f16le", "pcm_f24le"),
    *(f"pcm_{kind}{bits}{order}" for kind in "su" for bits in (16, 24, 32) for order in ("le", "be")),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_s64le", "pcm_s64be"),
)
DECODERS = (
    *(*VIDEO_CODECS, *AUDIO_CODECS, "libdav1d", "flv", "msmpeg4", "mp3float", "mp2float", "mp1float", "amrnb"),
    *("amrwb", "libopencore_amrnb", "libopencore_amrwb", "libopus", "libvpx", "libvpx-vp9", "dca", "g722", "g726"),
    *("g726le",),
)
"""Names of decoders, and of their codecs where they differ."""

STILLS = {b"\x89PNG\r\n\x1a\n": "png_pipe", b"\xff\xd8\xff": "jpeg_pipe", b"RIFF....WEBP": "webp_pipe"}
"""The first bytes of still images (a dot is any byte), and demuxers that read them whatever the file's name."""

TEXTS = {
    b"#EXTM3U": "an HLS playlist",
    b"ffconcat": "an ffmpeg concat script",
    b";FFMETADATA": "an ffmpeg metadata file",
    b"v=0": "an SDP session",
    b"<MPD": "a DASH manifest",
    b"<?xml": "an XML file",
    b"<svg": "an SVG drawing",
}
"""The first bytes of text files that lead players to other files."""

_OPTIONS = {
    "protocol_whitelist": "file",
    "max_pixels": str(MAX_PIXELS),
    "threads": "1",
}
_UNUSED = re.compile(r"Codec \(.*\) not on whitelist")
_TOO_BIG = re.compile(r"Picture size (\d+)x(\d+) exceeds")

COPY_AGAIN = "copy or upload the file again, and check that it plays"

Log = list[tuple[int, str, str]]
"""libav's messages: level, source, text."""


@contextmanager
def opened(
    path: Path, formats: Sequence[str] = (*FORMATS, *STILLS.values()), decoders: Sequence[str] = DECODERS
) -> Iterator[tuple[InputContainer, Log]]:
    """The file as an open container, read as a plain file regardless of its name; RC604, RC606."""
    still = _sniff(path)
    av.logging.set_level(av.logging.ERROR)
    with av.logging.Capture() as log:
        try:
            options = _OPTIONS | {"format_whitelist": ",".join(formats), "codec_whitelist": ",".join(decoders)}
            alone = still if still in formats else None
            container = av.open(f"file:{path}", format=alone, options=options, metadata_errors="replace")
        except av.error.FFmpegError as error:
            raise _refusal(path, error, log) from error
        with container:
            too_big = _TOO_BIG.search(messages(log))
            if too_big:
                raise too_many_pixels(int(too_big[1]), int(too_big[2]), container)
            yield container, log


def admit_stream(stream: Stream, allowed: tuple[str, ...]) -> str:
    """The stream's codec name, with its decoder set to one thread and to limits.

    RC604 if it is encrypted, RC606 if the codec is not allowed.
    """
    name, context = _name(stream.container), stream.codec_context
    if is_encrypted(stream):
        what, hint = foreign.encrypted(name, stream.type, stream.container.format.name)
        raise unreadable(what, hint=hint)
    codec = context.codec.canonical_name if context else ""
    if codec not in allowed:
        what, hint = foreign.other_codec(name, stream.type, _title(context.codec) if context else None)
        raise refused(what, hint, foreign.PICTURES if stream.type == "video" else foreign.SOUNDS)
    context.thread_count = 1
    context.options = {"max_pixels": str(MAX_PIXELS)}
    return codec


def refused(what: str, hint: str, detail: str = "") -> ReelError:
    """RC606 for media that is not allowed."""
    return ReelError("RC606", Loc(), what, detail=detail, hint=hint)


def unreadable(what: str, detail: str = "", hint: str = COPY_AGAIN) -> ReelError:
    """RC604 for media that cannot be read."""
    return ReelError("RC604", Loc(), what, detail=detail, hint=hint)


def too_large(name: str, detail: str) -> ReelError:
    """RC606 for a file called `name` that does not fit into the memory of its reader."""
    return refused("takes more memory to open than is allowed", f"convert it: {convert(name)}", detail)


def too_many_pixels(width: int, height: int, container: InputContainer) -> ReelError:
    """RC606 for a file with a picture larger than any camera makes."""
    what = f"has a picture of {width}x{height}, more than {MAX_PIXELS / 1e6:.0f} million pixels"
    scale = "-vf scale=7680:4320:force_original_aspect_ratio=decrease:force_divisible_by=2"
    ending = ".png" if container.format.name in STILLS.values() else ".mp4"
    return refused(what, f"scale it down: {command(_name(container), scale, ending=ending)}")


def no_picture(container: InputContainer) -> ReelError:
    """RC605 for a file with sound alone, or with neither picture nor sound."""
    what, hint = foreign.no_picture(_name(container), bool(container.streams.audio), bool(container.streams.video))
    return ReelError("RC605", Loc(), what, hint=hint)


def messages(log: Log) -> str:
    """The first eight of libav's distinct messages, a line each, but for those on codecs: a stream that is used and
    not allowed has an error of its own."""
    lines = dict.fromkeys(text.strip() for _, _, text in log)
    return "\n".join([line for line in lines if not _UNUSED.search(line)][:8])


def _sniff(path: Path) -> str | None:
    """The demuxer of a still image, None for a film; RC604 for an empty file, RC606 for text that names other files."""
    with path.open("rb") as file:
        raw = file.read(256)
    for mark, demuxer in STILLS.items():
        if len(raw) >= len(mark) and all(a == b or a == ord(".") for a, b in zip(mark, raw, strict=False)):
            return demuxer
    head = raw.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head:
        raise unreadable("is empty")
    for mark, kind in TEXTS.items():
        if head.startswith(mark):
            raise refused(f"is {kind}, not a video file", _leads_elsewhere(path.name, mark))
    return None


def _leads_elsewhere(name: str, mark: bytes) -> str:
    """The hint for a text that leads players to other files."""
    hint = "name or upload the video itself, not a file that points to it"
    joined = command(name, "-c copy")
    return f"{hint}; this joins a playlist's pieces: {joined}" if mark in (b"#EXTM3U", b"<MPD") else hint


def _refusal(path: Path, error: av.error.FFmpegError, log: Log) -> ReelError:
    """The error for a file that cannot be opened."""
    text, name = messages(log), path.name
    for _, demuxer, line in log:
        if "Format not on whitelist" in line:
            what, hint = foreign.other_format(name, demuxer, av.format.ContainerFormat(demuxer, "r").long_name)
            return refused(what, hint, foreign.READABLE)
    if encrypted_tracks(path):
        what, hint = foreign.encrypted(name, "video", "mp4")
        return unreadable(what, hint=hint)
    if error.errno == errno.ENOMEM:
        return too_large(name, text)
    with path.open("rb") as file:
        known = foreign.other_file(file.read(256))
    if known:
        what, hint = known
        return unreadable(what, hint=hint)
    if "moov atom not found" in text:
        hint = "copy or upload the file again; a recording that was broken off has to be repaired first"
        return unreadable("has no index: its end is missing, or it is not a video file", text, hint)
    return unreadable("is not a video file, or is damaged", text or str(error.strerror))


def _name(container: Container) -> str:
    return Path(container.name).name


def _title(codec: av.Codec) -> str:
    """A codec's name for people, with its short one."""
    short, long = codec.canonical_name, codec.long_name
    return long if short.lower() in long.lower() else f"{long} ({short})"
