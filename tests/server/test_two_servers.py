"""Two servers on one store and one user, without leases: snapshot numbers keep them apart, and a planted fault in them
is detected.

Leases keep servers from writing at once; the numbers hold even where a lease fails. Every save that either acknowledges
is stored in the end, and no version of a clip has two contents.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import httpx
import pytest

from tests.server.saving import Ledger, clips_of, editor, save_on
from tests.server.site import PLAIN, Site, add_user
from tests.server.test_kill import SLOW

pytestmark = pytest.mark.fault

SAVES, SAVES_IF_FAULTY = 25, 8
CLIPS = 2
LONGEST_PAUSE = 0.5
UNLEASED = """
from server.storage.leases import Leases
async def granted(self, uid):
    pass
Leases.hold = granted
"""
"""A planted fault: every server has every user."""
ON_AND_ON = """
from server.storage import snapshots
from server.storage.objects import Exists
from server.storage.sync import Head, Sync
async def once(self):
    n, image = await self._database.image()
    header, body = snapshots.packed(self._head.writer, n, image)
    number = self._head.base + 1
    while True:
        try:
            await self._store.put(snapshots.key_of(self.uid, number), body, if_absent=True)
            break
        except Exists:
            number += 1
    self._reached(Head(n, n, number, self._head.writer))
Sync._once = once
"""
"""A planted fault: a writer that finds its number taken uses the next one."""
OVER = """
from server.storage.folder import FolderStore
careful = FolderStore.put
async def over(self, key, body, *, if_absent=False):
    return await careful(self, key, body, if_absent=if_absent and "/db/" not in key)
FolderStore.put = over
"""
"""A planted fault: snapshots are put without If-None-Match."""


def _one_store(tmp_path: Path) -> tuple[Path, Path]:
    """The data folders of two machines with one store."""
    one, two = tmp_path / "one", tmp_path / "two"
    (one / "objects").mkdir(parents=True)
    two.mkdir()
    (two / "objects").symlink_to(one / "objects")
    return one, two


async def _race(sites: tuple[Site, Site], token: str, clips: list[str], saves: int, ledger: Ledger) -> None:
    """Use both at once, with pauses: otherwise the faster one would leave the other no turn."""
    chance = random.Random(4)

    async def save(client: httpx.AsyncClient, clip: str, label: str) -> None:
        for number in range(saves):
            await save_on(client, clip, f"{label}-{number}", ledger, 1)
            await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE))

    async def save_at(site: Site) -> None:
        async with editor(site, token) as client:
            await asyncio.gather(*(save(client, clip, site.data.name) for clip in clips))

    await asyncio.gather(*(save_at(site) for site in sites))


def _raced(tmp_path: Path, game: Path, program: str, saves: int) -> tuple[Ledger, int]:
    """The saves that two concurrent servers acknowledged, and the number of missing ones."""
    ledger = Ledger()
    folders = _one_store(tmp_path)
    token = add_user(folders[0], "ann")
    first = Site(folders[0], program, versions_kept="100000")
    clips = clips_of(first, token, game, CLIPS)
    second = Site(folders[1], program, versions_kept="100000")
    asyncio.run(_race((first, second), token, clips, saves, ledger))
    assert (first.stop(), second.stop()) == (0, 0)
    third = tmp_path / "third"
    third.mkdir()
    (third / "objects").symlink_to(folders[0] / "objects")
    site = Site(third)
    lost = ledger.lost(site, token)
    assert site.stop() == 0
    return ledger, len(lost)


def test_two_servers_of_one_user_are_kept_apart(tmp_path: Path, game: Path) -> None:
    ledger, lost = _raced(tmp_path, game, SLOW + UNLEASED + PLAIN, SAVES)
    assert (lost, ledger.split) == (0, [])
    assert ledger.refused  # the two servers did conflict
    assert {name.partition("-")[0] for name in ledger.said.values()} == {"one", "two"}


@pytest.mark.parametrize("fault", [ON_AND_ON, OVER], ids=["takes the next number", "overwrites"])
def test_the_harness_sees_a_writer_without_a_fence(tmp_path: Path, game: Path, fault: str) -> None:
    ledger, lost = _raced(tmp_path, game, SLOW + UNLEASED + fault + PLAIN, SAVES_IF_FAULTY)
    assert lost or ledger.split
