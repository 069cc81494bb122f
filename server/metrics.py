"""The metrics of the process, in the text format of Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from server.storage.skipped import skipped
from server.storage.tenants import Databases

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)


class Metrics:
    """The counters and gauges of one process."""

    def __init__(self, databases: Databases) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "reelc_requests", "Answered requests.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "reelc_request_seconds",
            "Time to the start of the answer, waiting for durability included.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.orphans = Counter(
            "reelc_orphans", "Objects that could not be put into the trash with their rows.", registry=self.registry
        )
        self.exports = Counter("reelc_exports", "Exports that ended.", ["state"], registry=self.registry)
        self.takeovers = Counter(
            "reelc_lease_takeovers", "Users taken over from servers that had gone.", registry=self.registry
        )
        self.views = Counter("reelc_views", "Strips, peaks and proxies.", ["kind", "state"], registry=self.registry)
        self.under_way = self._gauge("reelc_exports_under_way", "Exports that wait or run.")
        self._gauge("reelc_open_databases", "Databases that are open.").set_function(lambda: len(databases.opened()))
        self._gauge("reelc_skipped_objects", "Objects that were skipped, because they cannot be read.").set_function(
            skipped
        )
        self._gauge("reelc_unsynced_users", "Users with changes that are not durable yet.").set_function(
            lambda: sum(user_database.sync.pending > 0 for user_database in databases.opened())
        )
        self._gauge("reelc_unsynced_seconds", "Age of the oldest change that is not durable yet.").set_function(
            lambda: max((user_database.sync.pending for user_database in databases.opened()), default=0.0)
        )

    def text(self) -> bytes:
        """All metrics as Prometheus scrapes them."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, about: str) -> Gauge:
        return Gauge(name, about, registry=self.registry)
