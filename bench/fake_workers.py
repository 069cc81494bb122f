"""Dask workers whose units sleep, many in one process: `python -m bench.fake_workers ADDRESS COUNT SLOTS`."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import dask
from distributed import Worker, get_worker

TOPIC = "bench"

QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "10m",
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
}
"""What a real worker would do once for its machine, and hundreds in one process would do as often."""


async def make_fake(key: int, seconds: float, events: int, folder: str) -> tuple[str, float]:
    """A unit that sleeps, sends its progress and puts its output unless it is there; what it did, and its start."""
    began, output, worker = time.time(), Path(folder) / str(key), get_worker()
    if output.exists():
        return "found", began
    for number in range(events):
        await asyncio.sleep(seconds / events)
        worker.log_event(TOPIC, {"key": key, "number": number})
    try:
        os.close(os.open(output, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return "refused", began
    return "made", began


async def _one(address: str, slots: int) -> None:
    """A worker, which is started again whenever it ends, as its supervisor would do."""
    while True:
        try:
            worker = await Worker(
                address,
                nthreads=slots,
                resources={"cores": slots},
                memory_limit=0,
                dashboard_address=None,
                heartbeat_interval="5s",
                death_timeout=60,
            )
            await worker.finished()
        except (OSError, TimeoutError):
            await asyncio.sleep(0.5)


async def _all(address: str, count: int, slots: int) -> None:
    await asyncio.gather(*(_one(address, slots) for _ in range(count)))


if __name__ == "__main__":
    with dask.config.set(QUIET):
        asyncio.run(_all(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
