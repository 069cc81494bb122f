"""The application: middlewares, operations, and what lives from start to end."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from itertools import chain

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from server.api import Operation, routes
from server.durable import UNSTORED, Durable
from server.envelope import Envelope
from server.logs import logger
from server.problem import Problem
from server.routes import clips, exports, health, projects, raw_clips, session
from server.services import Services

OPERATIONS: tuple[Operation, ...] = tuple(
    chain.from_iterable(part.api.all for part in (health, session, projects, raw_clips, clips, exports))
)
"""Every operation, in the order they are matched."""

TIDY_EVERY = 60.0
ERRORS = {404: ("not_found", "there is nothing here"), 405: ("method_not_allowed", "not with this method")}


def make_app(services: Services) -> Starlette:
    """The application over these services."""
    return Starlette(
        routes=[*routes(OPERATIONS, services)],
        middleware=[
            Middleware(Envelope, metrics=services.metrics),
            Middleware(Durable, within=services.settings.durable_within),
        ],
        exception_handlers={HTTPException: _told},
        lifespan=_lifespan(services),
    )


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, message = ERRORS.get(error.status_code, ("http_error", str(error.detail)))
    return Problem(error.status_code, code, message, headers=dict(error.headers or {})).response()


def _lifespan(services: Services) -> Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await asyncio.to_thread(shutil.rmtree, services.temporary, ignore_errors=True)
        tidying = asyncio.create_task(_tidy(services), name="tidy")
        try:
            yield
        finally:
            tidying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await tidying
            await services.tenants.close(services.settings.durable_within)
            await services.store.close()

    return lifespan


async def _tidy(services: Services) -> None:
    """Take up what an earlier run left undurable; then close idle databases, for ever."""
    while True:
        try:
            await services.tenants.resume()
            await services.tenants.close_idle()
        except UNSTORED as error:
            logger.warning("not tidied", extra={"why": f"{type(error).__name__}: {error}"})
        await asyncio.sleep(TIDY_EVERY)
