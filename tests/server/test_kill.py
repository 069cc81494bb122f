"""kill -9 while saving, with the disk wiped each time: all acknowledged saves survive, and a planted loss is detected.

REELC_KILL_ROUNDS sets the number of rounds; run a thousand before a release.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.server.saving import Ledger, clips_of, editor, save_on
from tests.server.site import PLAIN, Site, add_user
from tests.server.stored import newest_database

pytestmark = pytest.mark.fault

PARTS = 3
ROUNDS = -(-int(os.environ.get("REELC_KILL_ROUNDS", "9")) // PARTS)
SAVERS = 8
SLOW = """
import asyncio
from server.storage.folder import FolderStore
put = FolderStore.put
async def slow(self, key, body, *, if_absent=False):
    await asyncio.sleep(0.03)
    return await put(self, key, body, if_absent=if_absent)
FolderStore.put = slow
"""
"""A store with realistic latency: otherwise a write would be over before the kill."""
HASTY = """
from server.storage.sync import Sync
async def hasty(self, n, within):
    self.wrote()
Sync.barrier = hasty
"""
"""A planted fault: answers do not wait for the store."""


async def _save_until_killed(site: Site, token: str, clips: list[str], turn: int, ledger: Ledger, after: float) -> None:
    async with editor(site, token) as client:
        savers = [asyncio.create_task(save_on(client, clip, f"{turn}-{n}", ledger)) for n, clip in enumerate(clips)]
        await asyncio.sleep(after)
        site.process.kill()
        await asyncio.gather(*savers)
    site.kill()


def _rounds(
    data: Path, program: str, game: Path, rounds: int, seed: int = 4, until_lost: bool = False
) -> tuple[Ledger, int]:
    """Rounds of killing and wiping: the acknowledged saves, and the number of lost ones."""
    chance, ledger, lost = random.Random(seed), Ledger(), 0
    token = add_user(data, "ann")
    site = Site(data, versions_kept="1000000")
    clips = clips_of(site, token, game, SAVERS)
    assert site.stop() == 0
    for turn in range(rounds):
        site = Site(data, program, versions_kept="1000000")
        asyncio.run(_save_until_killed(site, token, clips, turn, ledger, chance.uniform(0.1, 1)))
        shutil.rmtree(data / "local")
        site = Site(data, versions_kept="1000000")
        missing = ledger.lost(site, token)
        assert site.stop() in (0, 143)  # 143 if nothing was acknowledged: it is asked nothing, and may not serve yet
        lost += len(missing)
        for key in missing:
            del ledger.said[key]
        if lost and until_lost:
            break
    return ledger, lost


@pytest.mark.parametrize("part", range(PARTS))
def test_no_acknowledged_save_is_lost(tmp_path: Path, game: Path, part: int) -> None:
    ledger, lost = _rounds(tmp_path / "data", SLOW + PLAIN, game, ROUNDS, part)
    assert (lost, ledger.split, ledger.refused) == (0, [], 0)
    assert len(ledger.said) >= ROUNDS * SAVERS // 2  # the kill came during saving, not before it
    database = sqlite3.connect(newest_database(tmp_path / "data", "ann", tmp_path / "newest"))
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()


def test_the_harness_sees_answers_that_do_not_wait(tmp_path: Path, game: Path) -> None:
    _, lost = _rounds(tmp_path / "data", SLOW + HASTY + PLAIN, game, 10, until_lost=True)
    assert lost


async def _change_until_killed(
    site: Site, token: str, project: str, clips: dict[str, int], acknowledged: list[str]
) -> None:
    """Rename the project and its clips by one request after the other, until the server is killed."""
    async with editor(site, token) as client:
        for number in range(1_000_000):
            if number == 20:
                asyncio.get_running_loop().call_later(0.1, site.process.kill)
            name = f"name {number}"
            body = [{"clip_id": each, "version": version, "name": name} for each, version in clips.items()]
            try:
                answer = await client.post(
                    f"/api/projects/{project}/changes", json={"clips": body, "project": {"name": name}}
                )
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            acknowledged.append(name)
            for each in clips:
                clips[each] += 1


def test_no_part_of_changes_is_lost(tmp_path: Path, game: Path) -> None:
    """After kill -9 and without the disk, everything has the last acknowledged name, or all of it a later one."""
    data, acknowledged = tmp_path / "data", list[str]()
    token = add_user(data, "ann")
    site = Site(data, SLOW + PLAIN)
    addresses = clips_of(site, token, game, 3)
    clips = {address.rpartition("/")[2]: 1 for address in addresses}
    project = addresses[0].split("/")[4]
    asyncio.run(_change_until_killed(site, token, project, clips, acknowledged))
    site.kill()
    shutil.rmtree(data / "local")
    site = Site(data)
    with site.client(token) as ann:
        found = ann.get(f"/api/projects/{project}").json()
    assert site.stop() == 0
    (name,) = {found["name"], *(clip["name"] for clip in found["clips"])}
    assert int(name.split()[1]) >= int(acknowledged[-1].split()[1]) >= 19
