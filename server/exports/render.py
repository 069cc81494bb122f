"""Renders one film: fetches the footage, renders the reel, and puts the film into the object store."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from compiler.film_identity import KnownFilm, made_by, states_of_program
from compiler.pipeline import Compiled
from compiler.pipeline.identity import Content, program
from compiler.render import render_reel
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.films.portable import Farm
from compiler.supervise.films.render import Film
from compiler.supervise.films.unit import Executor, MadeBy
from server.edits.compiled import Compiler, Edit, changed_clip, damaged_clip, lost_clip
from server.exports.limits import check_forecast, limits_of, side_of
from server.exports.prepare import Prepared, prepare
from server.exports.progress import Costs, Tracker, predicted
from server.exports.same import same_film, with_known_film
from server.failures import problem_of
from server.farm.depot import FootageDepot
from server.footage import checked
from server.footage.cache import MediaCache
from server.footage.facts import media_key
from server.footage.uneven import UnevenTurns
from server.footage.units import StoredUnits
from server.logs import logger
from server.problem import Problem, warned
from server.settings import Settings
from server.storage.objects import ChangedObject, DamagedObject, Missing, ObjectStore, StoreFailed
from server.storage.tenants import UserDatabase
from server.tables.films import MadeFilm
from server.threads import computed, in_thread

TRIES = 3
"""Attempts to store a film: minutes of rendering are not discarded for one lost answer."""

PAUSE = 0.5

SHORT = 10
"""The priority of units of short films; those of other films have 0."""


class Render:
    """Renders films from one store."""

    def __init__(
        self,
        settings: Settings,
        store: ObjectStore,
        cache: MediaCache,
        compiler: Compiler,
        uneven: UnevenTurns,
        now: Callable[[], str],
        executor: Executor | None = None,
    ) -> None:
        self._settings, self._store, self._cache, self._now = settings, store, cache, now
        self.compiler, self._uneven, self._executor = compiler, uneven, executor

    async def prepared(self, uid: str, edit: Edit) -> Prepared:
        """Compile a user's edit and look its footage up; raises the Problems of `prepare` and `check_forecast`."""
        async with self._uneven.of(uid, edit.raws.values()):
            prepared = await prepare(uid, edit, self._store, self._cache, self.compiler)
        check_forecast(prepared.compiled.plan, self._settings)
        return prepared

    def forecast(self, prepared: Prepared) -> Costs:
        """The predicted seconds of each stage of an export."""
        plan = prepared.compiled.plan
        return predicted(self._absent(prepared), plan.frames, (plan.width, plan.height))

    def is_short(self, seconds: float) -> bool:
        """Whether a film that is forecast to take so long counts as short."""
        return seconds <= self._settings.short_film

    async def with_known_film(self, prepared: Prepared) -> Prepared:
        """An edit with its film's steps and identity, as far as they can be known before its footage is fetched."""
        return await with_known_film(prepared, self._cache)

    async def same(self, film_id: str, prepared: Prepared, user_database: UserDatabase) -> MadeFilm | None:
        """The row of a film that shares the object of the same film, of any project; None if there is none."""
        return await same_film(prepared, film_id, self._now(), self._store, user_database)

    async def film(self, uid: str, film_id: str, prepared: Prepared, tracker: Tracker, footage: int) -> MadeFilm:
        """Render a film, store its object, and return its row, without the version: `finish` assigns that.

        Its units are kept within what `footage`, the bytes of the user's footage, leaves of the user's quota.
        """
        room = max(0, min(self._settings.units_per_user, self._settings.footage_per_user - footage))
        ending = prepared.compiled.encoding.profile.endings[0]
        absent = self._absent(prepared)
        tracker.costs = self.forecast(prepared)
        folder = self._settings.temporary / film_id
        try:
            await in_thread(folder.mkdir, parents=True)
            try:
                path = folder / f"film{ending}"
                prepared = await self._current(uid, prepared)
                film = await self._rendered(uid, prepared, path, absent, tracker, room)
                if film is None or film.identity is None:  # ffmpeg was replaced while it made the film
                    await in_thread(path.unlink, missing_ok=True)
                    prepared = await self._current(uid, prepared)
                    film = await self._rendered(uid, prepared, path, absent, tracker, room)
                if film is None or film.identity is None:
                    raise StoreFailed("the footage went out of the cache, or ffmpeg was replaced, during the render")
            except DamagedObject as error:
                raise damaged_clip(prepared.edit, error.key) from error
            except ChangedObject as error:
                raise changed_clip(prepared.edit, error.key) from error
            except Missing as error:
                if lost := await self._lost(prepared):
                    raise lost from error
                raise
            logger.info("film rendered", extra={"frames": film.frames, "frames_kept": film.kept})
            tracker.at("storing", message="storing the film", frame=film.frames)
            key = media_key(uid, film_id)
            await self._stored(key, film)
        finally:
            await in_thread(shutil.rmtree, folder, ignore_errors=True)
        project = prepared.edit.project
        return {
            "id": film_id,
            "project_id": project["id"],
            "filename": f"{project['name']}{ending}",
            "object_key": key,
            "duration": float(film.duration),
            "frames": film.frames,
            "size": film.size_bytes,
            "sha256": film.sha256,
            "render_identity": film.identity,
            "created_at": self._now(),
            "warnings": warned(film.notices),
        }

    async def _current(self, uid: str, prepared: Prepared) -> Prepared:
        """The edit, compiled again if an update has brought another ffmpeg since; RC601, RC602, and the Problems of
        `prepared`."""
        if await computed(find_build) == prepared.compiled.build:
            return prepared
        return await self.with_known_film(await self.prepared(uid, prepared.edit))

    async def _rendered(
        self, uid: str, prepared: Prepared, path: Path, absent: int, tracker: Tracker, room: int
    ) -> Film | None:
        """The film, which has no identity if ffmpeg was replaced meanwhile; None if it is being replaced."""
        here = 0
        concealed: list[Compiled] = []

        def fetched(size: int) -> None:
            nonlocal here
            here += size
            tracker.at("fetching", min(1.0, here / absent) if absent else 1.0, "fetching the footage")

        tracker.at("fetching", 0.0, "fetching the footage", frames=prepared.compiled.plan.frames)
        states = await in_thread(states_of_program, prepared.compiled.build)
        try:  # in threads, since they read all of ffmpeg after an update
            known = await in_thread(self._known, prepared)
            content = known.content if known else checked.contents_of(prepared.footage, self._cache)
            mine = await in_thread(made_by, prepared.compiled.build, content)
        except OSError:  # an update takes files away before it brings the new ones
            return None
        if states is None:
            return None
        async with checked.fetched(self._store, self._cache, prepared.footage, fetched) as partial:
            watched = checked.watched(self._cache, prepared.footage)
            units = await StoredUnits.of(self._store, uid, content, room, watched)
            film = await render_reel(
                prepared.compiled,
                path,
                on_progress=tracker.rendering,
                on_concealing=concealed.append,
                stall_after=self._settings.stall_after,
                deadline=self._settings.export_within,
                limits=limits_of(self._settings, path.parent),
                cgroup=self._settings.render_cgroup,
                side=side_of(self._settings),
                content=content,
                known=known,
                program=states,
                cache=units,
                partial=partial,
                farm=self._farm(uid, prepared, content, mine, units),
            )
            if concealed:  # the damage may be that of the copy, which no film may show
                await checked.check(self._cache, prepared.footage)
            return film

    async def _lost(self, prepared: Prepared) -> Problem | None:
        """The Problem for the first clip whose footage is not in the store; None if all is there."""
        for stat, _ in prepared.footage:
            try:
                await self._store.head(stat.key)
            except Missing:
                return lost_clip(prepared.edit, stat.key)
        return None

    def _known(self, prepared: Prepared) -> KnownFilm | None:
        """What is known of a film, unless ffmpeg was replaced while the film waited; OSError if it is being replaced.

        A film that became known while a file of ffmpeg was missing has no identity, and stays without.
        """
        known, build = prepared.known, prepared.compiled.build
        if known is None or known.stamp.identity is None:
            return None
        now = checked.contents_of(prepared.footage, self._cache)
        return known if program(build, known.content) == program(build, now) else None

    def _farm(
        self, uid: str, prepared: Prepared, content: Content, mine: MadeBy, units: StoredUnits | None
    ) -> Farm | None:
        """The machines that make a film's units, where the settings name a scheduler; short films go first."""
        if self._executor is None:
            return None
        depot = FootageDepot(self._store, uid, prepared.footage, content, units)
        priority = SHORT if self.is_short(self.forecast(prepared).whole) else 0
        return Farm(self._executor, depot, content, mine, uid, priority)

    def _absent(self, prepared: Prepared) -> int:
        """The bytes of footage to fetch before the render; what is fetched in parts comes during it."""
        whole = (stat for stat, facts in prepared.footage if not checked.has_holes(self._cache, stat, facts))
        return self._cache.absent(whole)

    async def _stored(self, key: str, film: Film) -> None:
        for last in _tries():
            try:
                await self._store.put_file(key, film.path)
                if (await self._store.head(key)).size != film.size_bytes:
                    raise StoreFailed("the stored film differs in size from the rendered one")
                return
            except (StoreFailed, Missing):
                if last:
                    raise
            await asyncio.sleep(PAUSE)


def _tries() -> Iterator[bool]:
    return (number == TRIES for number in range(1, TRIES + 1))


def as_problem(error: Exception) -> Problem:
    """The Problem for an exception that ended an export."""
    return problem_of(
        error,
        lost="the footage of a clip is missing from the store",
        unstored=Problem(500, "storage_error", "the storage failed: export again"),
        failed="the server failed; its log has the reason under the job's id",
    )
