"""The colours of a stream: by its tags, or by its codec and size where it has none."""

from __future__ import annotations

from compiler.timeline.media import VideoStream

HDR = frozenset({"smpte2084", "arib-std-b67"})
"""Transfers of high dynamic range, PQ and HLG; every other transfer is read as the canvas's."""

HD_WIDTH, HD_LINES = 1280, 577
"""Width and lines from which an untagged picture is read as BT.709, and below as BT.601, as players do."""

RGB = ("gbr", "rgb", "bgr", "argb", "abgr", "0rgb", "0bgr", "pal8", "x2rgb", "x2bgr", "mono")
"""Beginnings of the names of RGB pixel formats."""

SEE_THROUGH = ("rgba", "bgra", "argb", "abgr", "gbrap", "yuva", "ya8", "ya16")
"""Beginnings of the names of pixel formats with transparency."""

BY_FORMAT = {"mjpeg": "smpte170m", "webp": "smpte170m", "vp8": "smpte170m"}
"""The matrix of codecs that have only one."""

WIDER = {"bt2020": "BT.2020", "smpte431": "DCI-P3", "smpte432": "Display P3"}
"""Primaries wider than BT.709's, and their common names."""


def see_through(video: VideoStream) -> bool:
    """Whether the stream may have transparent parts."""
    return video.pix_fmt.startswith(SEE_THROUGH)


def is_rgb(video: VideoStream) -> bool:
    """Whether the stream holds red, green and blue rather than luma and chroma."""
    return video.pix_fmt.startswith(RGB)


def matrix_of(video: VideoStream) -> str:
    """The stream's colour matrix, by ffmpeg's name for it."""
    if is_rgb(video):
        return "gbr"
    if video.color_space and video.color_space != "gbr":
        return video.color_space
    if video.codec in BY_FORMAT:
        return BY_FORMAT[video.codec]
    if video.color_transfer in HDR:
        return "bt2020nc"
    width, height = video.cropped
    return "bt709" if width >= HD_WIDTH or height >= HD_LINES else "smpte170m"


def is_full_range(video: VideoStream) -> bool:
    """Whether black is 0 and white the largest number; always true for RGB and the yuvj formats."""
    return video.color_range == "pc" or video.pix_fmt.startswith("yuvj") or is_rgb(video)


def primaries_of(video: VideoStream) -> str:
    """The stream's primaries; those of untagged HDR are BT.2020's."""
    return video.color_primaries or ("bt2020" if video.color_transfer in HDR else "bt709")


def reading(video: VideoStream) -> str:
    """The plan's text on the stream's colours: tagged, or the assumption made."""
    if video.color_space or is_rgb(video):
        return "as tagged"
    names = {"bt709": "BT.709", "smpte170m": "BT.601", "bt2020nc": "BT.2020"}
    return f"untagged: read as {names[matrix_of(video)]}"
