"""A user of the site: an account, a session for the browser, and the API, by which tests prepare data."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from server.accounts import Accounts
from server.storage.folder import FolderStore
from tests.server.editing import BOX, SMALL
from tests.server.site import Site

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """An account, known to programs by `token` and to browsers by `session`, a cookie's value."""

    site: Site
    name: str
    token: str
    session: str
    api: httpx.Client

    def project(self, name: str = "A film", **fields: Any) -> str:
        """Add a project whose film renders quickly; its id."""
        answer = self.api.post("/api/projects", json={"name": name, "settings": SMALL, **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def uploaded(self, path: Path, name: str = "", kind: str = "video/mp4") -> str:
        """Upload a raw clip; its id."""
        with path.open("rb") as file:
            answer = self.api.post("/api/raw-clips", files={"file": (name or path.name, file, kind)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def clip(self, project_id: str, raw_clip_id: str, **fields: Any) -> str:
        """Add a clip at the project's end; its id."""
        given = {"raw_clip_id": raw_clip_id, "crop_data": BOX, **fields}
        answer = self.api.post(f"/api/clips/projects/{project_id}/clips", json=given)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["clip_id"])

    def clips(self, project_id: str) -> list[Json]:
        """A project's clips as they are stored."""
        stored: list[Json] = self.api.get(f"/api/clips/projects/{project_id}/clips").json()["clips"]
        return stored

    def exports(self, project_id: str) -> list[Json]:
        """A project's exports, the newest first."""
        found: list[Json] = self.api.get("/api/export", params={"project_id": project_id}).json()["exports"]
        return found


@contextmanager
def new_person(site: Site, name: str) -> Iterator[Person]:
    """A new account of a site, and a client of it."""
    token, session = aside(lambda: asyncio.run(_issued(site.data, name)))
    with site.client(token) as api:
        yield Person(site, name, token, session, api)


def new_link(person: Person) -> str:
    """The token of a new sign-in link, which works once."""

    async def issued() -> str:
        store = FolderStore(person.site.data / "objects")
        token = await Accounts(store).issue(person.name, "link")
        await store.close()
        return token

    return str(aside(lambda: asyncio.run(issued())))


def aside(work: Any) -> Any:
    """The result of work in another thread, because Playwright runs an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


async def _issued(data: Path, name: str) -> tuple[str, str]:
    store = FolderStore(data / "objects")
    accounts = Accounts(store)
    await accounts.ensure(name)
    issued = await accounts.issue(name, "bearer"), await accounts.issue(name, "session")
    await store.close()
    return issued
