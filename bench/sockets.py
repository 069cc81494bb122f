"""Progress sent to hundreds of WebSockets: `python -m bench.sockets [--sockets N]`.

`reelc serve` and the clients are two processes. A render reports about four times a second, and each report goes to all
sockets of its export. The delay of a message counts from the time when the first socket received the same message.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from websockets.asyncio.client import ClientConnection, connect

from bench.saves import Latencies, footage
from tests.server.editing import add_clip, begin, trim
from tests.server.site import Site, add_user
from tests.server.test_http import project, uploaded

USERS = 4
"""Each with one render; some renders wait for others."""
STALLED = 10
"""One in this many sockets reads nothing until the films are made."""
SETTINGS = {"canvas": {"width": 720, "height": 1280, "fps": 30}}
FRAMED = [{"frame": 0, "x": 100, "y": 0, "width": 101.25, "height": 180}]
SLOWED = trim(0, 2, {"start": 0, "end": 2, "speed": 0.1})
EVERY = 0.25
"""Seconds between two readings of the server's memory."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message as received by one socket."""

    export_id: str
    seq: int
    at: float
    last: bool


Messages = list[Received]


@dataclass(frozen=True, slots=True)
class Measured:
    """The messages of every reading and of every stalled socket; the server's memory in bytes, before and at most."""

    awake: list[Messages]
    asleep: list[Messages]
    before: int
    most: int


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.sockets", description=__doc__)
    parser.add_argument("--sockets", type=int, default=200, metavar="N", help=f"shared by {USERS} users")
    count = parser.parse_args().sockets
    with tempfile.TemporaryDirectory() as place:
        data = Path(place) / "data"
        tokens = [add_user(data, f"user{number}") for number in range(USERS)]
        clip = footage(Path(place) / "clip.mp4")
        site = Site(data)
        try:
            exports = [_export(site, token, clip) for token in tokens]
            measured = asyncio.run(_followed(site, exports, count // USERS))
        finally:
            code = site.stop()
    assert code == 0, "the server failed at its end"
    print("\n".join(_table(measured)))


def _export(site: Site, token: str, clip: Path) -> tuple[str, str]:
    """Start an export; return its id and the token of its user."""
    with site.client(token) as client:
        project_id = project(client, settings=SETTINGS)
        add_clip(client, project_id, uploaded(client, clip), crop_data=FRAMED, segments_data=SLOWED)
        return begin(client, project_id), token


async def _followed(site: Site, exports: Sequence[tuple[str, str]], each: int) -> Measured:
    before = _resident(site)
    sockets = [await _open(site, *export) for export in exports for _ in range(each)]
    made = asyncio.Event()
    awake = [asyncio.create_task(_heard(socket)) for n, socket in enumerate(sockets) if n % STALLED]
    asleep = [asyncio.create_task(_heard(socket, made)) for socket in sockets[::STALLED]]
    most = before
    while not all(task.done() for task in awake):
        most = max(most, _resident(site))
        await asyncio.sleep(EVERY)
    made.set()
    return Measured(await asyncio.gather(*awake), await asyncio.gather(*asleep), before, most)


async def _open(site: Site, export_id: str, token: str) -> ClientConnection:
    url = f"{site.url.replace('http', 'ws', 1)}/ws/export/{export_id}"
    return await connect(url, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None, max_queue=1)


async def _heard(socket: ClientConnection, begin: asyncio.Event | None = None) -> Messages:
    """Every message until the server closes the socket; reads only once `begin` is set."""
    if begin:
        await begin.wait()
    messages = []
    async for message in socket:
        state = json.loads(message)
        messages.append(Received(state["export_id"], state["seq"], perf_counter(), state["done"]))
    return messages


def _resident(site: Site) -> int:
    """The resident memory of the server's process in bytes."""
    lines = Path(f"/proc/{site.process.pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def _table(measured: Measured) -> Iterator[str]:
    first: dict[tuple[str, int], float] = {}
    received = sorted((each for messages in measured.awake for each in messages), key=lambda each: each.at)
    for each in received:
        first.setdefault((each.export_id, each.seq), each.at)
    late = [1000 * (each.at - first[each.export_id, each.seq]) for each in received]
    latencies = Latencies("received", tuple(sorted(late)), 0)
    everybody = [*measured.awake, *measured.asleep]
    ends = sum(bool(messages) and messages[-1].last for messages in everybody)
    p50, p99, most = (f"{latencies.at(share):.1f} ms" for share in (0.5, 0.99, 1))
    sizes = " | ".join(f"{size / 2**20:.0f} MiB" for size in (measured.before, measured.most))
    yield "| sockets | stalled | messages | got the end | delay, p50 | p99 | most | memory before | at most |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    yield f"| {len(everybody)} | {len(measured.asleep)} | {len(late)} | {ends} | {p50} | {p99} | {most} | {sizes} |"


if __name__ == "__main__":
    main()
