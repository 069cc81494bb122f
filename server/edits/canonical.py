"""Stored rows to the compiler's model and back: a save is read, checked and written in the one current form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from compiler.errors import Loc, Notice, ReelError, ReelErrors
from compiler.model import CLIP_FIELDS, Clip, Reel, canonical, read_clip, read_reel
from compiler.model.limits import FilmBounds
from compiler.pipeline.draft import clip_seconds
from server.edits.bounds import check_texts
from server.footage.facts import Footage
from server.long_json import loaded, written
from server.problem import MOST_ERRORS, Problem, from_reel, invalid, joined, within
from server.tables.clips import FLAGS, NESTED, UNTOUCHED, WHOLE, ClipVersion
from server.tables.projects import ProjectEdit

Json = dict[str, Any]

PLACE = "/clips/0"

OF_THE_REEL = frozenset({"reel", "clips"})
"""The fields of a reel file beside which a project's settings stand."""


def saved(
    row: ClipVersion, changes: Mapping[str, Any], footage: Footage | None, bounds: FilmBounds
) -> tuple[Mapping[str, Any], list[str]]:
    """The row's edit with the changed fields in the one current form, and the warnings of their reading.

    Fields that do not change are not touched, readable or not. 422 with every error of the changed ones, and
    `film_too_long` for a clip that alone is too long a film, unless it was longer before.
    """
    touched = _touched(changes)
    if not touched:
        return row["edit"], []
    check_texts({name: changes[name] for name in touched if name in changes})
    fields = {name: changes[name] if name in changes else row["edit"][name] for name in touched}
    try:
        clip = read_clip({"id": row["clip_key"], "media": "stored", **fields}, 0)
        rate, duration = (footage.rate, footage.duration) if footage else (None, None)
        written = canonical(clip, rate=rate, duration=duration)
    except (ReelError, ReelErrors) as error:
        raise from_reel(error, prefix=PLACE) from error
    except ValueError as error:  # keyframes by time, of a clip without footage
        raise Problem(422, "unreadable_stored_data", str(error), clip_id=row["clip_key"]) from error
    if footage and not _LENGTHS.isdisjoint(touched):
        _check_seconds(row, clip, footage, bounds)
    columns = {name: _column(name, written[name]) for name in touched}
    return {**row["edit"], **columns}, _warnings(clip.notices)


@dataclass(frozen=True, slots=True)
class Save:
    """A version of a clip that is to be saved: the one before it, its changed fields, their place in the request."""

    row: ClipVersion
    changes: Mapping[str, Any]
    footage: Footage | None
    pointer: str


def all_saved(saves: Sequence[Save], bounds: FilmBounds) -> list[tuple[Mapping[str, Any], list[str]]]:
    """`saved` of each of several clips; the errors of all of them are one Problem."""
    done, refused = [], []
    for each in saves:
        try:
            done.append(saved(each.row, each.changes, each.footage, bounds))
        except Problem as problem:
            refused.append(within(problem, each.pointer, each.row["clip_key"]))
    if refused:
        raise joined(refused)
    return done


_LENGTHS = frozenset(name for field in CLIP_FIELDS if "segments_data" in field.names for name in field.names)
"""The fields that decide how long a clip lasts."""


def _check_seconds(row: ClipVersion, clip: Clip, footage: Footage, bounds: FilmBounds) -> None:
    lasts = _seconds(clip, footage)
    if lasts <= bounds.seconds:
        return
    with suppress(ReelError, ReelErrors):
        before = {name: row["edit"][name] for name in _LENGTHS}
        if lasts < _seconds(read_clip({"id": row["clip_key"], "media": "stored", **before}, 0), footage):
            return
    message = f"the clip lasts {float(lasts):g} s; a film may last {float(bounds.seconds):g} s"
    hint = "shorten its trim or its freezes"
    raise Problem(422, "film_too_long", message, code="RC209", clip_id=row["clip_key"], hint=hint)


def _seconds(clip: Clip, footage: Footage) -> Fraction:
    """Seconds that the clip lasts in the film; an image lasts to the out point."""
    end = clip.trim.end if clip.trim and footage.image else None
    return clip_seconds(clip, max(footage.duration, end or footage.duration))


def _touched(changes: Iterable[str]) -> list[str]:
    """The fields that change, and those that are read and written together with them."""
    given = set(changes)
    return [name for field in CLIP_FIELDS if not given.isdisjoint(field.names) for name in field.names]


def _column(name: str, value: Any) -> Any:
    if value is None or name not in NESTED:
        return float(value) if isinstance(value, int) and name not in FLAGS | WHOLE else value
    return written(value)


def _warnings(notices: Sequence[Notice]) -> list[str]:
    """The first notices as text, and how many more there are."""
    more = len(notices) - MOST_ERRORS
    return [*map(_as_text, notices[:MOST_ERRORS]), *([f"{more} more warnings"] if more > 0 else [])]


def _as_text(notice: Notice) -> str:
    return str(replace(notice, loc=Loc(notice.loc.clip, notice.loc.pointer.removeprefix(PLACE))))


def reel_text(project: ProjectEdit, rows: Sequence[ClipVersion]) -> str:
    """The reel file of a project: its settings and its clips as stored, each clip's media by its raw clip's id."""
    settings = {**project["settings"]}
    canvas = settings.pop("canvas", None)
    if canvas is None or isinstance(canvas, dict):  # anything else is an error of the reel, as are other wrong settings
        canvas = {"aspect_ratio": project["aspect_ratio"], **(canvas or {})}
    return written({"reel": 1, "canvas": canvas, **settings, "clips": [_entry(row) for row in rows]})


def _entry(row: ClipVersion) -> Json:
    media = row["raw_clip_id"] or row["uploaded_filename"] or ""
    window = {"window": row["window"]} if "window" in row else {}
    return {"id": row["clip_key"], "media": media, **window, **row["edit"], "name": row["name"]}


def stored_reel(project: ProjectEdit, rows: Sequence[ClipVersion]) -> Reel:
    """A project's reel; 400 `no_clips`, 400 `missing_crop_data`, 422 with every error there is, in this order."""
    if not rows:
        raise no_clips(project)
    for row in rows:
        if unframed(row):
            message = f"the clip {row['name']!r} has no framing data: save its crop first"
            raise Problem(400, "missing_crop_data", message, clip_id=row["clip_key"])
    try:
        return read_reel(reel_text(project, rows))
    except (ReelError, ReelErrors) as error:
        raise from_reel(error) from error


def no_clips(project: ProjectEdit) -> Problem:
    """400 for a project without clips."""
    return Problem(400, "no_clips", f"the project {project['name']!r} has no clips")


def unframed(row: ClipVersion) -> bool:
    """Whether the clip has no framing data; unreadable data counts as data."""
    if row["edit"]["crop_data"] is None:
        return True
    with suppress(ReelError, ReelErrors):
        return (
            read_clip({"id": row["clip_key"], "media": "stored", "crop_data": row["edit"]["crop_data"]}, 0).crop is None
        )
    return False


def check_settings(aspect_ratio: str, settings: Json) -> None:
    """422 for settings that no reel could have; every error, each with its pointer into the request."""
    for name in sorted(OF_THE_REEL & settings.keys()):
        raise invalid(f"{name} is no setting of a project", pointer=f"/settings/{name}")
    project: ProjectEdit = {"id": "x", "name": "x", "aspect_ratio": aspect_ratio, "settings": settings}
    try:
        read_reel(reel_text(project, [untouched_clip("x", "x", "x", "x", 0)]))
    except (ReelError, ReelErrors) as error:
        raise _settings_problem(error) from error


def untouched_clip(project_id: str, clip_key: str, raw_clip_id: str, name: str, place: int) -> ClipVersion:
    """The row of a new clip, not edited and not stored yet."""
    return {
        "project_id": project_id,
        "clip_key": clip_key,
        "version": 0,
        "sort_order": place,
        "created_at": "",
        "raw_clip_id": raw_clip_id,
        "uploaded_filename": None,
        "name": name,
        "edit": UNTOUCHED,
    }


def _settings_problem(error: ReelError | ReelErrors) -> Problem:
    problem = from_reel(error)
    for each in (problem.members, *problem.members["errors"]):
        each.pop("clip_id", None)
        if pointer := each.get("pointer"):
            each["pointer"] = "/aspect_ratio" if pointer == "/canvas/aspect_ratio" else f"/settings{pointer}"
    return problem


def stored_at(project: ProjectEdit, rows: Sequence[ClipVersion], pointer: str) -> Any:
    """The stored value at a pointer into a project's reel, JSON text read as JSON; None for a pointer to nothing."""
    value: Any = loaded(reel_text(project, rows))
    for part in pointer.split("/")[1:]:
        value = _inside(value, part.replace("~1", "/").replace("~0", "~"))
    return _read(value)


def _inside(value: Any, part: str) -> Any:
    match _read(value):
        case list() as items if part.isdecimal() and int(part) < len(items):
            return items[int(part)]
        case dict() as fields:
            return fields.get(part)
        case _:
            return None


def _read(value: Any) -> Any:
    with suppress(ValueError):
        return loaded(value) if isinstance(value, str) else value
    return value
