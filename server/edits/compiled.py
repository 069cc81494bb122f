"""A stored project compiled: its rows, the facts of its footage, the compiled reel.

    edit = await read_edit(reader, project, clips)      rows, from one view of the database
    reel = await compiler.read(uid, edit)               checked
    found = await footage_of(edit, store, cache)        objects and facts, from beside them: no media is opened
    compiled = await compiler.compile(uid, reel, media)

Explaining and exporting both go through here: the explained graph is the rendered one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from compiler.errors import ReelError, ReelErrors
from compiler.model import Reel
from compiler.model.limits import FilmBounds
from compiler.pipeline import Compiled, compile_reel
from compiler.supervise.ffmpeg import Build, find_build
from compiler.supervise.record import Media
from server.edits.canonical import reel_text, stored_reel
from server.edits.children import CompileChildren, too_heavy
from server.edits.effort import COMPILE, LARGE, TEXT, TooMuch, check_effort, check_text
from server.footage.cache import MediaCache
from server.footage.checked import damaged_footage, facts_of
from server.footage.facts import Facts
from server.footage.windows import window_json
from server.problem import Problem, not_found, render_problem
from server.settings import Settings
from server.storage.database import Reader
from server.storage.objects import DamagedObject, Missing, ObjectStore, Stat
from server.tables import projects, raw_clips
from server.tables.clips import ClipRow, size_of_all
from server.tables.projects import ProjectEdit, ProjectRow
from server.tables.raw_clips import RawClipRow
from server.threads import Turns, computed

T = TypeVar("T")

AT_ONCE = 8
"""Requests to the store at once."""

KEPT = 8
"""Compiled reels in memory, of edits that are not large; one of a hundred clips takes about 4 MiB."""

COMPILES_AT_ONCE = 3
"""Threads for small compiles. They share one processor: more make nothing faster, but with a few the shortest do not
wait for the longer ones."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A project at one moment: its clips in their order, and their footage by id."""

    project: ProjectEdit
    clips: Sequence[ClipRow]
    raws: dict[str, RawClipRow]
    deleted: frozenset[str] = frozenset()
    """The ids of footage that clips name and that is deleted."""


async def project_of(reader: Reader, project_id: str) -> ProjectRow:
    """The project; 404 `project_not_found`."""
    found = await projects.get(reader, project_id)
    if found is None:
        raise not_found("project_not_found", "there is no such project")
    return found


async def read_edit(reader: Reader, project: ProjectEdit, clips: Sequence[ClipRow]) -> Edit:
    """The edit of these rows."""
    wanted = {str(clip["raw_clip_id"]) for clip in clips if clip["raw_clip_id"]}
    found = [await raw_clips.get(reader, each) for each in sorted(wanted)]
    raws = {row["id"]: row for row in found if row is not None}
    gone = [await raw_clips.deleted(reader, each) for each in sorted(wanted - raws.keys())]
    rows = [_with_window(clip, raws.get(clip["raw_clip_id"] or "")) for clip in clips]
    return Edit(project, rows, raws, frozenset(row["id"] for row in gone if row is not None))


def _with_window(clip: ClipRow, raw: RawClipRow | None) -> ClipRow:
    """The row with the window that its footage is, if it is one."""
    window = raw and window_json(raw)
    return {**clip, "window": window} if window else clip


async def footage_of(
    edit: Edit, store: ObjectStore, cache: MediaCache, where: Callable[[RawClipRow, Stat], Path]
) -> dict[str, tuple[Stat, Facts]]:
    """Every clip's footage by its raw clip; ffmpeg will read it from the path that `where` gives.

    For the first clip without its footage, 422 `raw_clip_deleted` if it was deleted, and 500 `video_not_found` if it or
    its facts are missing; 500 `damaged_media`.
    """
    found = await footage_there(edit, store, cache, where)
    for clip in edit.clips:
        if clip["raw_clip_id"] not in found:
            raise lost_footage(edit, clip)
    return found


async def footage_there(
    edit: Edit, store: ObjectStore, cache: MediaCache, where: Callable[[RawClipRow, Stat], Path]
) -> dict[str, tuple[Stat, Facts]]:
    """The footage that is in the store, complete, by its raw clip; 500 `damaged_media` for damaged footage."""

    async def look(key: str) -> tuple[Stat, Facts] | None:
        try:
            stat = await store.head(key)
            facts = await facts_of(store, cache, stat, cache.path(stat))
        except Missing:
            return None
        except DamagedObject as error:
            raise damaged_clip(edit, key) from error
        return stat, facts

    keys = dict.fromkeys(raw["object_key"] for raw in edit.raws.values())  # windows share a file
    looked = dict(zip(keys, await _several(look, keys), strict=True))
    there = {raw_id: (raw, *found) for raw_id, raw in edit.raws.items() if (found := looked[raw["object_key"]])}
    return {
        raw_id: (stat, replace(facts, media=replace(facts.media, path=str(where(raw, stat)))))
        for raw_id, (raw, stat, facts) in there.items()
        if stat.size == raw["size"]
    }


def lost_footage(edit: Edit, clip: ClipRow) -> Problem:
    """422 `raw_clip_deleted` for a clip whose footage was deleted, 500 `video_not_found` if it was lost."""
    if clip["raw_clip_id"] in edit.deleted:
        message = f"the footage of the clip {clip['name']!r} was deleted"
        hint = "restore it, or remove the clip"
        return Problem(422, "raw_clip_deleted", message, clip_id=clip["clip_key"], hint=hint)
    message = f"the footage of the clip {clip['name']!r} is not there any more"
    hint = "upload it again, and add it to the project"
    return Problem(500, "video_not_found", message, clip_id=clip["clip_key"], hint=hint)


def lost_clip(edit: Edit, object_key: str) -> Problem:
    """The Problem of `lost_footage` for the first clip whose footage is this object, which is not there any more."""
    return lost_footage(edit, _first_with(edit, object_key)[1])


def damaged_clip(edit: Edit, object_key: str) -> Problem:
    """500 `damaged_media` for the first clip whose footage is this damaged object."""
    raw, clip = _first_with(edit, object_key)
    return damaged_footage(raw["name"], clip["clip_key"])


def changed_clip(edit: Edit, object_key: str) -> Problem:
    """500 `footage_changed` for the first clip whose footage is this object, which was replaced during a render."""
    raw, clip = _first_with(edit, object_key)
    message = f"the footage {raw['name']!r} was replaced in the object store while the film was rendered"
    hint = "nothing that reelc does replaces footage: find out what did, then export again"
    return Problem(500, "footage_changed", message, clip_id=clip["clip_key"], hint=hint)


def _first_with(edit: Edit, object_key: str) -> tuple[RawClipRow, ClipRow]:
    """The first clip that shows this object, and its footage."""
    raws = {raw["id"]: raw for raw in edit.raws.values() if raw["object_key"] == object_key}
    clip = next(clip for clip in edit.clips if clip["raw_clip_id"] in raws)
    return raws[clip["raw_clip_id"] or ""], clip


class Compiler:
    """Reads, compiles and drafts reels: small ones in threads of its own, others in children. Keeps the last compiled
    reels."""

    def __init__(self, settings: Settings) -> None:
        self.bounds = settings.film_bounds
        self._threads = ThreadPoolExecutor(COMPILES_AT_ONCE, "compile")
        self._turns = Turns(COMPILES_AT_ONCE, 1)
        self._large, self._most_text = Turns(settings.compiles_at_once, 1), settings.compile_text
        self._children = CompileChildren(settings)
        self._kept: dict[str, Compiled] = {}
        """By a hash of what each was compiled from, the latest last."""

    async def run(self, uid: str, most: int, work: Callable[..., T], *given: object) -> T:
        """The result of work(bound, *given): in a thread if its effort is at most `most`, else in a child."""
        async with self._turns.of(uid):
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, most, *given))
            except TooMuch:
                pass
        return await self._children.run(uid, work, None, *given)

    @asynccontextmanager
    async def turn(self, uid: str, size: int) -> AsyncIterator[None]:
        """Wait until an edit of so many characters may be in memory, with what is made of it.

        RC211 for an edit of more than `compile_text`.
        """
        if size > self._most_text:
            raise too_heavy(f"has {size} bytes of keyframes and spans, where {self._most_text} are compiled")
        async with self.accepted_turn(uid, size):
            yield

    @asynccontextmanager
    async def accepted_turn(self, uid: str, size: int) -> AsyncIterator[None]:
        """The same for an edit that was accepted before. Of large ones few are at once, and of each user one."""
        if size <= LARGE:
            yield
            return
        async with self._large.of(uid):
            yield

    async def read(self, uid: str, edit: Edit) -> Reel:
        """The reel of an edit; 400 and 422 as `stored_reel` has them."""
        return await self.run(uid, TEXT, read_stored, edit.project, edit.clips)

    async def compile(self, uid: str, reel: Reel, media: Mapping[str, Media], program: str | None = None) -> Compiled:
        """The reel, compiled; its commands call ffmpeg `program`, or by its path. Problems: 422, 500."""
        try:
            build = await computed(find_build)
        except ReelError as error:
            raise render_problem(error) from error
        build = build if program is None else replace(build, path=program)
        return await self.run(uid, COMPILE, compile_read, reel, media, build, self.bounds)

    async def compile_once(
        self, uid: str, edit: Edit, reel: Reel, media: Mapping[str, Media], program: str
    ) -> Compiled:
        """The same, from memory when it was compiled lately: the inspector asks for one reel again and again."""
        key = await computed(_compile_key, edit, media, program)
        found = self._kept.pop(key, None) or await self.compile(uid, reel, media, program)
        if size_of_all(edit.clips) <= LARGE:
            self._kept[key] = found
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return found

    def stop(self) -> None:
        """Kill the children; requests that wait for them are answered 503."""
        self._children.stop()

    def close(self) -> None:
        """Let the threads end; nothing is compiled from now on."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._children.close()


def _compile_key(edit: Edit, media: Mapping[str, Media], program: str) -> str:
    """A hash of everything that the compiled reel depends on."""
    etags = [edit.raws[raw_id]["etag"] for raw_id in sorted(media)]
    hashed = hashlib.sha256(json.dumps([program, etags]).encode())
    for clip in edit.clips:  # one by one: the text of all is long
        hashed.update(reel_text(edit.project, [clip]).encode())
    return hashed.hexdigest()


def read_stored(most: int | None, project: ProjectEdit, clips: Sequence[ClipRow]) -> Reel:
    """`stored_reel`; TooMuch for more than `most` characters."""
    check_text(project, clips, most)
    return stored_reel(project, clips)


def compile_read(
    most: int | None, reel: Reel, media: Mapping[str, Media], build: Build, bounds: FilmBounds
) -> Compiled:
    """The reel, compiled; Problems: 422, 500. TooMuch for more effort than `most`."""
    check_effort(reel, media, most)
    try:
        return compile_reel(reel, media, build, bounds=bounds)
    except (ReelError, ReelErrors) as error:
        raise render_problem(error) from error


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
        tasks.clear()  # an exception of theirs holds this frame: together they would wait for the garbage collector
