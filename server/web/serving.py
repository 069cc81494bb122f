"""Serving of operations: a request becomes the call of a handler, or is sent on to the server that has its user."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from compiler.errors import ReelError, ReelErrors
from server import logs
from server.edits.children import ClientGone, client_gone
from server.failures import UNSTORED, unstored
from server.problem import Problem, from_reel
from server.storage.terms import Elsewhere
from server.web.api import SMALL, UNSAFE, Call, NoBody, Operation
from server.web.bodies import LONG, read, read_body, stated_length
from server.web.envelope import ROUTE
from server.web.forwarding import NotHere
from server.web.identity import identify, refuse_foreign_origin
from server.web.pages import problem_page, wants_page
from server.web.services import Services
from server.web.texts import TextResponse

BROKEN_OFF = 499
"""The status that is logged for a client that disconnected; no client gets it."""


def routes(operations: Iterable[Operation], services: Services) -> list[Route]:
    """A route for each operation."""
    return [Route(op.path, _endpoint(op, services), methods=[op.method]) for op in operations]


def _endpoint(op: Operation, services: Services) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        request.scope[ROUTE] = op.path
        client_gone.set(partial(disconnected, request))
        try:
            answer = await _answer(op, request, services)
        except (ClientGone, ClientDisconnect):
            return Response(None, BROKEN_OFF)
        except Problem as problem:
            return _refused(op, request, problem)
        except (ReelError, ReelErrors) as error:
            return _refused(op, request, from_reel(error))
        except UNSTORED as error:
            return _refused(op, request, unstored(error))
        return answer

    return endpoint


async def _answer(op: Operation, request: Request, services: Services) -> Response:
    """The answer of the operation's handler, or of the server that has the user."""
    try:
        async with AsyncExitStack() as held:
            call = await _call(op, request, services, held)
            try:
                answer = await op.handler(call)
                if isinstance(answer, Response):
                    return answer
                return TextResponse(await call.text(answer), op.answers.status)
            except Elsewhere as elsewhere:  # the user moved meanwhile, or is that of a link
                if request.method in UNSAFE:
                    raise
                raise NotHere(elsewhere, b"") from elsewhere
    except NotHere as not_here:
        return await services.forwarding.answer(request, not_here)


async def disconnected(request: Request) -> None:
    """Return when the client has disconnected; the request's body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _refused(op: Operation, request: Request, problem: Problem) -> Response:
    if not (op.page and wants_page(request)):
        return problem.response()
    if problem.status == 401 and request.method == "GET":
        return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", 303)
    return problem_page(problem)


async def _call(op: Operation, request: Request, services: Services, held: AsyncExitStack) -> Call[Any]:
    """The call of a request, whose turns for a large body end with `held`; NotHere if another server has the user.

    Until then this server keeps the user: an upload may take longer than a user stays who sends nothing else.
    """
    if op.method in UNSAFE:
        refuse_foreign_origin(request, services.settings)
    uid = "" if op.public else await identify(request, services.accounts, services.audit)
    logs.user_id.set(uid)
    elsewhere = await _elsewhere(uid, services) if uid else None
    if uid and elsewhere is None:
        held.enter_context(services.leases.kept(uid))
        services.limits.user(uid)
    limit = services.settings.edit_limit if op.takes.large else services.settings.body_limit
    if not op.takes.streams and stated_length(request, limit) > SMALL:
        await held.enter_async_context(services.large_bodies.of(uid))
    raw = b"" if op.takes.streams else await read(request, limit)
    if elsewhere is not None:
        raise NotHere(elsewhere, None if op.takes.streams else raw)
    if uid and raw:
        await identify(request, services.accounts, services.audit)  # the token may be revoked since: bodies may be slow
    call: Call[Any] = Call(request, services, uid, NoBody(), raw)
    if op.takes.body is None:
        return call
    if len(raw) > LONG:
        turns = services.long_saves if op.takes.saves else services.long_drafts
        await held.enter_async_context(turns.of(uid))
    return replace(call, body=await call.compute(read_body, op.takes.body, raw, call.header("content-type") or ""))


async def _elsewhere(uid: str, services: Services) -> Elsewhere | None:
    """Where a user is instead of here; None if this server has the user."""
    try:
        await services.databases.hold(uid)
    except Elsewhere as elsewhere:
        return elsewhere
    return None
