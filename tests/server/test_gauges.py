"""Metrics of disk, memory, files, the export queue, the fence and snapshots."""

from __future__ import annotations

import asyncio
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from compiler.supervise.films.unit import Executor
from server.exports.job import Job
from server.exports.progress import Tracker
from server.exports.queue import Jobs
from server.metrics import Metrics
from server.settings import Settings
from server.settings_file import FILE_VARIABLE
from server.storage.folder import FolderStore
from server.storage.tenants import Databases
from server.web.audit import Event
from server.web.gauges import add_farm, add_gauges
from server.web.services import make_leases
from tests.server.site import ROOT, Site
from tests.server.test_http import project


def values(text: str) -> dict[str, float]:
    """The samples of a scrape by name, those of the disk by name and folder."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name + sample.labels.get("folder", ""): sample.value for sample in samples}


class Waiting:
    """An export queue with two jobs that wait, of which one began long ago, and one that runs."""

    def __init__(self, now: float) -> None:
        self.jobs = [
            Job("ann", name, "p", Tracker(name), since=now - age) for name, age in (("a", 5), ("b", 50), ("c", 500))
        ]
        self.jobs[2].tracker.at("fetching")

    def under_way(self) -> list[Job]:
        return self.jobs


def test_what_runs_out_and_what_is_behind_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.gauges.awake", lambda: 1000.0)

    async def whole() -> None:
        settings = Settings(data=tmp_path)
        store = FolderStore(settings.objects)
        databases = Databases(store, settings.local)
        metrics = Metrics(databases)
        add_gauges(metrics, settings, databases, cast(Jobs, Waiting(1000.0)), make_leases(settings, store))
        async with databases.use("ann"), databases.use("eve") as eve:
            eve.sync.fenced = True
            settings.objects.mkdir(exist_ok=True)
            found = values(metrics.text().decode())
            assert found["reelc_export_queue_seconds"] == 50
            assert found["reelc_fenced_users"] == 1
            assert found["reelc_largest_snapshot_bytes"] == (tmp_path / "local/users/ann/edit.sqlite").stat().st_size
            assert found["reelc_disk_size_byteslocal"] == shutil.disk_usage(tmp_path).total
            assert 0 < found["reelc_disk_free_bytesobjects"] < found["reelc_disk_size_bytesobjects"]
            shutil.rmtree(settings.objects)
            assert str(values(metrics.text().decode())["reelc_disk_free_bytesobjects"]) == "nan"
        await databases.close(1)
        await store.close()

    asyncio.run(whole())


@dataclass(frozen=True)
class Farm:
    """An executor with units."""

    units: int


@pytest.mark.parametrize(("executor", "expected"), [(None, 0), (Farm(7), 7)])
def test_the_units_of_the_farm_are_measured(tmp_path: Path, executor: Farm | None, expected: int) -> None:
    metrics = Metrics(Databases(FolderStore(tmp_path), tmp_path))
    add_farm(metrics, cast(Executor | None, executor))
    assert values(metrics.text().decode())["reelc_farm_units"] == expected


def test_a_server_measures_its_memory_and_files(site: Site, user: httpx.Client) -> None:
    project(user)
    with site.client() as monitor:
        found: dict[str, Any] = values(monitor.get("/metrics").text)
    assert found["process_resident_memory_bytes"] > 10_000_000
    assert 10 < found["process_open_fds"] < found["process_max_fds"]
    assert found["reelc_largest_snapshot_bytes"] > 0


def test_what_the_pages_and_alerts_for_operators_name_exists(site: Site) -> None:
    page = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("operate.md", "deploy.md"))
    alerts = (ROOT / "deploy" / "alerts.yaml").read_text(encoding="utf-8")
    with site.client() as monitor:
        monitor.get("/healthz")
        lines = monitor.get("/metrics").text.splitlines()
    measured = {line.split()[2] if line.startswith("# TYPE") else re.split(r"[{ ]", line)[0] for line in lines}
    assert set(re.findall(r"`((?:reelc|process)_\w+)`", page)) <= measured
    assert set(re.findall(r"\b(?:reelc|process)_\w+", alerts)) <= measured
    settings = {FILE_VARIABLE, *(f"REELC_{name.upper()}" for name in Settings.model_fields)}
    assert {name.removesuffix("_FILE") for name in re.findall(r"REELC_\w+", page)} <= settings
    assert set(get_args(Event)) == set(re.findall(r"`([a-z_]+)`", page)) & set(get_args(Event))
