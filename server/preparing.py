"""From what is stored to what is rendered: rows, footage, the compiled reel. What a client sends has no part in it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from compiler.errors import ReelError, ReelErrors
from compiler.model import Reel
from compiler.pipeline import Compiled, compile_reel
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.record import Media
from server.cache import MediaCache
from server.footage import read_facts
from server.problem import Problem, render_problem
from server.storage import raw_clips
from server.storage.database import Reader
from server.storage.objects import Missing, ObjectStore, Stat
from server.stored import stored_reel

T = TypeVar("T")
Row = dict[str, Any]

AT_ONCE = 8
"""Questions to the store side by side."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A project as it was at one moment: its clips in their order, and the footage they are cut from, by id."""

    project: Row
    clips: Sequence[Row]
    raws: dict[str, Row]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An edit, ready to be rendered once its footage is at hand."""

    edit: Edit
    compiled: Compiled
    footage: tuple[Stat, ...]
    identity: str
    """What decides the film's bytes, as a hash: the ffmpeg, the graph, the encoding, the footage."""


async def read_edit(reader: Reader, project: Row, clips: Sequence[Row]) -> Edit:
    """The edit of these rows."""
    wanted = {str(clip["raw_clip_id"]) for clip in clips if clip["raw_clip_id"]}
    found = [await raw_clips.get(reader, each) for each in sorted(wanted)]
    return Edit(project, clips, {row["id"]: row for row in found if row is not None})


async def prepare(edit: Edit, store: ObjectStore, cache: MediaCache) -> Prepared:
    """The edit, compiled; the first that applies of the contract's errors, in its order, as a Problem.

    StoreFailed when the store does not answer.
    """
    reel = await asyncio.to_thread(stored_reel, edit.project, edit.clips)
    found = await _footage(edit, store, cache)
    try:
        build = await asyncio.to_thread(find_build)
        media = {raw_id: facts for raw_id, (_, facts) in found.items()}
        compiled = await asyncio.to_thread(compile_reel, reel, media, build)
    except (ReelError, ReelErrors) as error:
        raise render_problem(error) from error
    footage = tuple(stat for stat, _ in found.values())
    cache.check_room(footage)
    return Prepared(edit, compiled, footage, _identity(reel, compiled, footage))


async def _footage(edit: Edit, store: ObjectStore, cache: MediaCache) -> dict[str, tuple[Stat, Media]]:
    """Every clip's footage by its raw clip; 500 `video_not_found` naming the first clip without."""

    async def look(raw: Row) -> tuple[Stat, Media] | None:
        try:
            stat = await store.head(raw["object_key"])
            facts = await read_facts(store, stat.key, cache.path(stat))
        except Missing:
            return None
        return (stat, facts) if stat.size == raw["size"] else None

    looked = dict(zip(edit.raws, await _several(look, edit.raws.values()), strict=True))
    for clip in edit.clips:
        if looked.get(clip["raw_clip_id"]) is None:
            message = f"the footage of the clip {clip['name']!r} is not there any more"
            hint = "upload it again, and add it to the project"
            raise Problem(500, "video_not_found", message, clip_id=clip["clip_key"], hint=hint)
    return {raw_id: found for raw_id, found in looked.items() if found is not None}


async def _several(ask: Callable[[Any], Awaitable[T]], given: Iterable[Any]) -> list[T]:
    """Every answer, in order, a few at a time; the first failure ends the others."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(each: Any) -> T:
        async with turn:
            return await ask(each)

    tasks = [asyncio.ensure_future(one(each)) for each in given]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _identity(reel: Reel, compiled: Compiled, footage: Sequence[Stat]) -> str:
    decisive = {
        "ffmpeg": compiled.build.version,
        "script": compiled.script,
        "units": compiled.plan.units,
        "encode": [reel.encode.codec, reel.encode.preset, str(reel.encode.crf), reel.encode.audio_bitrate],
        "footage": sorted((stat.key, stat.etag) for stat in footage),
    }
    return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()
