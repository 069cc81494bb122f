"""A server whose object store can be made to fail or to hold its answers while it runs: a file beside its data says so.

The files are named after the calls: `fail-put`, `hold-put` (before anything is done), `hold-after-put_file` (when all
is done but the answer) and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server.site import PLAIN, Site

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
    async def call(self, *given, **named):
        if Path(f"fail-{name}").exists():
            raise StoreFailed("switched off")
        await passed(name)
        answer = await plain(self, *given, **named)
        await passed(f"after-{name}")
        return answer
    setattr(FolderStore, name, call)
for name in ("put", "put_file", "get", "head", "delete"):
    switched(name)
"""
    + PLAIN
)
"""The program of such a server; a call that is held leaves `held-…` behind."""


@contextmanager
def switched(site: Site, *names: str) -> Iterator[None]:
    """Within, the server's store fails or holds these calls, as `fail-put`."""
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
    """Whether a call is held, or was since the switch was set."""
    return Path(site.data.parent, f"held-{name}").exists()
