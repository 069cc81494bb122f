"""Two servers over one store and one user: the number of a snapshot keeps them apart, and the harness sees it when not.

A second server is started by mistake, or because the first was believed dead. Every save that either acknowledges is
there in the end, and no version of a clip is two things.
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
"""A fault to be found: a writer that finds its number taken, and takes the next."""
OVER = """
from server.storage.folder import FolderStore
careful = FolderStore.put
async def over(self, key, body, *, if_absent=False):
    return await careful(self, key, body, if_absent=if_absent and "/db/" not in key)
FolderStore.put = over
"""
"""A fault to be found: snapshots put without If-None-Match."""


def _one_store(tmp_path: Path) -> tuple[Path, Path]:
    """The data folders of two machines with one store."""
    one, two = tmp_path / "one", tmp_path / "two"
    (one / "objects").mkdir(parents=True)
    two.mkdir()
    (two / "objects").symlink_to(one / "objects")
    return one, two


async def _race(sites: tuple[Site, Site], token: str, clips: list[str], saves: int, ledger: Ledger) -> None:
    """Both used at once, with pauses: without, the one that is faster would leave the other no chance."""
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
    """What two servers acknowledged that were used at once, and how many of it are not there."""
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
    ledger, lost = _raced(tmp_path, game, SLOW + PLAIN, SAVES)
    assert (lost, ledger.split) == (0, [])
    assert ledger.refused  # they did meet
    assert {name.partition("-")[0] for name in ledger.said.values()} == {"one", "two"}


@pytest.mark.parametrize("fault", [ON_AND_ON, OVER], ids=["takes the next number", "overwrites"])
def test_the_harness_sees_a_writer_without_a_fence(tmp_path: Path, game: Path, fault: str) -> None:
    ledger, lost = _raced(tmp_path, game, SLOW + fault + PLAIN, SAVES_IF_FAULTY)
    assert lost or ledger.split
