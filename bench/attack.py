"""A server under attack: `python -m bench.attack [--seconds N] [NAME...]`.

Each attack is a process that sends what it can, from another address, for some seconds, without a token or as a user.
Meanwhile another user reads a project and saves a clip, and a monitor asks for `/healthz` twenty times a second. The
limits: p99 of `/healthz` at most 250 ms, the server's own process at most 400 MB, no failed request of the other user,
no answer of 500 to anybody.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

import httpx

from bench.attacks import ATTACKS, User
from bench.saves import Latencies, footage
from tests.server.editing import one_clip
from tests.server.site import Site, add_user

EVERY = 0.05
"""Seconds between two questions of the monitor."""

QUIET = 1.0
"""Seconds between the end of an attack and the next one."""

P99, MEMORY = 250.0, 400e6
"""The limits: milliseconds, bytes."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one attack did to the server and to another user."""

    name: str
    sent: int
    health: Latencies
    memory: int
    children: int
    """The most children at once."""
    others: int
    """Requests of the other user."""
    failed: int
    """Of these, the failed ones."""
    errors: int
    """Answers of 500 to the attacker."""

    @property
    def holds(self) -> bool:
        """Whether all limits are kept."""
        kept = self.health.at(0.99) <= P99 and self.memory <= MEMORY
        return kept and not (self.failed or self.errors or self.health.errors)


def main() -> None:
    """Print the table; exit code 1 if a limit was exceeded."""
    options = _options()
    with tempfile.TemporaryDirectory() as place:
        site, foe, friend = _prepared(Path(place))
        try:
            print("| attack | requests | /healthz p50 | p99 | most | memory | children | others | failed | 500 |")
            print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
            rows = [_attack(name, site, foe, friend, options.seconds) for name in options.names or ATTACKS]
        finally:
            code = site.stop()
    assert code == 0, "the server failed at its end"
    worst = [row.name for row in rows if not row.holds]
    print(f"\n{len(rows)} attacks, {len(worst)} beyond a limit: {', '.join(worst) or 'none'}")
    raise SystemExit(bool(worst))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.attack", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="attacks to run; all by default")
    parser.add_argument("--seconds", type=float, default=4, metavar="N", help="how long each lasts")
    return parser.parse_args()


def _prepared(place: Path) -> tuple[Site, User, User]:
    """A server, its attacker, and the other user."""
    data, film = place / "data", footage(place / "clip.mp4")
    site = Site(data)
    foe, friend = (_user(site, add_user(data, name), film) for name in ("foe", "friend"))
    return site, foe, friend


def _user(site: Site, token: str, film: Path) -> User:
    """A user with a project of one clip."""
    with site.client(token) as client:
        project = one_clip(client, film)
        clips = f"/api/clips/projects/{project}/clips"
        (first,) = client.get(clips).json()["clips"]
        (raw,) = client.get("/api/raw-clips").json()["raw_clips"]
    return User(site.url, token, project, f"{clips}/{first['id']}", raw["id"], film.read_bytes())


def _attack(name: str, site: Site, foe: User, friend: User, seconds: float) -> Measured:
    """Run one attack, print its row."""
    process = get_context("spawn")
    ours, theirs = process.Pipe()
    attacker = process.Process(target=_attacker, args=(name, foe, theirs), daemon=True)
    attacker.start()
    assert ours.poll(60), "the attacker did not start"
    ours.recv()
    row = asyncio.run(_watched(name, site, friend, seconds, ours))
    attacker.kill()
    attacker.join()
    cells = [f"{row.health.at(share):.0f} ms" for share in (0.5, 0.99, 1)]
    counted = f"{row.memory / 1e6:.0f} MB | {row.children} | {row.others} | {row.failed} | {row.errors}"
    shown = name if row.holds else f"**{name}**"
    print(f"| {shown} | {row.sent} | {' | '.join(cells)} | {counted} |", flush=True)
    return row


def _attacker(name: str, foe: User, pipe: Connection) -> None:
    """The process of an attack: says that it begins, and how many requests it sent when it is asked."""
    asyncio.run(_attacking(name, foe, pipe))


async def _attacking(name: str, foe: User, pipe: Connection) -> None:
    work = asyncio.ensure_future(ATTACKS[name](foe))
    pipe.send("begun")
    while not await asyncio.to_thread(pipe.poll, 0.1):
        if work.done() and work.exception():
            raise work.exception() or RuntimeError
    pipe.send((foe.sent, foe.errors))


async def _watched(name: str, site: Site, friend: User, seconds: float, pipe: Connection) -> Measured:
    until = perf_counter() + seconds
    health, other, server = await asyncio.gather(
        _monitor(site, until), _friend(site, friend, until), _watch(site.process.pid, until)
    )
    pipe.send("end")
    sent, errors = pipe.recv() if pipe.poll(30) else (-1, -1)
    await asyncio.sleep(QUIET)
    return Measured(name, sent, health, *server, *other, errors)


async def _monitor(site: Site, until: float) -> Latencies:
    latencies, failed = [], 0
    async with httpx.AsyncClient(base_url=site.url, timeout=30) as client:
        while (begun := perf_counter()) < until:
            try:
                (await client.get("/healthz")).raise_for_status()
            except httpx.HTTPError:
                failed += 1
            latencies.append(1000 * (perf_counter() - begun))
            await asyncio.sleep(max(0, begun + EVERY - perf_counter()))
    return Latencies("/healthz", tuple(sorted(latencies)), failed)


async def _friend(site: Site, friend: User, until: float) -> tuple[int, int]:
    sent = failed = 0
    headers = {"Authorization": f"Bearer {friend.token}"}
    async with httpx.AsyncClient(base_url=site.url, headers=headers, timeout=30) as client:
        while perf_counter() < until:
            requests = (
                client.get(f"/api/projects/{friend.project}"),
                client.put(friend.clip, json={"rotation": sent % 10}),
            )
            for request in requests:
                sent += 1
                try:
                    (await request).raise_for_status()
                except httpx.HTTPError as error:
                    print(f"    the other user: {error!r}", flush=True)
                    failed += 1
            await asyncio.sleep(0.2)
    return sent, failed


async def _watch(pid: int, until: float) -> tuple[int, int]:
    """The most memory of the server's process, and the most processes below it."""
    memory = children = 0
    while perf_counter() < until:
        memory = max(memory, 4096 * int(Path(f"/proc/{pid}/statm").read_text().split()[1]))
        children = max(children, sum(1 for _ in _below(pid)))
        await asyncio.sleep(EVERY)
    return memory, children


def _below(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):  # it ended meanwhile
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from _below(child)


if __name__ == "__main__":
    main()
