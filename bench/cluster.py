"""The processes of a Dask scheduler and of many fake workers, on this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

HOSTS = 6
"""Processes of workers, besides the one that is killed."""

TICKS = os.sysconf("SC_CLK_TCK")

QUIET = {  # and patient: hundreds of workers on one machine answer late
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "10m",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "300s",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s",
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "10",
}


class Cluster:
    """The processes of one scheduler and its workers; a twentieth of the workers is in the last process."""

    def __init__(self, workers: int, slots: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler = self._start_scheduler()
        doomed = max(1, workers // 20)
        sizes = [(workers - doomed + number) // HOSTS for number in range(HOSTS)] + [doomed]
        self.hosts = [self._start("-m", "bench.fake_workers", self.address, str(size), str(slots)) for size in sizes]

    def _start_scheduler(self) -> subprocess.Popen[bytes]:
        words = (
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--no-dashboard",
            "--dashboard-address",
            "127.0.0.1:0",
        )
        return self._start("-m", "distributed.cli.dask_scheduler", *words)

    @staticmethod
    def _start(*words: str) -> subprocess.Popen[bytes]:
        command = ["setpriv", "--pdeathsig", "KILL", sys.executable, *words]
        return subprocess.Popen(command, env={**os.environ, **QUIET}, stderr=subprocess.DEVNULL)

    def kill_workers(self) -> None:
        """Kill a twentieth of the workers."""
        self.hosts[-1].send_signal(signal.SIGKILL)

    def kill_scheduler(self) -> None:
        """Kill the scheduler, and start another one at its address."""
        self.scheduler.kill()
        self.scheduler.wait()
        self.scheduler = self._start_scheduler()

    def cpu(self) -> float:
        """Processor seconds that the scheduler has taken."""
        fields = Path(f"/proc/{self.scheduler.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self) -> None:
        """End every process."""
        for process in (*self.hosts, self.scheduler):
            process.kill()
            process.wait()
