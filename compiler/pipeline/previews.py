"""Previews of a source, for editors: a proxy that browsers play, a strip of pictures, the peaks of its sound.

Previews use the same ops as films, so that a proxy has the frames, the colours and the orientation of the film.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from compiler.colours import BLACK
from compiler.emit import previews
from compiler.emit.argv import words
from compiler.emit.filters import spell
from compiler.emit.script import script
from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.build import Build
from compiler.ir.graph import Def, Graph
from compiler.ir.infer import as_video, infer
from compiler.lower import check_colours
from compiler.lower.clip import Chain, aperture, deinterlaced
from compiler.passes.cut_sound import cut_sound
from compiler.passes.fold_identity import fold_identity
from compiler.passes.seek_sources import seek_sources
from compiler.timeline.colour import see_through
from compiler.timeline.downmix import unmixable
from compiler.timeline.frames import counted
from compiler.timeline.instant import SAMPLE_RATE, SourceTime, nearest
from compiler.timeline.media import STILL_RATE, Media
from compiler.timeline.warp import Pace, Warp
from compiler.timeline.window import opens

LONGEST = 1280
"""The most pixels of a proxy's longer side."""

HIGH = 60
"""The height of a strip's pictures, pixels."""

WIDEST = 240
"""The largest width of a strip's pictures, pixels; wider ones are squeezed."""

EVERY = Fraction(1, 2)
"""Seconds between a strip's pictures, within the limits FEWEST and MOST."""

FEWEST, MOST, ACROSS = 8, 60, 10
"""The least and the most pictures of a strip, and the pictures of a row."""

DECODED = 1_500_000_000
"""Pixels of a source up to which all of it is decoded for a strip, which takes about a second."""

READ = 400_000_000
"""Bytes of a source up to which all of it is read for a strip, and only its key frames are decoded."""

PEAKS_A_SECOND, MOST_PEAKS = 50, 40_000

NOWHERE = Loc()
Finish = Callable[[Graph], list[str]]
"""The filters that follow a finished picture or sound to show or measure it."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The layout of a strip: picture k shows the source at (k + 1/2) / rate seconds of source time."""

    width: int
    height: int
    columns: int
    rows: int
    pictures: int
    rate: Fraction
    """Pictures a second."""

    def instant(self, picture: int) -> Fraction:
        """The source time of a picture, seconds."""
        return (picture + Fraction(1, 2)) / self.rate

    @property
    def tiling(self) -> str:
        """The filter arguments that lay pictures out in rows."""
        return ",".join(previews.tiled(self.columns, self.rows))


@dataclass(frozen=True, slots=True)
class Preview:
    """One run of ffmpeg that makes a preview, or a part of one."""

    graph: Graph
    script: str
    build: Build
    frames: int
    """The number of frames that its progress counts to."""


def strip_of(media: Media) -> Strip:
    """The layout of a source's strip."""
    end, (width, height) = media.video.end, media.video.displayed
    pictures = 1 if media.video.still else min(MOST, max(FEWEST, ceil(end / EVERY)))
    across = min(WIDEST, max(2, _even(Fraction(HIGH * width, height))))
    columns = min(pictures, ACROSS)
    # whole milliseconds, since ffmpeg limits the numbers of a rate
    rate = Fraction(pictures * 1000, max(1, nearest(end * 1000)))
    return Strip(across, HIGH, columns, ceil(Fraction(pictures, columns)), pictures, rate)


def decoded(media: Media) -> bool:
    """Whether all of a source is decoded for its strip, and not only its key frames; a window may have none."""
    few = frames_of(media) * media.video.width * media.video.height <= DECODED
    return media.video.still or few or (bool(media.video.skipped) and media.unindexed)


def sought(media: Media) -> bool:
    """Whether a strip is made by seeking to each picture, and not by reading the whole source."""
    return not decoded(media) and (media.size > READ or bool(media.video.skipped)) and not media.unindexed


def frames_of(media: Media) -> int:
    """The approximate number of frames of a source."""
    if media.video.still:
        return 1
    return counted(media.video) or ceil(media.video.end * media.video.rate)


def strip_preview(media: Media, build: Build) -> Preview:
    """The run that makes a strip from the source's start to its end."""
    strip, media = strip_of(media), build.reads(media)
    picture = _picture(media, Fraction(0), (strip.width, strip.height), strip.rate)
    return _preview(picture, [], build, 1, lambda _: previews.tiled(strip.columns, strip.rows))


def cell_preview(media: Media, build: Build, picture: int) -> Preview:
    """The run that makes one picture of a strip, from the key frame that a seek finds."""
    strip, media = strip_of(media), build.reads(media)
    at = strip.instant(picture) + media.video.first - media.start
    seek = max(Fraction(0), Fraction(floor(at * 1000), 1000))
    return _preview(_picture(media, seek, (strip.width, strip.height), None), [], build, 1)


def proxy_preview(media: Media, build: Build) -> Preview:
    """The run that makes the proxy of a whole source: its frames at their own times from 0 on, and its sound."""
    media = build.reads(media)
    check_colours(media.video, NOWHERE)
    if media.video.still:
        frames = nearest(media.video.end * STILL_RATE)
        return _preview(_picture(media, Fraction(0), proxy_size(media), STILL_RATE), [], build, frames)
    picture = _picture(media, Fraction(0), proxy_size(media), None)
    return _preview(picture, _sound(media), build, frames_of(media), _source_stamped)


def proxy_size(media: Media) -> tuple[int, int]:
    """Width and height of a proxy: as displayed, even, within LONGEST."""
    width, height = media.video.displayed
    share = min(Fraction(1), Fraction(LONGEST, max(width, height)))
    return max(2, _even(width * share)), max(2, _even(height * share))


def proxy_tick(media: Media) -> Fraction:
    """Seconds of a tick; the times of a proxy's frames are multiples of it."""
    return 1 / STILL_RATE if media.video.still else Fraction(1, media.video.time_base.denominator)


def peaks_preview(media: Media, build: Build) -> tuple[Preview, Fraction] | None:
    """The run that measures a sound's peaks, and the peaks a second; None for a source without usable sound."""
    media = build.reads(media)
    sound = _sound(media)
    if not sound:
        return None
    every = max(SAMPLE_RATE // PEAKS_A_SECOND, ceil(Fraction(_samples(media), MOST_PEAKS)))
    return _preview([], sound, build, 0, lambda _: previews.levels(every)), Fraction(SAMPLE_RATE, every)


def proxy_command(preview: Preview, media: Media, script_path: str, output: str) -> list[str]:
    """The ffmpeg command that makes a proxy."""
    return words(previews.proxy_command(preview.graph, proxy_tick(media), preview.build, script_path, output))


def strip_command(preview: Preview, media: Media, script_path: str, output: str) -> list[str]:
    """The ffmpeg command that makes a whole strip."""
    keys = not decoded(media)
    return words(previews.strip_command(preview.graph, preview.build, script_path, output, keys=keys))


def cell_command(preview: Preview, script_path: str, output: str) -> list[str]:
    """The ffmpeg command that writes one picture of a strip."""
    return words(previews.cell_command(preview.graph, preview.build, script_path, output))


def tile_command(strip: Strip, build: Build, cells: str, output: str) -> list[str]:
    """The ffmpeg command that makes a strip from its pictures."""
    return words(previews.tile_command(build, cells, (strip.width, strip.height), strip.tiling, output))


def peaks_command(preview: Preview, script_path: str) -> list[str]:
    """The ffmpeg command that writes a sound's peaks to a file."""
    return words(previews.levels_command(preview.graph, preview.build, script_path))


def peaks_of(report: str) -> list[float]:
    """The peaks of the written report, as fractions of full scale, at most 1."""
    return [round(min(1.0, 10 ** (level / 20)), 3) for level in previews.read_levels(report)]


def _picture(media: Media, seek: Fraction, size: tuple[int, int], rate: Fraction | None) -> list[Def]:
    """The picture as displayed, from source time 0 or from `seek` on, on the grid of `rate`, if any, or at its own
    times."""
    video, chain = media.video, Chain("view")
    at = chain.add("video", ops.Source(media, "video", seek), NOWHERE)
    at = chain.add("whole", deinterlaced(at, video, opens(video), video.end), NOWHERE)
    if video.reserved_tags:
        at = chain.add("tags", ops.Restate(at), NOWHERE)
    if not seek:
        at = chain.add("trim", ops.Trim(at, opens(video), video.end), NOWHERE)
    if rate:
        at = chain.add("warp", ops.Retime(at, _plain(media), rate), NOWHERE)
    if video.cropped != (video.width, video.height):
        at = chain.add("aperture", aperture(at, video), NOWHERE)
    if see_through(video):
        at = chain.add("ground", ops.Flatten(at, BLACK), NOWHERE)
    # scaled down first, since tone mapping in floating point is slow
    at = chain.add("size", ops.Scale(at, *(size if video.rotation in (0, 180) else size[::-1])), NOWHERE)
    at = chain.add("colour", ops.Colour(chain.add("tonemap", ops.Tonemap(at), NOWHERE)), NOWHERE)
    at = chain.add("turn", ops.Turn(at, video.rotation, video.mirrored), NOWHERE)
    chain.add("plain", ops.Conform(at), NOWHERE)
    return chain.defs


def _sound(media: Media) -> list[Def]:
    """The sound from source time 0 on, as long as the picture; empty for a source without usable sound."""
    if media.audio is None or unmixable(media.audio.speakers):
        return []
    chain = Chain("sound")
    at = chain.add("audio", ops.Source(media, "audio"), NOWHERE)
    at = chain.add("stereo", ops.Downmix(at), NOWHERE)
    at = chain.add("even", ops.Resample(at), NOWHERE)
    chain.add("exact", ops.Stretch(at, _plain(media), _samples(media), "varispeed"), NOWHERE)
    return chain.defs


def _plain(media: Media) -> Warp:
    """The warp of a whole source at real speed."""
    return Warp((Pace(SourceTime(Fraction(0)), media.video.end),))


def _samples(media: Media) -> int:
    return nearest(media.video.end * SAMPLE_RATE)


def _even(length: Fraction) -> int:
    return 2 * nearest(length / 2)


def _preview(picture: list[Def], sound: list[Def], build: Build, frames: int, last: Finish = lambda _: []) -> Preview:
    """The run of some definitions; `last` makes further filters at the end of the graph."""
    video, audio = (defs[-1].name if defs else None for defs in (picture, sound))
    graph = cut_sound(seek_sources(fold_identity(Graph((*picture, *sound), video, audio))))
    spelling = dict(spell(graph))
    end = graph.roots[0]
    spelling[end] = [*spelling[end], *last(graph)]
    return Preview(graph, script(graph, spelling), build, frames)


def _source_stamped(graph: Graph) -> list[str]:
    return previews.source_stamped(as_video(infer(graph)[graph.picture]).zero)
