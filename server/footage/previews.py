"""Previews of footage, stored beside it: strip, peaks, proxy. Concurrent requests for a preview share one rendering.

`users/<uid>/media/<raw clip>.strip.jpg` and `.strip.json`, `.peaks.json`, `.proxy.mp4` go with the raw clip; those of a
window have its hash in their keys (server/footage/windows.py).
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from compiler.previews import Patience, make_peaks, make_proxy, make_strip
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.films.progress import Progress
from compiler.supervise.record import Media
from server.failures import problem_of
from server.footage.by_parts import placed
from server.footage.cache import MediaCache
from server.footage.checked import facts_of, fetched
from server.footage.parts import PartialFiles
from server.footage.room import room_for_file
from server.footage.windows import Part
from server.ids import new_id
from server.logs import logger
from server.metrics import Metrics
from server.problem import Problem, not_found, storage_problem
from server.settings import Settings
from server.storage.objects import Missing, ObjectStore, Stat
from server.threads import computed, in_thread

Row = dict[str, Any]
Kind = Literal["strip", "peaks", "proxy"]

OBJECTS: dict[Kind, str] = {"strip": ".strip.jpg", "peaks": ".peaks.json", "proxy": ".proxy.mp4"}
"""The ending of a preview's key, after the key of the footage."""

LAYOUT = ".strip.json"
"""The ending of the key of a strip's layout, which is stored before the strip."""

ENDINGS = (*OBJECTS.values(), LAYOUT)
"""The endings of the keys of all objects that are previews."""


def previews_of(key: str) -> str | None:
    """The beginning of a preview's key, which tells the part of a file that it shows; None for another object."""
    return next((key.removesuffix(ending) for ending in ENDINGS if key.endswith(ending)), None)


MEMBERS: dict[Kind, dict[str, type | tuple[type, ...]]] = {
    "strip": {"columns": int, "width": int, "height": int, "pictures": int, "step_s": (int, float)},
    "peaks": {"rate": (int, float), "peaks": list},
}
"""The members of a preview's JSON and their types."""

QUICK_SLOTS, PROXY_SLOTS = 2, 1
"""Strips and peaks made at once, and proxies made at once: a strip never waits behind a proxy."""

QUICK_WITHIN = 120.0
"""Seconds that a strip or peaks may take."""

REMEMBERED_FOR = 60.0
"""Seconds for which a failed preview is not tried again."""


@dataclass(slots=True)
class Making:
    """A preview that is being made, or that failed."""

    key: str
    kind: Kind
    owner: str
    """The key of the footage without its last part, which identifies the user."""
    progress: float = 0.0
    problem: Problem | None = None
    ended: float | None = None
    task: asyncio.Task[None] | None = None


class Previews:
    """The previews of the footage in one store."""

    def __init__(self, settings: Settings, store: ObjectStore, cache: MediaCache, metrics: Metrics) -> None:
        self._settings, self._store, self._cache, self._metrics = settings, store, cache, metrics
        self._makings: dict[str, Making] = {}
        quick = asyncio.Semaphore(QUICK_SLOTS)
        self._slots = {"strip": quick, "peaks": quick, "proxy": asyncio.Semaphore(PROXY_SLOTS)}
        self.stopping = False

    async def find(self, footage: Part, kind: Kind) -> Stat | None:
        """The stored preview of footage; None if there is none."""
        try:
            return await self._store.head(footage.previews + OBJECTS[kind])
        except Missing:
            return None

    def making(self, footage: Part, kind: Kind) -> Making | None:
        """The preview that is being made, or failed within the last minute."""
        self._forget_old()
        return self._makings.get(footage.previews + OBJECTS[kind])

    async def have(self, footage: Part, kind: Kind) -> Stat:
        """The preview, made now unless it exists; a Problem if making it fails."""
        found = await self.find(footage, kind)
        if found is not None:
            return found
        making = self.making(footage, kind) or self.begin(footage, kind)
        assert making.task is not None
        await asyncio.wait({making.task})
        if making.task.cancelled():
            raise _shutting_down() if self.stopping else not_found("raw_clip_not_found", "this file was deleted")
        if making.problem is not None:
            raise making.problem.again()
        return await self._store.head(making.key)

    async def layout(self, footage: Part) -> Row:
        """The layout of the stored strip."""
        return await self._document(footage, "strip", LAYOUT)

    async def peaks(self, footage: Part) -> Row:
        """The stored peaks."""
        return await self._document(footage, "peaks", OBJECTS["peaks"])

    async def _document(self, footage: Part, kind: Kind, ending: str) -> Row:
        """The stored JSON of a preview; the preview is made again if it is damaged."""
        key = footage.previews + ending
        found = _document(await self._store.get(key), kind)
        if found is None:
            logger.warning("a damaged preview is made again", extra={"key": key})
            await self._store.delete(footage.previews + OBJECTS[kind])
            await self.have(footage, kind)
            found = _document(await self._store.get(key), kind)
        if found is None:
            raise storage_problem("the object store does not keep what it is given: try again")
        return found

    def begin(self, footage: Part, kind: Kind) -> Making:
        """Start making a preview unless it is being made already; 429 `too_many_views`."""
        before = self.making(footage, kind)
        if before is not None and before.ended is None:
            return before
        owner = footage.key.rpartition("/")[0]
        self._check_queue(owner)
        making = Making(footage.previews + OBJECTS[kind], kind, owner)
        self._makings[making.key] = making
        # in a new context: the request that asked may end before the preview is made
        making.task = asyncio.create_task(self._live(making, footage), name=f"preview {making.key}", context=Context())
        return making

    async def discard(self, footage: str) -> list[str]:
        """Stop making previews of deleted footage; return the keys of the stored ones, and of its facts."""
        await self._end([making for making in self._makings.values() if making.key.partition(".")[0] == footage])
        return [stat.key async for stat in self._store.listing(f"{footage}.")]

    async def discard_part(self, footage: Part) -> list[str]:
        """The same for a part of a file that others use; the file's facts and the previews of others are left."""
        keys = [footage.previews + ending for ending in ENDINGS]
        await self._end([making for making in self._makings.values() if making.key in keys])
        return [stat.key async for stat in self._store.listing(f"{footage.previews}.") if stat.key in keys]

    async def stop(self) -> None:
        """Stop making previews."""
        self.stopping = True
        await self._end(list(self._makings.values()))

    async def _end(self, makings: list[Making]) -> None:
        tasks = [making.task for making in makings if making.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _check_queue(self, owner: str) -> None:
        if self.stopping:
            raise _shutting_down()
        waiting = [making for making in self._makings.values() if making.ended is None]
        theirs = sum(making.owner == owner for making in waiting)
        if len(waiting) >= self._settings.views_at_once or theirs >= self._settings.views_per_user:
            message = "too many strips and proxies are being made: wait for one to end"
            raise Problem(429, "too_many_views", message, headers={"Retry-After": "5"})

    async def _live(self, making: Making, footage: Part) -> None:
        folder = self._settings.temporary.absolute() / new_id("w")
        try:
            async with self._slots[making.kind]:
                await in_thread(folder.mkdir, parents=True)
                await self._make(making, footage, folder)
            del self._makings[making.key]
            self._metrics.views.labels(making.kind, "made").inc()
        except asyncio.CancelledError:
            del self._makings[making.key]
            raise
        except Exception as error:
            making.problem, making.ended = _as_problem(error).again(), monotonic()
            self._metrics.views.labels(making.kind, "failed").inc()
            logger.warning("preview not made", extra={"preview": making.kind, "why": making.problem.message})
        finally:
            await in_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _make(self, making: Making, footage: Part, folder: Path) -> None:
        stat = await self._store.head(footage.key)
        facts = await facts_of(self._store, self._cache, stat, self._cache.path(stat))
        if footage.is_window:  # which is mostly a small part of the file
            facts = await placed(self._cache, stat, facts)
        async with fetched(self._store, self._cache, [(stat, facts)]) as partial:
            within = self._settings.export_within if making.kind == "proxy" else QUICK_WITHIN
            patience = self._patience(within, partial)
            media = await computed(footage.of_file, facts.media)
            await MAKERS[making.kind](self, making, media, folder, patience)

    def _patience(self, within: float, partial: PartialFiles | None = None) -> Patience:
        return Patience(self._settings.stall_after, within, self._settings.render_memory, partial)

    async def _strip(self, making: Making, media: Media, folder: Path, patience: Patience) -> None:
        build, output, work = await asyncio.to_thread(find_build), folder / "strip.jpg", folder / "work"
        await in_thread(work.mkdir)
        strip = await make_strip(media, build, work, output, patience)
        layout: Row = {"columns": strip.columns, "width": strip.width, "height": strip.height}
        layout |= {"pictures": strip.pictures, "step_s": float(1 / strip.rate)}
        footage = making.key.removesuffix(OBJECTS["strip"])
        await self._store.put(footage + LAYOUT, json.dumps(layout).encode())
        await self._store.put_file(making.key, output)

    async def _peaks(self, making: Making, media: Media, folder: Path, patience: Patience) -> None:
        build = await asyncio.to_thread(find_build)
        rate, peaks = await make_peaks(media, build, folder, patience)
        document = {"rate": float(rate), "peaks": peaks}
        await self._store.put(making.key, json.dumps(document, separators=(",", ":")).encode())

    async def _proxy(self, making: Making, media: Media, folder: Path, patience: Patience) -> None:
        build, output, work = await asyncio.to_thread(find_build), folder / "proxy.mp4", folder / "work"
        await in_thread(work.mkdir)

        def on_progress(progress: Progress) -> None:
            making.progress = max(making.progress, 0.99 * progress.fraction)

        patience = replace(patience, file=await in_thread(room_for_file, self._settings, folder))
        await make_proxy(media, build, work, output, patience, on_progress)
        await self._store.put_file(making.key, output)

    def _forget_old(self) -> None:
        now = monotonic()
        for key in [
            making.key
            for making in self._makings.values()
            if making.ended is not None and now - making.ended > REMEMBERED_FOR
        ]:
            del self._makings[key]


Maker = Callable[[Previews, Making, Media, Path, Patience], Awaitable[None]]
MAKERS: dict[Kind, Maker] = {"strip": Previews._strip, "peaks": Previews._peaks, "proxy": Previews._proxy}


def _document(text: bytes, kind: Kind) -> Row | None:
    """A strip's layout, or peaks; None if the text is damaged."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    fits = isinstance(document, dict) and document.keys() == MEMBERS[kind].keys()
    return document if fits and all(isinstance(document[name], of) for name, of in MEMBERS[kind].items()) else None


def _shutting_down() -> Problem:
    return Problem(503, "shutting_down", "the server is shutting down: try again", headers={"Retry-After": "5"})


def _as_problem(error: Exception) -> Problem:
    """The Problem for an exception that ended the making of a preview."""
    return problem_of(
        error,
        lost="the footage is missing from the store",
        unstored=storage_problem("the storage does not answer: try again"),
        failed="the server failed; its log has the reason",
    )
