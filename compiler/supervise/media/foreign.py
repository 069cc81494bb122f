"""Words for files that are not read: the kind of file, and its remedy."""

from __future__ import annotations

from compiler.supervise.remedy import command, convert

Words = tuple[str, str]
"""The end of a sentence that begins with the file's name, and the hint."""

READABLE = "read are mp4, mov, mkv, webm, ts, avi and other common films, and png, jpg, gif, webp, avif and heic images"
PICTURES = "read are H.264, HEVC, AV1, VP8, VP9, MPEG-2, MPEG-4, ProRes, DNxHD, MJPEG and others"
SOUNDS = "read are AAC, MP3, Opus, Vorbis, FLAC, ALAC, AC-3, PCM and others"

PAGE = "download the video itself; this is the page around it"
UNPACK = "unpack it, and choose the video in it"
EXPORT = "export it as mp4 from the program that it comes from"

FIRST_BYTES = {
    b"<!doctype html": ("is a web page, not a video file", PAGE),
    b"<html": ("is a web page, not a video file", PAGE),
    b"%pdf": ("is a PDF document, not a video file", "choose the video file"),
    b"pk\x03\x04": ("is a ZIP archive or an office document, not a video file", UNPACK),
    b"rar!": ("is a RAR archive, not a video file", UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("is a 7z archive, not a video file", UNPACK),
    b"\x1f\x8b": ("is a gzip archive, not a video file", UNPACK),
    b"8bps": ("is a Photoshop document, not a video file", "export it as png"),
    b"\x7felf": ("is a program, not a video file", "choose the video file"),
    b"mz": ("is a program, not a video file", "choose the video file"),
}
"""The first bytes, in lower case, of files that people take for videos."""

TEXT = ("is a text file, not a video file", "choose the video file")

SUBTITLES = {"srt", "ass", "webvtt", "microdvd", "sami", "subviewer", "subviewer1", "mpl2", "stl", "ttml", "lrc", "sup"}
"""Demuxers of subtitles."""


def other_file(raw: bytes) -> Words | None:
    """The words for a file by its first bytes; None if they are not known."""
    head = raw.lstrip().lower()
    if raw and not raw.strip(b"\0"):
        return "begins with zeros only, as files do whose copying was broken off", "copy or upload the file again"
    known = next((words for mark, words in FIRST_BYTES.items() if head.startswith(mark)), None)
    return known or (TEXT if _is_text(raw) else None)


def _is_text(raw: bytes) -> bool:
    """Whether bytes, of which the last character may be cut, are text."""
    text = raw.decode("utf-8", "replace").rstrip("\N{REPLACEMENT CHARACTER}")
    return all(letter.isprintable() or letter.isspace() for letter in text) and "\N{REPLACEMENT CHARACTER}" not in text


def other_format(name: str, demuxer: str, title: str) -> Words:
    """The words for the named file of a format that is not read; `title` is the demuxer's name for people."""
    if demuxer in SUBTITLES:
        return f"is a file of subtitles ({title}), not a video file", "choose the video file"
    if demuxer.endswith("_pipe"):
        kind = demuxer.removesuffix("_pipe").upper()
        return f"is an image in the format {kind}, which is not read", f"convert it: {command(name, ending='.png')}"
    return f"is in the format {title}, which is not read", f"convert it: {convert(name)}"


def other_codec(name: str, kind: str, title: str | None) -> Words:
    """The words for a picture or sound (`kind`: video or audio) of a codec that is not read; `title` is its name."""
    what = "a picture" if kind == "video" else "sound"
    if title is None:
        return f"has {what} of an unknown codec", EXPORT
    if kind == "video":
        return f"has {what} coded as {title}, which is not read", f"convert it: {convert(name)}"
    return f"has {what} coded as {title}, which is not read", f"convert it: {command(name, '-c:v copy -c:a aac')}"


def no_picture(name: str, sounds: bool, cover: bool) -> Words:
    """The words for a named file without a picture: whether it has sound, and a cover."""
    if not sounds:
        return "has neither a moving picture nor sound", "choose a file with a picture"
    black = command(name, "-shortest -c:v libx264 -c:a aac", before=("-f lavfi -i color=black:s=1280x720:r=30",))
    what = "has sound and a cover, but no moving picture" if cover else "has sound, but no picture"
    return what, f"choose a file with a picture, or add a black one: {black}"


def encrypted(name: str, kind: str, demuxer: str) -> Words:
    """The words for a named file with an encrypted picture or sound."""
    copy = "use a copy without copy protection"
    if kind != "video":
        return "has encrypted sound", f"{copy}, or leave the sound out: {command(name, '-an -c:v copy')}"
    if "mp4" not in demuxer:
        return "is encrypted", copy
    decrypt = command(name, "-c copy", before=("-decryption_key KEY",))
    return "is encrypted", f"{copy}; if you have its key, this makes one: {decrypt}"
