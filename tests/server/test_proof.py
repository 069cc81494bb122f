"""A store that overwrites what it must not is found out before a server uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.errors import ReelError
from server.storage.folder import FolderStore
from server.storage.objects import Exists, Missing, ObjectStore, Stat
from server.storage.proof import PREFIX, prove
from server.storage.s3 import Bucket
from tests.server.faults import FaultStore, Plan, nth
from tests.server.proxy import Proxy, between
from tests.server.site import in_bucket, serving
from tests.server.test_commands import reelc
from tests.server.test_store import keys, run


class Overwriting(FaultStore):
    """Ignores the condition."""

    async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
        return await self.inner.put(key, body)


class OverwritingAndRefusing(FaultStore):
    """Refuses a key that is taken, and overwrites it nevertheless."""

    async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
        try:
            return await self.inner.put(key, body, if_absent=if_absent)
        except Exists:
            await self.inner.put(key, body)
            raise


class CheckingFirst(FaultStore):
    """Checks and writes in two steps, between which others write."""

    async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
        try:
            await self.inner.head(key)
        except Missing:
            return await self.inner.put(key, body)
        raise Exists(key)


@pytest.mark.further
def test_every_store_is_proved_and_nothing_is_left(a_store: ObjectStore) -> None:
    async def scene(store: ObjectStore) -> None:
        await prove(store)
        assert await keys(store, "") == []

    run(a_store, scene)


@pytest.mark.parametrize("kind", [Overwriting, OverwritingAndRefusing, CheckingFirst])
def test_a_store_that_overwrites_is_refused(tmp_path: Path, kind: type[FaultStore]) -> None:
    async def scene(store: ObjectStore) -> None:
        with pytest.raises(ReelError, match="overwrites objects that it must not") as caught:
            await prove(store)
        assert caught.value.code == "RC702"
        assert await keys(store, "") == []

    run(kind(FolderStore(tmp_path)), scene)


@pytest.mark.parametrize("plan", [nth(1, "fail"), nth(3, "fail"), nth(2, "swallow", "get")])
def test_a_store_that_fails_meanwhile_is_told(tmp_path: Path, plan: Plan) -> None:
    async def scene(store: ObjectStore) -> None:
        with pytest.raises(ReelError) as caught:
            await prove(store)
        assert caught.value.code == "RC703"
        assert await keys(store, "") == []

    run(FaultStore(FolderStore(tmp_path), plan), scene)


def test_a_put_whose_answer_was_lost_is_no_fault(tmp_path: Path) -> None:
    """boto3 repeats such a put, and the store refuses the second one."""

    class Repeating(FaultStore):
        async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
            try:
                await self.inner.put(key, body, if_absent=if_absent)
            finally:
                return await self.inner.put(key, body, if_absent=if_absent)  # noqa: B012

    run(Repeating(FolderStore(tmp_path)), prove)


@pytest.fixture
def overwriting(moto_bucket: Bucket) -> Iterator[Proxy]:
    """A service between a server and its bucket that drops If-None-Match."""
    with between(moto_bucket.endpoint) as proxy:
        proxy.plan = lambda method, path: "overwrite"
        yield proxy


@pytest.mark.further
def test_no_server_starts_on_a_bucket_that_overwrites(tmp_path: Path, moto_bucket: Bucket, overwriting: Proxy) -> None:
    bucket = Bucket(moto_bucket.name, overwriting.url, "us-east-1", "a-key", "a-secret", "overwriting/")
    ended = reelc(tmp_path, "serve", "--port", "0", **in_bucket(bucket))
    assert ended.returncode == 7
    assert "error[RC702]: " in ended.stderr
    assert "hint: use a store with conditional writes" in ended.stderr
    checked = reelc(tmp_path, "doctor", "--json", **in_bucket(bucket))
    assert checked.returncode == 4
    (row,) = [row for row in json.loads(checked.stdout)["rows"] if row["name"] == "object store"]
    assert (row["state"], "overwrites" in row["value"]) == ("fail", True)


@pytest.mark.further
def test_no_server_starts_without_its_store(tmp_path: Path) -> None:
    away = Bucket("tests", "http://127.0.0.1:9", "us-east-1", "a-key", "a-secret")
    ended = reelc(tmp_path, "serve", "--port", "0", **in_bucket(away))
    assert ended.returncode == 5
    assert "error[RC703]: " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert reelc(tmp_path, "doctor", **in_bucket(away)).returncode == 4


def test_the_doctor_looks_at_a_store_only_where_one_is_set_up(tmp_path: Path) -> None:
    def row(folder: Path) -> list[str]:
        rows = json.loads(reelc(folder, "doctor", "--json").stdout)["rows"]
        return [row["value"] for row in rows if row["name"] == "object store"]

    assert row(tmp_path) == [f'the folder "{tmp_path}/data", made at the first start']
    with serving(tmp_path / "data") as site, site.client() as client:
        assert client.get("/healthz").status_code == 200
        assert row(tmp_path) == [f'the folder "{tmp_path}/data", never overwrites what it must not']
    assert [path for path in (tmp_path / "data" / "objects" / PREFIX).rglob("*") if path.is_file()] == []
