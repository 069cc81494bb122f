"""A wall clock that is wrong for a while: nothing is deleted for good by it."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from server import ages
from server.ages import BELIEVED_AFTER, SettledClock
from server.app import _tend_once
from server.routes.deletion import forgotten_before
from server.settings import Settings
from server.storage.folder import COMING, FolderStore
from tests.server.test_trash import UID, Place, run

START = datetime.now(UTC)
HOUR, DAY, YEAR = 3600.0, 86_400.0, 366 * 86_400.0


class Clocks:
    """A wall clock and one that cannot be set, which go on together, but for the steps of the first."""

    def __init__(self) -> None:
        self.wall, self.steady = START, 50.0
        self.settled = SettledClock(lambda: self.wall, lambda: self.steady)

    def step(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)

    def go_on(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds

    @property
    def age(self) -> float:
        """The seconds of age that something of the start has."""
        return (self.settled.now() - START).total_seconds()


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    """The clocks of this process, as far as it deletes."""
    clocks = Clocks()
    monkeypatch.setattr(ages, "_CLOCK", clocks.settled)
    return clocks


def test_a_step_ahead_counts_after_a_day_and_a_step_back_at_once(clocks: Clocks) -> None:
    clocks.go_on(HOUR)
    assert clocks.age == HOUR
    clocks.step(YEAR)
    assert clocks.age == HOUR
    clocks.go_on(DAY - 1)
    assert clocks.age == HOUR + DAY - 1
    clocks.go_on(1)
    assert clocks.age == HOUR + DAY + YEAR
    clocks.step(-YEAR)
    assert clocks.age == HOUR + DAY


def test_a_step_that_is_taken_back_never_counted(clocks: Clocks) -> None:
    for _ in range(3):
        clocks.step(YEAR)
        clocks.go_on(BELIEVED_AFTER / 2)
        assert clocks.age < 2 * DAY
        clocks.step(-YEAR)
        assert clocks.age < 2 * DAY
    clocks.step(-DAY)
    assert clocks.age == BELIEVED_AFTER * 3 / 2 - DAY


def test_a_step_counts_a_day_after_it_was_seen_also_where_nobody_asked_for_days(clocks: Clocks) -> None:
    clocks.go_on(3 * DAY)
    clocks.step(YEAR)
    assert clocks.age == 3 * DAY
    clocks.go_on(DAY)
    assert clocks.age == 4 * DAY + YEAR


def test_every_step_has_to_stand_for_a_day(clocks: Clocks) -> None:
    clocks.step(2 * HOUR)
    assert clocks.age == 0
    clocks.go_on(DAY - HOUR)
    clocks.step(YEAR)
    assert clocks.age == DAY - HOUR
    clocks.go_on(DAY - HOUR)
    assert clocks.age == 2 * (DAY - HOUR)
    clocks.step(-YEAR)
    clocks.go_on(HOUR)
    assert clocks.age == 2 * DAY - HOUR + 2 * HOUR


def test_a_clock_that_is_a_little_fast_or_set_by_minutes_counts(clocks: Clocks) -> None:
    for turn in range(1, 100):
        clocks.step(HOUR / 2)
        assert clocks.age == turn * HOUR / 2


@pytest.mark.parametrize("believed", [False, True], ids=["wrong", "right"])
def test_a_year_ahead_keeps_the_trash_until_it_is_believed(clocks: Clocks, tmp_path: Path, believed: bool) -> None:
    async def scene(place: Place) -> None:
        async with place.server() as databases:
            for name in ("r_kept", "r_lost"):
                await place.upload(databases, name)
            await place.remove(databases, "r_lost")
            clocks.step(YEAR)
            assert clocks.age == 0
            clocks.go_on(DAY if believed else HOUR)
            assert await place.sweep(databases) == believed

    run(tmp_path, scene)


def test_the_rows_of_deleted_footage_stay_as_long_as_its_files(clocks: Clocks) -> None:
    clocks.step(YEAR)
    assert forgotten_before(Settings(trash_for=DAY)) == (START - timedelta(days=1)).isoformat(timespec="milliseconds")


def test_what_killed_puts_left_is_deleted_a_day_later(clocks: Clocks, tmp_path: Path) -> None:
    async def users() -> list[str]:
        return []

    store, left = FolderStore(tmp_path / "objects"), tmp_path / "objects" / COMING / "left"
    left.parent.mkdir(parents=True)
    services: Any = SimpleNamespace(
        settings=Settings(data=tmp_path), accounts=SimpleNamespace(names=users), databases=None, store=store
    )
    found = []
    for seconds in (0, HOUR, DAY):
        left.touch()
        os.utime(left, (START.timestamp(), START.timestamp()))
        clocks.go_on(seconds)
        asyncio.run(_tend_once(services))
        found.append(left.exists())
    assert found == [True, True, False]


def test_snapshots_are_thinned_by_the_time_that_is_believed(clocks: Clocks, tmp_path: Path) -> None:
    thinned = list[datetime]()

    async def users() -> list[str]:
        return [UID]

    async def tend(uid: str, now: datetime) -> None:
        thinned.append(now)

    settings, accounts, databases = Settings(data=tmp_path), SimpleNamespace(names=users), SimpleNamespace(tend=tend)
    services: Any = SimpleNamespace(settings=settings, accounts=accounts, databases=databases, store=None)
    clocks.step(YEAR)
    asyncio.run(_tend_once(services))
    clocks.go_on(DAY)
    asyncio.run(_tend_once(services))
    assert [(now - START).total_seconds() for now in thinned] == [0, DAY + YEAR]
