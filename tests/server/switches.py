"""A server with an object store that fails or holds its answers on demand, through files in its data folder.

The files are named after the calls: `fail-put`, `hold-put` (before the call does anything), `hold-after-put_file`
(after the call, before its answer) and so on; `hold-film` holds the call that puts a film away, so that its export does
not end.

Its patience with the store, `durable_within` and that of the look-up of a token, holds while a switch is set. At other
times it waits as long as a machine needs that stands still for a while.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server.site import PLAIN, Site

PATIENT = """
from pathlib import Path
from server.accounts import Accounts
from server.storage.held import RequestDatabases
from tests.server.waiting import patient
Accounts.within = RequestDatabases.within = patient(lambda: any(Path().glob("fail*")) or any(Path().glob("hold-*")))
"""
"""The source text of a part of a server: its patience ends while a switch is set."""

SWITCHED = (
    """
import asyncio
from pathlib import Path
from server.storage.folder import FolderStore
from server.storage.objects import StoreFailed
async def passed(name):
    while Path(f"hold-{name}").exists():
        Path(f"held-{name}").touch()
        await asyncio.sleep(0.01)
def switched(name):
    plain = getattr(FolderStore, name)
    async def call(self, key, *given, **named):
        if Path(f"fail-{name}").exists():
            raise StoreFailed("switched off")
        await passed(name)
        if name == "put_file" and "/media/v_" in key:
            await passed("film")
        answer = await plain(self, key, *given, **named)
        await passed(f"after-{name}")
        return answer
    setattr(FolderStore, name, call)
for name in ("put", "put_file", "get", "head", "delete"):
    switched(name)
"""
    + PATIENT
    + PLAIN
)
"""The source text of such a server; a held call creates the file `held-…`."""


@contextmanager
def switched(site: Site, *names: str) -> Iterator[None]:
    """Context in which the server's store fails or holds these calls, such as `fail-put`."""
    files = [site.data.parent / name for name in names]
    for file in files:
        file.with_name(file.name.replace("hold", "held")).unlink(missing_ok=True)
        file.touch()
    try:
        yield
    finally:
        for file in files:
            file.unlink()


def held(site: Site, name: str) -> bool:
    """Whether a call is held, or was held since the switch was set."""
    return Path(site.data.parent, f"held-{name}").exists()
