"""Metrics of what a server can run out of: disk, memory, files; and of what it is behind with: exports, the fence."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from prometheus_client import Gauge, ProcessCollector

from compiler.supervise.films.unit import Executor
from server.ages import awake
from server.exports.queue import Jobs
from server.metrics import Metrics
from server.settings import Settings
from server.storage.leases import Leases
from server.storage.tenants import Databases


def add_gauges(metrics: Metrics, settings: Settings, databases: Databases, jobs: Jobs, leases: Leases) -> None:
    """Add the metrics; the collector of processes adds memory, processor time and open files, and their maximum."""
    ProcessCollector(registry=metrics.registry)
    _add_disks(metrics, settings)

    def add(name: str, about: str, value: Callable[[], float]) -> None:
        Gauge(name, about, registry=metrics.registry).set_function(value)

    add("reelc_export_queue_seconds", "Age of the oldest export that waits for its turn.", lambda: _oldest(jobs))
    add("reelc_fenced_users", "Users whose data another server writes.", lambda: _fenced(databases))
    add("reelc_leases", "Users that this server has.", lambda: len(leases.held()))
    add("reelc_leases_overdue_seconds", "Time for which other servers may have taken them over.", leases.overdue)
    add("reelc_other_servers", "Other servers over the store that have users.", leases.servers.others)
    about = "Size of the largest open database, which is that of its whole snapshot."
    add("reelc_largest_snapshot_bytes", about, databases.largest)


def add_farm(metrics: Metrics, executor: Executor | None) -> None:
    """Add the metric that the number of workers may follow; 0 where this server makes all units."""
    about = "Units of films that run at workers or wait for them."
    Gauge("reelc_farm_units", about, registry=metrics.registry).set_function(lambda: executor.units if executor else 0)


def _add_disks(metrics: Metrics, settings: Settings) -> None:
    free = Gauge("reelc_disk_free_bytes", "Free space of a folder's disk.", ["folder"], registry=metrics.registry)
    size = Gauge("reelc_disk_size_bytes", "Size of a folder's disk.", ["folder"], registry=metrics.registry)
    folders = {"local": settings.local} | ({"objects": settings.objects} if settings.store == "folder" else {})
    for name, folder in folders.items():
        free.labels(name).set_function(partial(_of_disk, folder, "free"))
        size.labels(name).set_function(partial(_of_disk, folder, "total"))


def _of_disk(folder: Path, part: str) -> float:
    """Free or total bytes of the disk; not a number while the folder is missing."""
    try:
        return float(getattr(shutil.disk_usage(folder), part))
    except OSError:
        return math.nan


def _oldest(jobs: Jobs) -> float:
    return max((awake() - job.since for job in jobs.under_way() if job.state == "queued"), default=0.0)


def _fenced(databases: Databases) -> float:
    return sum(user_database.sync.fenced for user_database in databases.opened())
