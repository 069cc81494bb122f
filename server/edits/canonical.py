"""Between stored rows and the compiler's model: what is saved is read and made canonical first, never guessed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from compiler.errors import Loc, Notice, ReelError, ReelErrors
from compiler.model import Reel, canonical, read_clip, read_reel
from server.footage.facts import Footage
from server.problem import Problem, from_reel
from server.tables import clips

Row = dict[str, Any]

PLACE = "/clips/0"
TIMING = frozenset({"segments_data", "timing_data"})
"""Read together: a trim may be in either."""

READ = (*clips.STORED, "rotation")


def saved(row: Row, changes: Mapping[str, Any], footage: Footage | None) -> tuple[Row, list[str]]:
    """The row with the changed fields in the one current form, and the warnings their reading gave.

    Fields that do not change are not touched, readable or not. 422 with every error of the changed ones.
    """
    touched = _touched(changes)
    if not touched:
        return row, []
    fields = {name: changes[name] if name in changes else row[name] for name in touched}
    try:
        clip = read_clip({"id": row["clip_key"], "media": "stored", **fields}, 0)
        rate, duration = (footage.rate, footage.duration) if footage else (None, None)
        made = canonical(clip, rate=rate, duration=duration)
    except (ReelError, ReelErrors) as error:
        raise from_reel(error, prefix=PLACE) from error
    except ValueError as error:  # keyframes by time, of a clip without footage
        raise Problem(422, "unreadable_stored_data", str(error), clip_id=row["clip_key"]) from error
    texts = {name: None if made[name] is None else json.dumps(made[name]) for name in touched if name != "rotation"}
    turned = {"rotation": float(made["rotation"])} if "rotation" in touched else {}  # type: ignore[arg-type]
    return {**row, **texts, **turned}, [_told(notice) for notice in clip.notices]


def _touched(changes: Collection[str]) -> list[str]:
    timed = not TIMING.isdisjoint(changes)
    return [name for name in READ if name in changes or (timed and name in TIMING)]


def _told(notice: Notice) -> str:
    return str(replace(notice, loc=Loc(notice.loc.clip, notice.loc.pointer.removeprefix(PLACE))))


def reel_text(project: Row, rows: Sequence[Row]) -> str:
    """The reel file of a project: its settings and its clips as stored, each clip's media by its raw clip's id."""
    settings = {**project["settings"]}
    canvas = {"aspect_ratio": project["aspect_ratio"], **settings.pop("canvas", {})}
    return json.dumps({"reel": 1, "canvas": canvas, **settings, "clips": [_entry(row) for row in rows]})


def _entry(row: Row) -> Row:
    fields = {name: row[name] for name in (*READ, "name")}
    return {"id": row["clip_key"], "media": row["raw_clip_id"] or row["uploaded_filename"] or "", **fields}


def stored_reel(project: Row, rows: Sequence[Row]) -> Reel:
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


def no_clips(project: Row) -> Problem:
    """400 for a project that nothing can be rendered of."""
    return Problem(400, "no_clips", f"the project {project['name']!r} has no clips")


def unframed(row: Row) -> bool:
    """Whether nobody framed the clip; data that cannot be read is no absence of data."""
    if row["crop_data"] is None:
        return True
    with suppress(ReelError, ReelErrors):
        return read_clip({"id": row["clip_key"], "media": "stored", "crop_data": row["crop_data"]}, 0).crop is None
    return False


def check_settings(aspect_ratio: str, settings: Row) -> None:
    """422 for settings that no reel could have; every error, each with its pointer into the request."""
    project = {"aspect_ratio": aspect_ratio, "settings": settings}
    empty = dict.fromkeys((*READ, "name"))
    try:
        read_reel(reel_text(project, [{**empty, "clip_key": "x", "raw_clip_id": "x", "uploaded_filename": None}]))
    except (ReelError, ReelErrors) as error:
        raise _settings_problem(error) from error


def _settings_problem(error: ReelError | ReelErrors) -> Problem:
    problem = from_reel(error)
    for each in (problem.members, *problem.members["errors"]):
        each.pop("clip_id", None)
        if pointer := each.get("pointer"):
            each["pointer"] = "/aspect_ratio" if pointer == "/canvas/aspect_ratio" else f"/settings{pointer}"
    return problem


def stored_at(project: Row, rows: Sequence[Row], pointer: str) -> Any:
    """What is stored at a pointer into a project's reel, through JSON text as through JSON; None for what is not."""
    value: Any = json.loads(reel_text(project, rows))
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
        return json.loads(value) if isinstance(value, str) else value
    return value
