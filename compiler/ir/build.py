"""Facts of the ffmpeg that will run a graph."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler.timeline.media import WHOLE, Cropping, Media, VideoStream
from compiler.transitions import BLENDS

MATROSKA_STARTS_LATE = (8, 0)
"""The release from which a Matroska file starts at its first presented picture or sound. Earlier releases start it at
the priming of its sound's decoder, for AAC 21 ms before, and move all else later by that (5.1 and 7.0 do, 9.0 does
not)."""


TURNS_BY_FRAME = (7, 0)
"""The release from which the graph can turn pictures. Earlier releases copy the rotation metadata of a film's only
source to the film, even if the graph turned the frames, unless ffmpeg itself turned them while reading."""


CROPS_BY_CONTAINER = (7, 1)
"""The release from which ffmpeg crops as the container states, unless told not to; the graph does it for all."""


REFUSES_RESERVED = (7, 1)
"""The release from which an input's bitstream can be filtered. 9.0 refuses frames of a reserved colour matrix, 5.1 does
not."""


@dataclass(frozen=True, slots=True)
class Build:
    """One ffmpeg program: its path, its release, and its filters, encoders and transitions."""

    path: str
    release: tuple[int, int]
    """Major and minor: (5, 1), (7, 0), (9, 0)."""
    version: str
    """The whole version string as ffmpeg prints it, part of a film's identity."""
    filters: frozenset[str]
    encoders: frozenset[str]
    transitions: frozenset[str] = frozenset()
    """The transitions of its xfade, by xfade's names."""
    avx512: bool = False
    """Whether the processor has AVX-512."""
    libraries: tuple[str, ...] = ()
    """The shared libraries that the program loads, by path, without those of C: codecs and filters stand in them."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the program consists of."""
        return self.path, *self.libraries

    def draws(self, transition: str) -> bool:
        """Whether the build can draw a transition, one of `BLENDS`."""
        return BLENDS[transition].drawn in self.transitions

    def reads(self, media: Media) -> Media:
        """The media as this release reads it: already turned or not, and with the release's start of timestamps."""
        if self.release < TURNS_BY_FRAME and not media.video.straightened:  # raw frames state no rotation
            media = replace(media, video=_turned(media.video))
        if self.release >= MATROSKA_STARTS_LATE or media.format != "matroska" or media.earliest is None:
            return media
        return replace(media, start=min(media.start, media.earliest))

    @property
    def refuses_reserved(self) -> bool:
        """Whether this release refuses frames of a reserved colour matrix, and can filter its input's bitstream."""
        return self.release >= REFUSES_RESERVED

    def crops(self, video: VideoStream) -> bool:
        """Whether this release would crop a picture as its container states, or may: it depends on facts that older
        probes did not read."""
        return self.release >= CROPS_BY_CONTAINER and video.crop != WHOLE

    @property
    def script_option(self) -> str:
        """The option that reads a filtergraph from a file; 9.0 dropped the old one, 5.1 lacks the new one."""
        return "-/filter_complex" if self.release >= (7, 0) else "-filter_complex_script"


def _turned(video: VideoStream) -> VideoStream:
    """The picture after ffmpeg has turned it while reading."""
    upright = replace(video, rotation=0, mirrored=False, crop=_turned_cropping(video))
    if video.rotation in (0, 180):
        return upright
    return replace(upright, width=video.height, height=video.width, sar=1 / video.sar)


def _turned_cropping(video: VideoStream) -> Cropping | None:
    """The cropping of a picture after it has been mirrored and turned clockwise."""
    if video.crop is None:
        return None
    left, top, right, bottom = video.crop
    sides = [right, top, left, bottom] if video.mirrored else [left, top, right, bottom]
    quarters = video.rotation // 90
    left, top, right, bottom = sides[-quarters % 4 :] + sides[: -quarters % 4]
    return left, top, right, bottom
