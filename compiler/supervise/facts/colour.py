"""Colour tags by ffmpeg's names; an unspecified or reserved tag is None."""

from __future__ import annotations

from av.video.codeccontext import VideoCodecContext

RANGES = {1: "tv", 2: "pc"}
SPACES = {
    **{0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco"},
    **{9: "bt2020nc", 10: "bt2020c", 11: "smpte2085", 12: "chroma-derived-nc", 13: "chroma-derived-c"},
    **{14: "ictcp", 15: "ipt-c2", 16: "ycgco-re", 17: "ycgco-ro"},
}
PRIMARIES = {
    **{1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film"},
    **{9: "bt2020", 10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213"},
}
TRANSFERS = {
    **{1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "linear"},
    **{
        9: "log100",
        10: "log316",
        11: "iec61966-2-4",
        12: "bt1361e",
        13: "iec61966-2-1",
        14: "bt2020-10",
        15: "bt2020-12",
        16: "smpte2084",
    },
    **{17: "smpte428", 18: "arib-std-b67"},
}


UNSPECIFIED = 2


def colours(context: VideoCodecContext) -> dict[str, str | list[str] | None]:
    """The picture's range, matrix, primaries and transfer, and the names of those with a value that the standards
    reserve; the old yuvj formats are full range by definition."""
    stated = RANGES.get(context.color_range)
    full = str(context.pix_fmt).startswith("yuvj")
    tags = {
        "matrix": (SPACES, context.colorspace),
        "primaries": (PRIMARIES, context.color_primaries),
        "transfer": (TRANSFERS, context.color_trc),
    }
    return {
        "reserved_tags": [name for name, (known, value) in tags.items() if value != UNSPECIFIED and value not in known],
        "color_range": stated or ("pc" if full else None),
        "color_space": SPACES.get(context.colorspace),
        "color_primaries": PRIMARIES.get(context.color_primaries),
        "color_transfer": TRANSFERS.get(context.color_trc),
    }
