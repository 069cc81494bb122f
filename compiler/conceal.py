"""Renders on where media turn out to be damaged: the damaged files are looked at closer, and the reel compiled anew.

A file that ffmpeg decodes without an error is rendered by it alone; nothing is decoded twice. Only when a render fails
are the files of its clips straightened, which holds the frame before a damaged one and keeps every other. Files that
were straightened before, for another reason, fail at damage too: no film holds a frame that its plan does not list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from compiler.errors import ReelError
from compiler.lower import Placed
from compiler.pipeline import Compiled, compile_reel
from compiler.supervise.children.reads import Partial
from compiler.supervise.films.progress import Progress
from compiler.supervise.films.verdict import KILLED
from compiler.supervise.probe import looked_at_closer
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import Media
from compiler.timeline.window import preceding

BY_DAMAGE = frozenset({"RC604", "RC607", "RC610"})
"""The codes of failures that damage may be the cause of."""


class Furthest:
    """Passes progress on, except for what was done before in a render that began anew."""

    def __init__(self, on_progress: Callable[[Progress], None]) -> None:
        self._on_progress, self._frame, self._fraction = on_progress, 0, 0.0

    def __call__(self, progress: Progress) -> None:
        """Pass one state on."""
        if progress.frame >= self._frame and progress.fraction >= self._fraction:
            self._frame, self._fraction = progress.frame, progress.fraction
            self._on_progress(progress)


async def conceal(compiled: Compiled, error: ReelError, partial: Partial | None = None) -> Compiled | None:
    """The reel compiled anew with damaged files straightened; None if damage cannot be the cause of `error`.

    Files with holes are filled to their ends, since the closer look reads them unwatched.
    """
    if error.code not in BY_DAMAGE or error.message == KILLED:
        return None
    suspects = list(_suspects(compiled, error))
    if suspects and partial is not None:
        await partial.complete()
    try:
        media = {**compiled.media, **await _looked_at(compiled, suspects)}
    except ReelError:  # the file is beyond reading, which the failure's own words say better
        return None
    return compile_reel(compiled.reel, media, compiled.build, costs=compiled.plan.costs) if suspects else None


def holds(compiled: Compiled) -> bool:
    """Whether a damaged picture was found in the media, and the one before it is held."""
    return any(media.video.held for media in compiled.media.values())


async def _looked_at(compiled: Compiled, suspects: Sequence[Placed]) -> Mapping[str, Media]:
    """The facts of the clips' files, with the times at which frames are held."""
    media: dict[str, Media] = {}
    for name in dict.fromkeys(placed.clip.media for placed in suspects):
        clips = [placed for placed in suspects if placed.clip.media == name]
        media[name] = await looked_at_closer(compiled.media[name], _spans(clips), clips[0].clip.loc.at("media"))
    return media


def _spans(clips: Sequence[Placed]) -> list[tuple[SourceTime, SourceTime]]:
    """The parts of a file that clips show, in order and apart from each other, in source time of the file."""
    spans: list[tuple[SourceTime, SourceTime]] = []
    for start, end in sorted(map(_span, clips)):
        if spans and start <= spans[-1][1]:
            start, before = spans.pop()
            end = max(before, end)
        spans.append((start, end))
    return spans


def _span(placed: Placed) -> tuple[SourceTime, SourceTime]:
    into = preceding(placed.media)
    return SourceTime(into + placed.timing.read_from), SourceTime(into + placed.timing.warp.end)


def _suspects(compiled: Compiled, error: ReelError) -> Iterator[Placed]:
    """The clips whose files may be damaged: all of the file of the clip that the error names, wherever it failed first;
    else those of all files."""
    placed = [clip.placed for clip in compiled.plan.clips]
    named = [each for each in placed if error.loc.clip is not None and each.clip.loc.clip == error.loc.clip]
    files = {each.clip.media for each in named or placed if _may_hold(each)}
    yield from (each for each in placed if each.clip.media in files and _may_hold(each))


def _may_hold(placed: Placed) -> bool:
    video = placed.media.video
    return placed.clip.damage == "conceal" and not placed.media.is_image and not video.still and not video.looked
