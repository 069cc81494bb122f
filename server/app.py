"""The application: middlewares, operations, and the background tasks of the process."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from functools import cache, partial
from itertools import chain

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.ages import settled
from server.description.asyncapi import events
from server.description.openapi import document
from server.description.reference import reference_page
from server.exports.resume import keep_resuming
from server.failures import UNSTORED
from server.footage.sweep import Delays, sweep
from server.footage.trash import trash_of
from server.footage.units import sweep_units
from server.ids import is_name
from server.logs import logger
from server.problem import Problem
from server.routes import (
    changes,
    clips,
    deletion,
    drafts,
    explain,
    exports,
    films,
    health,
    inspector,
    previews,
    projects,
    raw_clips,
    session,
    shares,
    site,
    studio,
    windows,
)
from server.routes.progress import Sockets
from server.storage.objects import KeepsUnfinished, Missing
from server.storage.terms import Elsewhere
from server.web.api import Operation
from server.web.durable import Durable
from server.web.envelope import Envelope
from server.web.framing import Framing
from server.web.pages import problem_page, wants_page
from server.web.peers import FromPeers
from server.web.proxies import Proxies
from server.web.rate_limits import AddressLimit
from server.web.services import Services
from server.web.serving import routes
from server.web.turns import InTurn

OPERATIONS: tuple[Operation, ...] = tuple(
    chain.from_iterable(
        part.api.all
        for part in (
            health,
            session,
            projects,
            changes,
            raw_clips,
            deletion,
            windows,
            previews,
            clips,
            drafts,
            explain,
            inspector,
            exports,
            films,
            shares,
            studio,
            site,
        )
    )
)
"""Every operation, in the order of matching."""

TEND_AFTER, TEND_EVERY = 600.0, 6 * 3600.0
TIDY_EVERY, SWEEP_EVERY = 60.0, 3600.0
ABANDONED = timedelta(days=1)
"""Time after which a put that has not ended was killed."""
AGAIN_AFTER = 2.0
"""Seconds after which a work that failed begins again: before others take the leases of a server that does not beat."""

ERRORS = {
    404: ("not_found", "nothing is at this address"),
    405: ("method_not_allowed", "this address does not take this method"),
}


def make_app(services: Services) -> Starlette:
    """The application over these services."""
    app = Starlette(
        routes=[*routes(OPERATIONS, services), Sockets(services).route()],
        middleware=[
            Middleware(FromPeers, peers=services.peers),
            Middleware(Proxies, settings=services.settings),
            Middleware(InTurn),
            Middleware(Envelope, metrics=services.metrics, secure=services.settings.secure),
            Middleware(Framing, settings=services.settings),
            Middleware(AddressLimit, limits=services.limits),
            Middleware(Durable, databases=services.request_databases),
        ],
        exception_handlers={HTTPException: _as_response},
        lifespan=_lifespan(services),
    )
    app.router.redirect_slashes = False  # `/path/` is not `/path`
    # made at the first request for them: they take longer than all the rest of the start
    app.state.document, app.state.events = cache(partial(document, OPERATIONS)), cache(events)
    app.state.reference = cache(lambda: reference_page(app.state.document()))
    return app


async def _as_response(request: Request, error: Exception) -> Response:
    """The router's error as a problem, a page for browsers."""
    assert isinstance(error, HTTPException)
    code, message = ERRORS.get(error.status_code, ("http_error", str(error.detail)))
    headers = dict(error.headers or {})
    if error.status_code == 405:  # the router names only the methods of the first matching operation
        headers["Allow"] = ", ".join(_methods(request))
    problem = Problem(error.status_code, code, message, headers=headers)
    return problem_page(problem) if wants_page(request) else problem.response()


def _methods(request: Request) -> list[str]:
    """The methods of all operations at the matching pattern with the fewest parameters."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    there = [route.path for route in routes if route.path_regex.match(request.url.path)]
    plainest = min(there, key=lambda path: path.count("{"))
    return sorted({method for route in routes if route.path == plainest for method in route.methods or ()})


def _lifespan(services: Services) -> Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await asyncio.to_thread(shutil.rmtree, services.temporary, ignore_errors=True)
        beating = asyncio.create_task(kept_up(services.leases.keep))  # to the end: the last saves need the leases
        works = [partial(work, services) for work in (_tidy, _take_up, _sweep, _tend, _leave)]
        always = [asyncio.create_task(kept_up(work)) for work in works]
        try:
            yield
        finally:
            await _ended(always)
            await services.stop()
            await services.databases.close(services.settings.durable_within)
            await _ended([beating])
            await _give_back(services)
            await services.accounts.stop()
            await services.store.close()
            services.compiler.close()

    return lifespan


async def kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """Do a work that lasts as long as the server, and begin it again after a failure that nobody thought of: it would
    otherwise be missing until the next start, and nobody would be told."""
    while True:
        try:
            return await work()
        except Exception as error:
            logger.error("unhandled", exc_info=error)
        await asyncio.sleep(AGAIN_AFTER)


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _give_back(services: Services) -> None:
    """Give all leases back; otherwise other servers take them later."""
    try:
        await services.leases.stop()
    except UNSTORED as error:
        logger.warning("leases not given back", extra={"why": f"{type(error).__name__}: {error}"})


async def _leave(services: Services) -> None:
    """Stop the exports of users that another server has or had, close their databases, and resume what is ours."""
    while True:
        uid = await services.leases.lost.get()
        await services.jobs.leave(uid)
        await services.databases.leave(uid)
        services.leases.look_again()


async def _tidy(services: Services) -> None:
    """Every minute resume uploads, close idle databases, check the newest snapshots of opened ones, and tidy tokens."""
    databases = services.databases
    while True:
        for work in (databases.resume, databases.close_idle, databases.check_newest, services.accounts.tidy):
            try:
                await work()
            except UNSTORED as error:
                logger.warning("not tidied", extra={"why": f"{type(error).__name__}: {error}"})
        await asyncio.sleep(TIDY_EVERY)


async def _take_up(services: Services) -> None:
    """Resume the exports that other servers, or an earlier run, left unfinished."""
    tidied_after = services.settings.sweep_after
    await keep_resuming(services.jobs, services.databases, services.accounts, services.leases, tidied_after)


async def _sweep(services: Services) -> None:
    """Move objects without a row to the trash and delete old trash, at regular intervals."""
    settings = services.settings
    delays = Delays(timedelta(seconds=settings.sweep_after), timedelta(seconds=settings.trash_for))
    while True:
        await asyncio.sleep(min(SWEEP_EVERY, settings.sweep_after, settings.trash_for, settings.units_kept_for))
        try:
            users = await _to_sweep(services, delays.trashed)
        except UNSTORED as error:
            logger.warning("not swept", extra={"why": f"{type(error).__name__}: {error}"})
            continue
        for uid in users:
            await _sweep_user(services, uid, delays)
        await _sweep_units(services)


async def _to_sweep(services: Services, trashed: timedelta) -> list[str]:
    """The users whose databases are open, and those that have old trash."""
    found, before = {user_database.uid for user_database in services.databases.opened()}, settled() - trashed
    for uid in await services.accounts.names():
        if uid not in found and any(since < before for since in (await trash_of(services.store, uid)).values()):
            found.add(uid)
    return sorted(found)


async def _sweep_user(services: Services, uid: str, delays: Delays) -> None:
    try:
        async with services.databases.use(uid) as user_database:
            count = await sweep(services.store, services.sending, user_database, services.coming, delays)
    except Elsewhere:  # that server sweeps
        return
    except UNSTORED as error:
        logger.warning("not swept", extra={"sync_user": uid, "why": f"{type(error).__name__}: {error}"})
        return
    if count:
        logger.info("swept", extra={"sync_user": uid, "objects": count})


async def _sweep_units(services: Services) -> None:
    """Delete the old units of every user: also of those who render no more."""
    before = settled() - timedelta(seconds=services.settings.units_kept_for)
    try:
        for uid in await services.accounts.names():
            await sweep_units(services.store, uid, services.settings.units_per_user, before)
    except UNSTORED as error:
        logger.warning("units not swept", extra={"why": f"{type(error).__name__}: {error}"})


async def _tend(services: Services) -> None:
    """Thin the snapshots of every user, at regular intervals: also of those who do not save any more."""
    await asyncio.sleep(TEND_AFTER)
    while True:
        await _tend_once(services)
        await asyncio.sleep(TEND_EVERY)


async def _tend_once(services: Services) -> None:
    try:
        if isinstance(services.store, KeepsUnfinished):
            await services.store.delete_unfinished(settled() - ABANDONED)
    except (*UNSTORED, Missing) as error:  # of which the rights of a bucket may be the reason
        logger.warning("unfinished objects not deleted", extra={"why": f"{type(error).__name__}: {error}"})
    try:
        users = await services.accounts.names()
    except UNSTORED as error:
        logger.warning("snapshots not thinned", extra={"why": f"{type(error).__name__}: {error}"})
        return
    here = {path.name for path in (services.settings.local / "users").glob("*")}  # of removed users, too
    for uid in sorted({*users, *filter(is_name, here)}):
        try:
            await services.databases.tend(uid, settled())
        except (*UNSTORED, Missing, OSError) as error:
            extra = {"sync_user": uid, "why": f"{type(error).__name__}: {error}"}
            logger.warning("snapshots not thinned", extra=extra)
