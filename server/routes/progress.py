"""`WS /ws/export/{export_id}`: sends the progress of an export."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine, Mapping
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.exports.job import Job
from server.exports.progress import State
from server.failures import UNSTORED, unstored
from server.problem import Problem, not_found
from server.storage.terms import Elsewhere
from server.tables import exports
from server.tables.exports import ExportRow
from server.tasks import until_first
from server.web.forwarded_sockets import forward_socket
from server.web.identity import identify, refuse_foreign_origin
from server.web.services import Services

PATH = "/ws/export/{export_id}"
APPEARS_WITHIN = 2.0
"""Seconds to wait for an export that the client may be about to request."""

EVERY = 0.25
"""The minimum number of seconds between two messages."""

SENT_WITHIN = 5.0
"""Seconds within which a client must receive a message."""

MOST_SOCKETS = 64
"""The maximum number of open sockets of one user."""

LOOK_EVERY = 5.0
"""Seconds after which the token of an open socket is checked again."""

GOOD, RESTARTING, SLOW, REFUSED = 1000, 1012, 1008, 1008


class Sockets:
    """Serves WebSockets and counts the open ones of every user."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._open: Counter[str] = Counter()

    def route(self) -> WebSocketRoute:
        """The route that clients connect to."""
        return WebSocketRoute(PATH, self.serve)

    async def serve(self, socket: WebSocket) -> None:
        """Serve one socket: refuse it with a problem, or send it the states until the last one."""
        uid, counted = "", 0
        try:
            refuse_foreign_origin(socket, self.services.settings)
            uid = await identify(socket, self.services.accounts, self.services.audit)
            if await self._forwarded(socket, uid):
                return
            self.services.limits.user(uid)
            self._open[uid] += (counted := 1)
            if self._open[uid] > MOST_SOCKETS:
                raise Problem(429, "too_many_sockets", f"you have {MOST_SOCKETS} open sockets: close one")
            found = await self._found(uid, str(socket.path_params["export_id"]))
            await socket.accept()
            await _serve_states(socket, found, self._until_refused(socket))
        except Problem as problem:
            await socket.send_denial_response(problem.response())
        except UNSTORED as error:
            await socket.send_denial_response(unstored(error).response())
        except (WebSocketDisconnect, RuntimeError):  # disconnected, or closed by the shutdown
            pass
        finally:
            self._open[uid] -= counted
            self._open += Counter()

    async def _forwarded(self, socket: WebSocket, uid: str) -> bool:
        """Whether another server has the user, and served the socket."""
        try:
            await self.services.databases.hold(uid)
        except Elsewhere as elsewhere:
            await forward_socket(socket, elsewhere, self.services.forwarding)
            return True
        return False

    async def _until_refused(self, socket: WebSocket) -> None:
        """Return when the socket's token is revoked, has expired, or cannot be checked for long."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await identify(socket, self.services.accounts, self.services.audit)
            except Problem:
                return

    async def _found(self, uid: str, export_id: str) -> Job | State:
        jobs = self.services.jobs
        await jobs.adopt(uid)
        job = jobs.of(uid, export_id)
        if job is not None:
            return job
        async with self.services.request_databases.of(uid) as held:
            row = await held.read(lambda reader: exports.get(reader, export_id))
        if row is not None and row["completed_at"] is not None:
            return _last(row)
        job = await jobs.appearing(uid, export_id, APPEARS_WITHIN)
        if job is None:
            raise not_found("export_not_found", "no export has this id")
        return job


def _last(row: ExportRow) -> State:
    """The last state of an export that has only its row left."""
    whole = row["state"] == "complete"
    error = row["error"]
    message = error["message"] if error else "the film is ready" if whole else "cancelled"
    kept: Mapping[str, Any] = {name: row[name] for name in ("export_id", "state", "stage", "error")}
    return State(**kept, seq=1, progress=float(whole), message=message, done=True)


async def _serve_states(socket: WebSocket, found: Job | State, refused: Coroutine[Any, Any, None]) -> None:
    """Send states until the last one, until the client disconnects, or until it is refused."""
    sending, _, watching = await until_first(_send_states(socket, found), _answer_pings(socket), refused)
    code = REFUSED if watching else None
    try:
        if sending:
            code = SLOW if isinstance(sending.exception(), TimeoutError) else sending.result()
    finally:
        del sending, watching  # an exception holds this frame: together they would wait for the garbage collector
    if code is not None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(SENT_WITHIN):
                await socket.close(code)


async def _send_states(socket: WebSocket, found: Job | State) -> int:
    """Send the newest state now and after changes, until the last; return the code to close with."""
    if isinstance(found, State):
        await _send(socket, found)
        return GOOD
    seq = -1
    while True:
        state = await _next(found, seq)
        if state is None:
            return RESTARTING
        await _send(socket, state)
        if state.done:
            return GOOD
        seq = state.seq
        await asyncio.sleep(EVERY)


async def _next(job: Job, seq: int) -> State | None:
    """Wait for the newest state after `seq`; None when the server shuts down before the job is complete."""
    await until_first(job.tracker.after(seq), job.ended.wait())
    state = job.tracker.state
    return state if state.seq > seq and (state.done or not job.ended.is_set()) else None


async def _send(socket: WebSocket, state: State) -> None:
    async with asyncio.timeout(SENT_WITHIN):
        await socket.send_json(state.event())


async def _answer_pings(socket: WebSocket) -> None:
    """Answer each `ping`; return when the client disconnects."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("text") == "ping":
            async with asyncio.timeout(SENT_WITHIN):
                await socket.send_text("pong")
