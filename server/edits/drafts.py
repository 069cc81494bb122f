"""Drafts: the numbers of an edit that is not saved, and all its errors.

The edit is a project's rows with the page's unsaved fields in them. Nothing is saved or rendered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from compiler.errors import ReelError, ReelErrors, detached
from compiler.model import Clip, Reel, read_reel
from compiler.model.limits import FilmBounds
from compiler.pipeline.draft import KEPT, Draft, Drafted, draft_reel
from compiler.supervise.ffmpeg import Build, find_build
from compiler.supervise.record import Media
from server.edits.canonical import no_clips, reel_text, unframed
from server.edits.compiled import Compiler, Edit, lost_footage
from server.edits.effort import DRAFT, TEXT, check_effort, check_text
from server.problem import MOST_ERRORS, fault, warned
from server.tables.clips import UNTOUCHED, ClipRow
from server.threads import computed

Json = dict[str, Any]


async def drafted(uid: str, edit: Edit, media: Mapping[str, Media], compiler: Compiler) -> Json:
    """The draft of an edit, computed by the compiler; footage missing from `media` is lost."""
    if not edit.clips:
        return {**_unknown(edit, [no_clips(edit.project).as_fault()]), "more_errors": 0}
    try:
        build: Build | ReelError = await computed(find_build)
    except ReelError as error:
        build = error
    return await compiler.run(uid, DRAFT, draft_edit, edit, media, build, compiler.bounds)


def draft_edit(
    most: int | None, edit: Edit, media: Mapping[str, Media], build: Build | ReelError, bounds: FilmBounds
) -> Json:
    """The draft; of many errors and warnings only the first are listed. TooMuch for more effort than `most`."""
    whole = _complete_draft(most, edit, media, build, bounds)
    errors = whole["errors"]
    return {**whole, "errors": errors[:MOST_ERRORS], "more_errors": max(0, len(errors) - MOST_ERRORS)}


def _complete_draft(
    most: int | None, edit: Edit, media: Mapping[str, Media], build: Build | ReelError, bounds: FilmBounds
) -> Json:
    check_text(edit.project, edit.clips, most and 4 * TEXT)
    wrong = [each for k, row in enumerate(edit.clips) for each in _missing(edit, k, row, media)]
    lost = {row["clip_key"] for row in edit.clips if row["raw_clip_id"] not in media}
    reel, errors = _read(edit)
    wrong += [fault(error) for error in errors]
    if reel is None or (reel.canvas.rate is None and reel.clips[0].id in lost):
        return _unknown(edit, wrong)
    unread = {error.loc.clip for error in errors if error.loc.clip}
    check_effort(reel, media, most)
    try:
        if isinstance(build, ReelError):
            raise build
        draft = draft_reel(reel, media, build, lost | unread, bounds)
    except ReelError as error:
        return _unknown(edit, [*wrong, fault(error)])
    return {**_whole(draft), "errors": [*wrong, *map(fault, draft.errors)]}


def _read(edit: Edit) -> tuple[Reel | None, Sequence[ReelError]]:
    """The reel, unreadable clips left as if untouched, and the errors; None where an error belongs to no clip."""
    try:
        return read_reel(reel_text(edit.project, edit.clips)), ()
    except (ReelError, ReelErrors) as error:
        errors = error.errors if isinstance(error, ReelErrors) else (detached(error),)
    unread = {error.loc.clip for error in errors}
    if None in unread:
        return None, errors
    rows: list[ClipRow] = [{**row, "edit": UNTOUCHED} if row["clip_key"] in unread else row for row in edit.clips]
    return read_reel(reel_text(edit.project, rows)), errors


def _missing(edit: Edit, k: int, row: ClipRow, media: Mapping[str, Media]) -> list[Json]:
    """The errors of a clip that lacks its footage or its framing."""
    errors = [] if row["raw_clip_id"] in media else [lost_footage(edit, row).as_fault()]
    if unframed(row):
        error = {"error": "missing_crop_data", "message": f"the clip {row['name']!r} has no framing data"}
        errors.append({**error, "clip_id": row["clip_key"], "pointer": f"/clips/{k}/crop_data", "hint": "set its crop"})
    return errors


def _unknown(edit: Edit, errors: Sequence[Json]) -> Json:
    """The draft of an edit that cannot be compiled: its errors, every number null."""
    clips = [{"clip_id": row["clip_key"], **_NOTHING} for row in edit.clips]
    return {
        "fps": None,
        "canvas": None,
        "frames": None,
        "duration": None,
        "errors": errors,
        "warnings": [],
        "clips": clips,
    }


_PARTS = (
    "source_fps",
    "source_duration",
    "picture",
    "source",
    "crop",
    "crop_error_px",
    "placed",
    "path",
    "path_error_px",
    "frames",
)
_NOTHING = dict.fromkeys(("first_frame", *_PARTS, "transition"))


def _whole(draft: Draft) -> Json:
    canvas, frames = draft.reel.canvas, draft.frames
    return {
        "fps": str(canvas.fps),
        "canvas": {"width": canvas.width, "height": canvas.height, "fit": canvas.fit, "fill": canvas.fill},
        "frames": frames,
        "duration": None if frames is None else float(frames / canvas.fps),
        "warnings": warned(draft.notices),
        "clips": [_clip(draft, k) for k in range(len(draft.clips))],
    }


def _clip(draft: Draft, k: int) -> Json:
    clip, found = draft.reel.clips[k], draft.clips[k]
    parts = _parts(found) if found else dict.fromkeys(_PARTS)
    first = draft.firsts[k] if draft.firsts else None
    return {"clip_id": clip.id, "first_frame": first, **parts, "transition": _entered(clip, draft, k)}


@lru_cache(KEPT)
def _parts(found: Drafted) -> Json:
    video, framing = found.media.video, found.framing
    width, height = framing.picture
    path, path_error = found.path
    return {
        "frames": found.frames,
        "source_fps": None if video.variable else str(video.rate),
        "source_duration": float(found.lasts),
        "picture": {"width": width, "height": height},
        "source": [asdict(piece) for piece in found.source],
        "crop": [asdict(piece) for piece in found.crop],
        "crop_error_px": framing.path.error,
        "placed": {"x": framing.x, "y": framing.y, "width": framing.width, "height": framing.height},
        "path": [asdict(piece) for piece in path],
        "path_error_px": path_error,
    }


def _entered(clip: Clip, draft: Draft, k: int) -> Json | None:
    if k == 0:
        return None
    longest, way = draft.longest[k], clip.transition
    seconds = None if longest is None else float(longest)
    entered = {"type": way.type, "duration": float(way.duration), "longest": seconds}
    return {**entered, "mixed": _mixed(draft, k)}


def _mixed(draft: Draft, k: int) -> Json | None:
    """How pictures are mixed: the frames of the clip before and of this one, and each one's share over them; and the
    curve by which their sounds fade."""
    join = draft.joins[k]
    if join.kind == "cut" or draft.firsts is None:
        return None
    return {
        "kind": join.kind,
        "colour": join.colour if join.kind == "fade" else None,
        "curve": join.curve,
        "leaving": {"frames": join.leaving, "share": [float(c) for c in join.fading_out]},
        "entering": {"frames": join.entering, "share": [float(c) for c in join.fading_in]},
    }
