"""The application in the process of the test, which can then replace its parts, and a client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from server.app import make_app
from server.settings import Settings
from server.storage.held import RequestDatabases
from server.storage.objects import ObjectStore
from server.web.services import Services, make_services
from tests.server.waiting import PATIENCE, patient

UID = "ann"


@dataclass
class Server:
    """A running application, and a client of its only user."""

    services: Services
    client: httpx.AsyncClient


@asynccontextmanager
async def in_process(
    settings: Settings, store: ObjectStore, faulty: Callable[[], bool] | None = None
) -> AsyncIterator[Server]:
    """A server over this store, which is closed at the end. `durable_within` holds while the store is `faulty`; without
    it always."""
    with pytest.MonkeyPatch.context() as changed:
        if faulty:
            changed.setattr(RequestDatabases, "within", patient(faulty), raising=False)
        async with _running(make_services(settings, store)) as server:
            yield server


@asynccontextmanager
async def _running(services: Services) -> AsyncIterator[Server]:
    if UID not in await services.accounts.names():
        await services.accounts.add(UID)
    headers = {"Authorization": f"Bearer {await services.accounts.issue(UID, 'bearer')}"}
    transport = httpx.ASGITransport(make_app(services))
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers=headers, timeout=PATIENCE
        ) as client:
            yield Server(services, client)
    finally:
        await services.jobs.stop()
        await services.databases.close(1)
        await services.leases.stop()
        await services.store.close()
        services.compiler.close()
