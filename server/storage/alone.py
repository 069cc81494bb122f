"""Commands that change a user's data in the store: no server may have the user meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from compiler.errors import Loc, ReelError
from server.storage.leases import Leases
from server.storage.objects import ObjectStore, StoreFailed
from server.storage.servers import Servers
from server.storage.terms import Elsewhere, Terms

REMEDY = "stop that server, then repeat the command"


async def check_free(store: ObjectStore, servers: Servers, uid: str) -> None:
    """RC708 if a server that lives has a user; StoreFailed.

    A server that does not beat is waited for until it counts as gone, `lease_stale` seconds.
    """
    terms = Terms(store, servers)
    while True:
        try:
            await terms.newest(uid)
            return
        except Elsewhere as elsewhere:
            if await servers.beats(elsewhere.server):
                raise await _refusal(servers, elsewhere) from elsewhere


@asynccontextmanager
async def alone(store: ObjectStore, leases: Leases, uid: str) -> AsyncIterator[None]:
    """Have a user's lease inside the context, so that servers answer 503 for the user; RC708, StoreFailed."""
    await check_free(store, leases.servers, uid)
    try:
        await leases.hold(uid)
    except Elsewhere as elsewhere:  # taken at this moment
        raise await _refusal(leases.servers, elsewhere) from elsewhere
    keeping = asyncio.create_task(leases.keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        with contextlib.suppress(StoreFailed):  # then servers wait until this process counts as gone
            await leases.give_back(uid)
            await leases.stop()


async def _refusal(servers: Servers, elsewhere: Elsewhere) -> ReelError:
    named = await servers.described(elsewhere.server)
    return ReelError("RC708", Loc(), f"a server that runs has {elsewhere.uid}", detail=named, hint=REMEDY)
