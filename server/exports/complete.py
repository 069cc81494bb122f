"""Completes accepted exports: by a film that is there, by that of another export, or by a film of their own.

An export ends in this order: the film is stored as an object; one unit of work records it; that unit is durable;
clients are notified.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from time import monotonic

from server.edits.compiled import Edit
from server.exports.finish import FilmGone, finish
from server.exports.job import Job, Undecided
from server.exports.prepare import Prepared, edit_of
from server.exports.render import Render
from server.exports.slots import Slots
from server.exports.under_way import FilmsUnderWay
from server.exports.writes import Writes
from server.footage.facts import media_key
from server.footage.sending import Sending
from server.footage.sweep import Coming
from server.ids import new_id
from server.settings import Settings
from server.storage.tenants import Databases
from server.tables import exports, raw_clips
from server.tables.clips import size_of_all
from server.tables.films import MadeFilm


class Completer:
    """Completes the exports of one server, in turns."""

    def __init__(
        self,
        boot_id: str,
        settings: Settings,
        databases: Databases,
        writes: Writes,
        render: Render,
        sending: Sending,
        coming: Coming,
        now: Callable[[], str],
    ) -> None:
        self._boot_id, self._settings, self._databases, self._writes = boot_id, settings, databases, writes
        self._render, self._sending, self._coming, self._now = render, sending, coming, now
        self._slots = Slots(settings.export_slots, settings.short_slots)
        self._under_way = FilmsUnderWay()

    async def complete(self, job: Job) -> None:
        """Complete an export whose row is durable. Equal films of a user are made once; the waiting have no slot."""
        if job.prepared is None:
            prepared = await self._first_turn(job)
            if prepared is None:
                return
        else:
            prepared = job.prepared = await self._render.with_known_film(job.prepared)
        async with self._under_way.of(job, prepared.identity):
            if not await self._shared(job, prepared):
                async with self._turn(job):
                    await self._begin(job)
                    await self._make(job, prepared)

    async def _first_turn(self, job: Job) -> Prepared | None:
        """Complete an export that an earlier server accepted, or of a large edit: it is compiled at its turn only.

        If another export turns out to make the same film, the turn is given up, and what is compiled returned.
        """
        async with self._turn(job):
            await self._begin(job)
            edit = await self._writes.read(job.uid, partial(edit_of, job.export_id))
            async with self._render.compiler.accepted_turn(job.uid, size_of_all(edit.clips)):
                prepared = await self._render.with_known_film(await self._render.prepared(job.uid, edit))
            if not self._under_way.has(job.uid, prepared.identity):
                async with self._under_way.of(job, prepared.identity):
                    if not await self._shared(job, prepared):
                        await self._make(job, prepared)
                return None
        job.attempt, job.prepared = 0, prepared
        await self._writes.write(job.uid, partial(exports.requeued, export_id=job.export_id, counted=False))
        return prepared

    def _turn(self, job: Job) -> AbstractAsyncContextManager[None]:
        return self._slots.of(job.uid, job.short, job.tracker.waiting)

    async def _begin(self, job: Job) -> None:
        """Mark the export as running."""
        starting = partial(exports.started, export_id=job.export_id, boot_id=self._boot_id, now=self._now())
        job.attempt = await self._writes.write(job.uid, starting)

    async def _make(self, job: Job, prepared: Prepared) -> None:
        """Render the export's film, and complete the export with it.

        A film that gets no row goes to the trash, where a server that takes the user over sees that nothing was lost.
        """
        film_id, began = new_id("v"), monotonic()
        key = media_key(job.uid, film_id)
        with self._coming.kept(key):
            footage = await self._writes.read(job.uid, raw_clips.total_size)
            try:
                film = await self._render.film(job.uid, film_id, prepared, job.tracker, footage)
                pace = (monotonic() - began) / job.tracker.costs.whole
                await self._finish(job, film, prepared.edit, pace)
            except Undecided:  # its row may be stored
                raise
            except (Exception, asyncio.CancelledError) as error:
                if job.tracker.state.stage == "storing" and (job.cancelled or isinstance(error, Exception)):
                    await self._sending.discard([key])
                raise

    async def _shared(self, job: Job, prepared: Prepared) -> bool:
        """Complete an export whose film is there already, with the same object; False if it has to be rendered."""
        async with self._databases.use(job.uid) as user_database:
            film = await self._render.same(new_id("v"), prepared, user_database)
        try:
            if film is not None:
                await self._finish(job, film, prepared.edit, None)
        except FilmGone:
            job.finishing, film = False, None
        return film is not None

    async def _finish(self, job: Job, film: MadeFilm, edit: Edit, pace: float | None) -> None:
        job.finishing = True
        given = (job.uid, job.export_id, film, edit.clips, self._settings, self._sending.watched(), pace)
        gone = await self._writes.durably(job, lambda unit: finish(unit, *given))
        job.recorded = True
        job.tracker.end("complete", "the film is ready")
        await self._sending.discard(gone)
