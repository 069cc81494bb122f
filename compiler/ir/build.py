"""What the ffmpeg that will run a graph can do."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler.timeline.media import Media, VideoStream
from compiler.transitions import BLENDS

MATROSKA_STARTS_LATE = (8, 0)
"""The release from which a Matroska file starts where it is first seen or heard. Before, it starts where its sound's
decoder is primed, 21 ms before that of AAC, and all else comes that much later (5.1 and 7.0 do, 9.0 does not)."""


TURNS_BY_FRAME = (7, 0)
"""The release from which turning can be left to the graph. Before, a film of one source is marked to be turned as that
is, whatever was done to its frames, unless ffmpeg itself turned them while reading."""


@dataclass(frozen=True, slots=True)
class Build:
    """One ffmpeg program: where it is, its release, and what it was built with."""

    path: str
    release: tuple[int, int]
    """Major and minor: (5, 1), (7, 0), (9, 0)."""
    version: str
    """The whole version string, as it prints it: part of a film's identity."""
    filters: frozenset[str]
    encoders: frozenset[str]
    transitions: frozenset[str] = frozenset()
    """What its xfade can draw, by xfade's own names."""
    avx512: bool = False
    """Whether the processor it runs on has AVX-512."""

    def draws(self, transition: str) -> bool:
        """Whether it can blend two pictures so: one of `BLENDS`."""
        return BLENDS[transition].drawn in self.transitions

    def reads(self, media: Media) -> Media:
        """The media as this release sees it: already turned or not, and with the start it takes off timestamps."""
        if self.release < TURNS_BY_FRAME:
            media = replace(media, video=_turned(media.video))
        if self.release >= MATROSKA_STARTS_LATE or media.format != "matroska" or media.earliest is None:
            return media
        return replace(media, start=min(media.start, media.earliest))

    @property
    def script_option(self) -> str:
        """The option that reads a filtergraph from a file; 9.0 dropped the old one, 5.1 lacks the new one."""
        return "-/filter_complex" if self.release >= (7, 0) else "-filter_complex_script"


def _turned(video: VideoStream) -> VideoStream:
    """The picture once ffmpeg has turned it while reading."""
    upright = replace(video, rotation=0, mirrored=False)
    if video.rotation in (0, 180):
        return upright
    return replace(upright, width=video.height, height=video.width, sar=1 / video.sar)
