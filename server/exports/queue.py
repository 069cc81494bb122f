"""Exports as jobs: queued, running, ended, and resumed by another server when this one ends or loses their users.

The rows of `exports` are authoritative; memory holds only the queue and the progress. A job begins when its row is
durable.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from contextvars import Context
from functools import partial
from typing import Any

from server import logs
from server.exports.complete import Completer
from server.exports.job import Job, Undecided
from server.exports.prepare import Prepared
from server.exports.progress import Tracker
from server.exports.render import Render, as_problem
from server.exports.unfinished import Unfinished
from server.exports.writes import Writes
from server.failures import UNSTORED
from server.footage.sending import Sending
from server.footage.sweep import Coming
from server.logs import logger
from server.metrics import Metrics
from server.problem import Problem
from server.settings import Settings
from server.storage.database import Transaction
from server.storage.sync import Fenced
from server.storage.tenants import Databases
from server.storage.terms import Elsewhere
from server.tables import exports
from server.tables.exports import ExportRow
from server.tasks import shared

MOST_ATTEMPTS = 3
RETRY_AFTER = "15"
"""Seconds after which a client may repeat a refused request."""

REMEMBERED = 256
"""Number of ended jobs kept in memory for clients that still follow them."""

GAVE_UP = Problem(500, "render_error", f"the server ended {MOST_ATTEMPTS} times while it rendered this film")


class Jobs:
    """Every export of this server."""

    def __init__(
        self,
        settings: Settings,
        databases: Databases,
        render: Render,
        sending: Sending,
        metrics: Metrics,
        coming: Coming,
        now: Callable[[], str],
    ) -> None:
        self.boot_id = secrets.token_hex(8)
        """Identifies this process; rows with another boot id were left by an earlier one."""
        self._settings, self._databases, self.now = settings, databases, now
        self.render = render
        self.unfinished = Unfinished(databases.store)
        self._metrics = metrics
        self._jobs: dict[tuple[str, str], Job] = {}
        self._writes = Writes(databases)
        self._completer = Completer(self.boot_id, settings, databases, self._writes, render, sending, coming, now)
        self._adopting: dict[str, tuple[int, asyncio.Task[None]]] = {}
        self._appeared = asyncio.Condition()
        metrics.under_way.set_function(lambda: len(self.under_way()))

    @property
    def stopping(self) -> bool:
        """Whether the server shuts down."""
        return self._writes.stopping

    def under_way(self) -> list[Job]:
        """The jobs that wait or run."""
        return [job for job in self._jobs.values() if not job.ended.is_set()]

    def of(self, uid: str, export_id: str) -> Job | None:
        """The job of an export; None if it is not in memory, as for exports that ended long ago."""
        return self._jobs.get((uid, export_id))

    async def appearing(self, uid: str, export_id: str, within: float) -> Job | None:
        """The job of an export, waiting up to `within` seconds for it to start."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within), self._appeared:
                await self._appeared.wait_for(lambda: (uid, export_id) in self._jobs)
        return self.of(uid, export_id)

    def check_queue(self, uid: str) -> None:
        """429 `too_many_exports` when the user's or the server's queue is full; 503 when the server shuts down."""
        if self.stopping:
            raise Problem(503, "shutting_down", "the server is shutting down: try again", headers={"Retry-After": "5"})
        waiting = self.under_way()
        full = len(waiting) >= self._settings.exports_at_once
        if full or sum(job.uid == uid for job in waiting) >= self._settings.exports_per_user:
            whose = "the server has" if full else "you have"
            message = f"{whose} the maximum number of exports under way: wait for one to end"
            raise Problem(429, "too_many_exports", message, headers={"Retry-After": RETRY_AFTER})

    async def start(self, uid: str, row: ExportRow, forecast_s: float | None, prepared: Prepared | None = None) -> Job:
        """Start the job of a queued row that was forecast to take so long; without a forecast it counts as long."""
        short = forecast_s is not None and self.render.is_short(forecast_s)
        job = Job(uid, row["export_id"], row["project_id"], Tracker(row["export_id"]), short, prepared)
        self._forget_some()
        self._jobs[uid, job.export_id] = job
        # in a new context, so that the request that began the job does not wait for the job's writes
        job.task = asyncio.create_task(self._live(job), name=f"export {job.export_id}", context=Context())
        async with self._appeared:
            self._appeared.notify_all()
        return job

    async def index(self, uid: str, export_id: str) -> None:
        """Index an export unless it has ended: a server that starts finds it by that. StoreFailed."""
        job = self.of(uid, export_id)
        if job is None or job.indexed or job.ended.is_set():
            return
        await self.unfinished.add(uid, export_id)
        job.indexed = True
        if job.recorded:  # it ended meanwhile
            await self.unfinished.remove(uid, export_id)

    def cancel(self, job: Job) -> None:
        """Cancel a job; without effect once its end is being written."""
        if not job.finishing and not job.cancelled and job.task is not None:
            job.cancelled = True
            job.task.cancel()

    async def adopt(self, uid: str) -> None:
        """Resume the exports of a user that another server left unfinished; once for each term of the user's lease.

        Elsewhere when another server has the user.
        """
        await shared(self._adoption(uid, await self._databases.hold(uid)))

    async def leave(self, uid: str) -> None:
        """Stop the jobs of a user that another server has now, and forget them: that one goes on with them."""
        there = [job for job in self._jobs.values() if job.uid == uid]
        for job in there:
            job.moved = job.moved or not job.ended.is_set()
            if job.task is not None:
                job.task.cancel()
        await asyncio.gather(*(job.task for job in there if job.task), return_exceptions=True)
        for job in there:
            self._jobs.pop((uid, job.export_id), None)

    async def stop(self) -> None:
        """Stop every render and queue its export again, for the next server."""
        self._writes.stopping = True
        under_way = self.under_way()
        for job in under_way:
            if not job.finishing and not job.cancelled and job.task is not None:
                job.task.cancel()
        await asyncio.gather(*(job.task for job in self._jobs.values() if job.task), return_exceptions=True)

    def _adoption(self, uid: str, term: int) -> asyncio.Task[None]:
        """The task that resumes the exports of a user in this term, a new one after one that failed."""
        was, task = self._adopting.get(uid, (term, None))
        if task is None or was != term or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = asyncio.create_task(self._adopt(uid), context=Context())
            self._adopting[uid] = term, task
        return task

    async def _adopt(self, uid: str) -> None:
        left = await self._writes.read(uid, exports.unfinished)
        for row in left:
            await self.unfinished.add(uid, row["export_id"])  # servers before ADR 66 had no index
            job = self.of(uid, row["export_id"])
            if (job is not None and not job.ended.is_set()) or self.stopping:
                continue
            if row["state"] == "running" and row["attempt"] >= MOST_ATTEMPTS:
                await self._writes.write(uid, partial(_ended, row["export_id"], "error", self.now(), GAVE_UP.body()))
                continue
            if row["state"] == "running":
                await self._writes.write(uid, partial(exports.requeued, export_id=row["export_id"], counted=True))
            logger.info("export resumed", extra={"export": row["export_id"], "attempt": row["attempt"]})
            await self.start(uid, row, await self._writes.read(uid, partial(exports.forecast_of, row["export_id"])))

    async def _live(self, job: Job) -> None:
        """Run a job from its first wait to its end."""
        logs.job_id.set(job.export_id)
        logs.user_id.set(job.uid)
        try:
            with self._databases.leases.kept(job.uid):
                await self._writes.accepted(job)
                await self._completer.complete(job)
        except asyncio.CancelledError:
            await self._broken_off(job)
        except (Elsewhere, Fenced) as error:
            self._move(job, error)
        except Undecided:
            logger.warning("server shut down before the export's state was durable")
        except Exception as error:
            problem = as_problem(error).body()  # without the exception, which holds this frame
            await self._end(job, "error", problem["message"], problem)
        finally:
            job.prepared = None
            if job.state != "queued":
                self._metrics.exports.labels(job.state).inc()
            logger.info("export ended", extra={"state": job.state, "attempt": job.attempt})
            job.ended.set()
            if job.moved and self.of(job.uid, job.export_id) is job:
                del self._jobs[job.uid, job.export_id]
        if job.recorded:
            await self.unfinished.remove(job.uid, job.export_id)

    async def _broken_off(self, job: Job) -> None:
        """End a job that its user cancelled; queue one again that the server's shutdown interrupted."""
        if job.cancelled:
            await self._end(job, "cancelled", "cancelled")
            return
        job.tracker.back()
        if job.moved:
            return
        if job.attempt:
            with contextlib.suppress(*UNSTORED):
                await self._writes.write(job.uid, partial(exports.requeued, export_id=job.export_id, counted=False))

    def _move(self, job: Job, error: Exception) -> None:
        """Leave an export as it is: whichever server has the user now goes on with it."""
        logger.warning("export left to the server that has its user", extra={"why": f"{type(error).__name__}: {error}"})
        job.moved = True
        job.tracker.back()
        self._databases.leases.look_again()

    async def _end(self, job: Job, state: str, message: str, error: dict[str, Any] | None = None) -> None:
        job.finishing = True
        try:
            await self._writes.durably(job, partial(_ended, job.export_id, state, self.now(), error))
            job.recorded = True
        except (Elsewhere, Fenced) as failure:
            self._move(job, failure)
            return
        except UNSTORED as failure:
            logger.error("end of an export not stored", extra={"why": f"{type(failure).__name__}: {failure}"})
        job.tracker.end(state, message, error)

    def _forget_some(self) -> None:
        ended = [key for key, job in self._jobs.items() if job.ended.is_set()]
        for key in ended[: max(0, len(ended) - REMEMBERED)]:
            del self._jobs[key]


async def _ended(export_id: str, state: str, now: str, error: dict[str, Any] | None, unit: Transaction) -> None:
    await exports.ended(unit, export_id, state, now, error=error)
