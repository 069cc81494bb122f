"""`WS /ws/export/{export_id}`: how far an export is, as it goes on."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.exports.job import Job
from server.exports.progress import State
from server.failures import UNSTORED, unstored
from server.problem import Problem, not_found
from server.tables import exports
from server.tables.exports import ExportRow
from server.web.identity import identify, refuse_foreign_origin
from server.web.services import Services

PATH = "/ws/export/{export_id}"
APPEARS_WITHIN = 2.0
"""Seconds for which an export is waited for that its client may be about to ask for."""

EVERY = 0.25
"""Seconds between two messages, at least."""

SENT_WITHIN = 5.0
"""Seconds that a client may take for one message."""

MOST_SOCKETS = 64
"""Of one user."""

GOOD, RESTARTING, SLOW = 1000, 1012, 1008


class Sockets:
    """The open sockets of every user."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._open: Counter[str] = Counter()

    def route(self) -> WebSocketRoute:
        """Where they connect."""
        return WebSocketRoute(PATH, self.serve)

    async def serve(self, socket: WebSocket) -> None:
        """Serve one: refused with a problem, or told the state until it is the last."""
        uid = ""
        try:
            refuse_foreign_origin(socket, self.services.settings)
            uid = await identify(socket, self.services.accounts)
            self._open[uid] += 1
            if self._open[uid] > MOST_SOCKETS:
                raise Problem(429, "too_many_sockets", f"{MOST_SOCKETS} sockets are open")
            found = await self._found(uid, str(socket.path_params["export_id"]))
            await socket.accept()
            await _talk(socket, found)
        except Problem as problem:
            await socket.send_denial_response(problem.response())
        except UNSTORED as error:
            await socket.send_denial_response(unstored(error).response())
        except (WebSocketDisconnect, RuntimeError):  # gone, or closed by the server's end
            pass
        finally:
            self._open[uid] -= 1
            self._open += Counter()

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
            raise not_found("export_not_found", "there is no such export")
        return job


def _last(row: ExportRow) -> State:
    """The last state of an export of which only the row is left."""
    whole = row["state"] == "complete"
    error = row["error"]
    message = error["message"] if error else "the film is ready" if whole else "cancelled"
    kept: Mapping[str, Any] = {name: row[name] for name in ("export_id", "state", "stage", "error")}
    return State(**kept, seq=1, progress=float(whole), message=message, done=True)


async def _talk(socket: WebSocket, found: Job | State) -> None:
    telling = asyncio.ensure_future(_tell(socket, found))
    hearing = asyncio.ensure_future(_hear(socket))
    try:
        await asyncio.wait({telling, hearing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (telling, hearing):
            task.cancel()
        await asyncio.gather(telling, hearing, return_exceptions=True)
    if telling.done() and not telling.cancelled():
        code = SLOW if isinstance(telling.exception(), TimeoutError) else telling.result()
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await asyncio.wait_for(socket.close(code), SENT_WITHIN)


async def _tell(socket: WebSocket, found: Job | State) -> int:
    """Send the state now, and whenever it has changed, the newest each time; the code to close with."""
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
    """The newest state after `seq`; None when the job stays unfinished, as the server ends."""
    news = asyncio.ensure_future(job.teller.after(seq))
    ended = asyncio.ensure_future(job.ended.wait())
    try:
        await asyncio.wait({news, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (news, ended):
            task.cancel()
        await asyncio.gather(news, ended, return_exceptions=True)
    state = job.teller.state
    return state if state.seq > seq and (state.done or not job.ended.is_set()) else None


async def _send(socket: WebSocket, state: State) -> None:
    await asyncio.wait_for(socket.send_json(state.event()), SENT_WITHIN)


async def _hear(socket: WebSocket) -> None:
    """Answer `ping`; return when the client has gone."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("text") == "ping":
            await asyncio.wait_for(socket.send_text("pong"), SENT_WITHIN)
