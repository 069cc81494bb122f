"""Saves under load compared with the object store's own PUT: `python -m bench.saves [--seconds N] [--users N]`.

SeaweedFS and `reelc serve` run in their own processes. Each request is sent when it is due, even if earlier ones are
unanswered (open loop), and its latency counts from the time when it was due.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx

from compiler.supervise.ffmpeg import find_build
from server.accounts import Accounts
from server.storage.objects import ObjectStore
from server.storage.s3 import Bucket, S3Store
from server.storage.snapshots import folder
from tests.server.site import Site, in_bucket
from tests.server.weed import running

RATE = 2
"""Saves a second of each user."""
CLIPS = 2
KEYFRAMES = 24
KEPT = 50
"""Versions of a clip that the server keeps by default; a database with that many no longer grows."""

Ask = Callable[[int, int], Awaitable[None]]
"""The n-th request of a user."""


@dataclass(frozen=True, slots=True)
class Editor:
    """A user with clips to save."""

    client: httpx.AsyncClient
    clips: tuple[str, ...]

    async def save(self, number: int) -> None:
        """Save the next version of one of the clips."""
        body = {"crop_data": keyframes(number)}
        answer = await self.client.put(self.clips[number % len(self.clips)], json=body)
        answer.raise_for_status()


@dataclass(frozen=True, slots=True)
class Latencies:
    """Milliseconds of every successful request, sorted, and the number of failed ones."""

    name: str
    all: tuple[float, ...]
    errors: int

    def at(self, share: float) -> float:
        """The latency at this quantile."""
        return self.all[min(len(self.all) - 1, int(share * len(self.all)))]


def main() -> None:
    """Print the table."""
    options = _options()
    with tempfile.TemporaryDirectory() as place:
        clip = footage(Path(place) / "clip.mp4")
        (Path(place) / "weed").mkdir()
        with running(Path(place) / "weed") as bucket:
            print("\n".join(asyncio.run(_measured(Path(place), bucket, clip, options.users, options.seconds))))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.saves", description=__doc__)
    parser.add_argument("--users", type=int, default=20, metavar="N", help=f"each saves {RATE} times a second")
    parser.add_argument("--seconds", type=float, default=60, metavar="N", help="how long")
    return parser.parse_args()


async def _measured(place: Path, bucket: Bucket, clip: Path, users: int, seconds: float) -> list[str]:
    store = S3Store(replace(bucket, prefix="bench/"))
    site = Site(place / "data", **in_bucket(store.bucket))
    try:
        editors = [await _editor(site, store, f"user{number}", clip) for number in range(users)]
        await asyncio.gather(*(_fill(editor) for editor in editors))
        size = await _size(store, "user0")
        body = bytes(size)

        async def put(user: int, number: int) -> None:
            await store.put(f"alone/{user}/{number}-{perf_counter()}", body, if_absent=True)

        before = await _open_loop("PUT", put, users, seconds / 2)
        saves = await _open_loop("save", lambda user, number: editors[user].save(number), users, seconds)
        after = await _open_loop("PUT", put, users, seconds / 2)
        for editor in editors:
            await editor.client.aclose()
    finally:
        code = site.stop()
        await store.close()
    assert code == 0, "the server failed at its end"
    puts = Latencies("PUT", tuple(sorted(before.all + after.all)), before.errors + after.errors)
    return list(_table(users, seconds, size, saves, puts))


async def _editor(site: Site, store: ObjectStore, uid: str, clip: Path) -> Editor:
    accounts = Accounts(store)
    await accounts.add(uid)
    headers = {"Authorization": f"Bearer {await accounts.issue(uid, 'bearer')}"}
    # the server closes connections that were idle for 5 s: drop them before, so that none is used while it closes
    transport = httpx.AsyncHTTPTransport(retries=5, limits=httpx.Limits(keepalive_expiry=3))
    client = httpx.AsyncClient(base_url=site.url, headers=headers, timeout=60, transport=transport)
    project = (await client.post("/api/projects", json={"name": uid})).json()["id"]
    raw = await client.post("/api/raw-clips", content=clip.read_bytes(), headers={"Content-Type": "video/mp4"})
    clips = f"/api/clips/projects/{project}/clips"
    added = [await client.post(clips, json={"raw_clip_id": raw.json()["id"]}) for _ in range(CLIPS)]
    return Editor(client, tuple(f"{clips}/{each.json()['clip_id']}" for each in added))


async def _fill(editor: Editor) -> None:
    """Save as many versions as are kept."""
    for number in range(KEPT * CLIPS):
        await editor.save(number)


async def _size(store: ObjectStore, uid: str) -> int:
    """The size in bytes of a user's newest snapshot."""
    return [stat.size async for stat in store.listing(folder(uid))][-1]


async def _open_loop(name: str, ask: Ask, users: int, seconds: float) -> Latencies:
    """Send every user's requests, evenly spread, each when it is due."""
    begin, latencies, errors = perf_counter() + 1, [], 0

    async def one(user: int, number: int, due: float) -> None:
        nonlocal errors
        await asyncio.sleep(max(0, due - perf_counter()))
        try:
            await ask(user, number)
        except Exception as error:
            print(f"{name}: {error!r}")
            errors += 1
        else:
            latencies.append(1000 * (perf_counter() - due))

    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * RATE)):
            for user in range(users):
                group.create_task(one(user, number, begin + (number + user / users) / RATE))
    return Latencies(name, tuple(sorted(latencies)), errors)


def _table(users: int, seconds: float, size: int, saves: Latencies, puts: Latencies) -> Iterator[str]:
    yield f"{users} users, each {RATE} saves a second for {seconds:g} s; a snapshot has {size / 1000:.0f} kB."
    yield ""
    yield "| request | count | errors | p50 | p99 | longest |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, each in (("save, durable", saves), ("PUT of a snapshot, alone", puts)):
        counted = f"{len(each.all) + each.errors} | {each.errors}"
        yield f"| {name} | {counted} | {each.at(0.5):.1f} ms | {each.at(0.99):.1f} ms | {each.all[-1]:.1f} ms |"
    ratios = " | ".join(f"{saves.at(share) / puts.at(share):.2f}" for share in (0.5, 0.99))
    yield f"| ratio | | | {ratios} | |"


def keyframes(number: int) -> list[dict[str, Any]]:
    """A moving box, different in every save."""
    box = {"y": 0, "width": 101.25, "height": 180}
    return [{"frame": frame, "x": (7 * number + frame) % 200 + 0.5, **box} for frame in range(KEYFRAMES)]


def footage(path: Path) -> Path:
    """Make a small clip of two seconds."""
    source = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30:duration=2")
    subprocess.run([find_build().path, "-v", "error", *source, "-pix_fmt", "yuv420p", str(path)], check=True)
    return path


if __name__ == "__main__":
    main()
