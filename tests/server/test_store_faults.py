"""A store that is slow, throttles, is down, loses answers or breaks off: over HTTP, with a proxy in front of it.

No acknowledged save is lost or stored twice, refusals are those of the API, and the server needs no restart.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from server.storage.objects import ObjectStore, Stat, StoreFailed
from server.storage.s3 import Bucket, S3Store
from tests.cases import cases
from tests.server.editing import awaited, decided, export, film, new_export, one_clip
from tests.server.proxy import Fault, Plan, Proxy, between, no_fault
from tests.server.saving import PATIENCE, QUICK, Ledger, clips_of, save_surely, versions
from tests.server.site import PLAIN, Site, add_user, in_bucket, serving
from tests.server.switches import PATIENT
from tests.server.test_http import refused

pytestmark = pytest.mark.fault

FAULTS: tuple[Fault, ...] = ("slow", "throttle", "cut", "refuse", "silence")
LONG = 3600.0
"""Seconds after which no test waits any more."""
_counted = itertools.count()


@dataclass(frozen=True)
class Scene:
    """A server with a store behind a proxy, a user of it, and the bucket itself."""

    bucket: Bucket
    proxy: Proxy
    site: Site
    token: str

    def fail(self, plan: Plan) -> None:
        """Let the store fail in this way until it is mended; the server has little patience until then."""
        (self.site.data.parent / "fail").touch()
        self.proxy.plan = plan

    def mend(self) -> None:
        """Let the store work."""
        self.proxy.plan = no_fault
        (self.site.data.parent / "fail").unlink()

    @contextmanager
    def elsewhere(self) -> Iterator[Site]:
        """Another server with an empty disk, directly on the bucket, after the first one was killed."""
        self.site.kill()
        data = self.site.data.parent / f"elsewhere{next(_counted)}"
        with serving(data, **in_bucket(self.bucket), **QUICK) as site:
            yield site


@pytest.fixture
def scene(moto_bucket: Bucket, tmp_path: Path) -> Iterator[Scene]:
    bucket = replace(moto_bucket, prefix=f"faults-{next(_counted)}/")
    token = add_user(bucket, "ann")
    with between(bucket.endpoint) as proxy:
        settings = in_bucket(replace(bucket, endpoint=proxy.url))
        named = {**settings, "durable_within": "2", "refuse_after": "600", "versions_kept": "100000"}
        site = Site(tmp_path / "data", PATIENT + PLAIN, **named)
        yield Scene(bucket, proxy, site, token)
        proxy.plan = no_fault
        if site.process.poll() is None:
            assert site.stop() == 0
    assert "Traceback" not in Path(site.log.name).read_text()


def all_of(fault: Fault) -> Plan:
    return lambda method, path: fault


def requests_of(pattern: str, fault: Fault) -> Plan:
    """This fault for all requests about keys with this text."""
    return lambda method, path: fault if pattern in path else ""


def first_tries(fault: Fault, tries: int) -> Plan:
    """This fault for the first tries of every PUT of a snapshot."""
    seen: dict[str, int] = {}

    def plan(method: str, path: str) -> Fault:
        if method != "PUT" or "/db/" not in path:
            return ""
        seen[path] = seen.get(path, 0) + 1
        return fault if seen[path] <= tries else ""

    return plan


def by_chance(seed: int, share: float) -> Plan:
    """Any fault but silence, for this share of all requests."""
    chance = random.Random(seed)
    return lambda method, path: chance.choice(FAULTS[:-1]) if chance.random() < share else ""


def save_all(scene: Scene, clips: list[str], names: list[str]) -> Ledger:
    """Save every clip under every name, the clips concurrently."""
    ledger = Ledger()

    def saver(clip: str) -> None:
        with scene.site.client(scene.token) as ann:
            for name in names:
                save_surely(ann, clip, f"{name} of {clip[-6:]}", ledger)

    with ThreadPoolExecutor(len(clips)) as pool:
        list(pool.map(saver, clips))
    return ledger


def all_is_there_once(scene: Scene, ledger: Ledger, clips: list[str], count: int) -> None:
    """On another machine: every version of every clip is there, and each name once."""
    assert ledger.split == []
    with scene.elsewhere() as site, site.client(scene.token) as ann:
        assert ledger.lost(site, scene.token) == []
        for clip in clips:
            there = versions(ann, clip)
            assert [version for _, version in sorted(there)] == list(range(1, count + 2))
            assert len(set(there.values())) == count + 1


async def _listed(store: ObjectStore) -> list[str]:
    return [stat.key async for stat in store.listing("folder/")]


ASKED: tuple[Callable[[ObjectStore], Awaitable[object]], ...] = (
    lambda store: store.put("folder/there", b"abc"),
    lambda store: store.put_file("folder/file", Path(__file__)),
    lambda store: store.get("folder/there"),
    lambda store: store.get("folder/there", 1, 2),
    lambda store: store.head("folder/there"),
    _listed,
    lambda store: store.delete("folder/gone"),
)


async def _answers(store: ObjectStore) -> list[object]:
    """The store's answers to one call of each kind."""
    answers: list[object] = []
    for ask in ASKED:
        try:
            found = await ask(store)
        except StoreFailed:
            answers.append("failed")
        else:
            answers.append((found.key, found.size) if isinstance(found, Stat) else found)
    return answers


def test_an_answer_that_is_broken_off_anywhere_is_right_or_a_failure(moto_bucket: Bucket) -> None:
    bucket = replace(moto_bucket, prefix=f"faults-{next(_counted)}/")

    async def whole(proxy: Proxy) -> None:
        store = S3Store(replace(bucket, endpoint=proxy.url), attempts=1)
        right, failures = await _answers(store), 0
        proxy.plan = all_of("cut")
        for lines in range(30):
            proxy.part = lambda answer: b"".join(answer.splitlines(keepends=True)[:lines])  # noqa: B023
            answers = await _answers(store)
            failures += answers.count("failed")
            assert all(each in ("failed", good) for each, good in zip(answers, right, strict=True)), (lines, answers)
        assert failures > 20
        assert answers == right
        await store.close()

    with between(bucket.endpoint) as proxy:
        asyncio.run(whole(proxy))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_save_is_refused_while_the_store_fails_and_made_once_when_it_is_back(
    scene: Scene, game: Path, fault: Fault
) -> None:
    ledger, (clip,) = Ledger(), clips_of(scene.site, scene.token, game, 1)
    scene.proxy.delay = LONG
    with scene.site.client(scene.token) as ann:
        scene.fail(all_of(fault))
        answer = ann.put(clip, json={"name": "kept"}, headers={"Idempotency-Key": "kept"})
        assert not ledger.note(clip, "kept", answer)
        shown = ann.get(clip)
        assert (shown.status_code, shown.headers["x-sync-pending"]) == (200, "1")
        scene.mend()
        save_surely(ann, clip, "kept", ledger)
        assert "x-sync-pending" not in ann.get(clip).headers
    all_is_there_once(scene, ledger, [clip], 1)


def test_a_store_that_is_only_slow_is_waited_for(scene: Scene, game: Path) -> None:
    clips = clips_of(scene.site, scene.token, game, 4)
    scene.proxy.plan, scene.proxy.delay = all_of("slow"), 0.2
    ledger = save_all(scene, clips, ["a", "b", "c"])
    assert ledger.refused == 0
    all_is_there_once(scene, ledger, clips, 3)


@pytest.mark.parametrize("tries", [1, 4], ids=["first answer", "every answer of a call"])
def test_swallowed_answers_neither_double_nor_lose_nor_fence(scene: Scene, game: Path, tries: int) -> None:
    """Lost answers: to one try, which the S3 client repeats and then finds its own object; to all three and another."""
    clips = clips_of(scene.site, scene.token, game, 4)
    scene.proxy.plan = first_tries("cut", tries)
    ledger = save_all(scene, clips, [str(number) for number in range(12 // tries)])
    assert scene.proxy.faults
    assert "fenced" not in Path(scene.site.log.name).read_text()
    all_is_there_once(scene, ledger, clips, 12 // tries)


@pytest.mark.parametrize("seed", cases(range(2), slow=[1]))
def test_whatever_fails_at_random_nothing_is_lost_or_doubled(scene: Scene, game: Path, seed: int) -> None:
    clips = clips_of(scene.site, scene.token, game, 4)
    scene.proxy.plan, scene.proxy.delay = by_chance(seed, 0.4), 0.3
    ledger = save_all(scene, clips, [str(number) for number in range(25)])
    assert scene.proxy.faults > 10
    scene.proxy.plan = no_fault
    all_is_there_once(scene, ledger, clips, 25)


@pytest.mark.parametrize("fault", ["throttle", "refuse", "cut"])
@pytest.mark.parametrize("of", ["/media/v_", "/media/r_"], ids=["film", "footage"])
def test_an_export_that_the_store_fails_is_a_storage_error_and_leaves_the_old_film(
    scene: Scene, game: Path, of: str, fault: Fault
) -> None:
    with scene.site.client(scene.token) as ann:
        project_id = one_clip(ann, game)
        old = export(ann, project_id)
        before = film(ann, old)
        shutil.rmtree(scene.site.data / "local" / "footage")
        scene.fail(requests_of(of, fault))
        refused(export(ann, project_id), 500, "storage_error")
        assert ann.get(f"/api/projects/{project_id}").json()["working_video_id"] == old.json()["working_video_id"]
        scene.mend()
        assert film(ann, old) == before
        assert film(ann, export(ann, project_id)) == before


def test_an_export_that_is_not_durably_accepted_is_a_storage_error_and_made_when_asked_again(
    scene: Scene, game: Path
) -> None:
    with scene.site.client(scene.token) as ann:
        project_id, export_id = one_clip(ann, game), new_export()
        scene.fail(requests_of("/db/", "throttle"))
        refused(export(ann, project_id, export_id), 500, "storage_error")
        scene.mend()
        assert film(ann, decided(ann, project_id, export_id))


def test_a_film_that_is_made_and_not_durable_is_told_when_it_is(scene: Scene, game: Path) -> None:
    with scene.site.client(scene.token) as ann:
        project_id, export_id = one_clip(ann, game), new_export()
        seen = 0

        def plan(method: str, path: str) -> Fault:
            """The accepted export is durable; the snapshot with its completion is not stored."""
            nonlocal seen
            seen += "/media/v_" in path
            return "throttle" if seen and "/db/" in path else ""

        scene.fail(plan)
        refused(export(ann, project_id, export_id), 500, "storage_error")
        description = ann.get(f"/api/export/{export_id}").json()
        assert (description["state"], description["result"]) == ("running", None)
        scene.mend()
        assert film(ann, decided(ann, project_id, export_id))
        assert awaited(ann, export_id)["attempt"] == 1


def test_a_new_user_is_told_when_nothing_can_be_opened(scene: Scene) -> None:
    bob = add_user(scene.bucket, "bob")
    scene.fail(all_of("silence"))
    with scene.site.client(bob) as client:
        answer = client.get("/api/projects")
        refused(answer, 503, "storage_error")
        assert int(answer.headers["retry-after"]) > 0
        scene.mend()
        assert until_well(client, "/api/projects").json() == {"projects": []}


def until_well(client: httpx.Client, path: str) -> httpx.Response:
    """The first good answer."""
    for _ in range(PATIENCE):
        answer = client.get(path)
        if answer.status_code == 200:
            return answer
        refused(answer, 503, "storage_error")
    raise AssertionError("it does not recover")
