"""The behaviour that every object store shares: a folder, a mock, a real S3 server."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from server.storage import folder
from server.storage.folder import COMING, FolderStore
from server.storage.objects import CHUNK, Exists, Missing, ObjectStore, StoreFailed, check_key
from server.storage.s3 import Bucket, S3Store
from tests.server.waiting import reached


def run(store: ObjectStore, scene: Callable[[ObjectStore], Awaitable[None]]) -> None:
    async def whole() -> None:
        try:
            await scene(store)
        finally:
            await store.close()

    asyncio.run(whole())


async def keys(store: ObjectStore, prefix: str, after: str = "") -> list[str]:
    return [stat.key async for stat in store.listing(prefix, after)]


def test_what_was_put_is_got(a_store: ObjectStore) -> None:
    async def scene(store: ObjectStore) -> None:
        put = await store.put("users/a/db/000001", b"\x00\xffbytes")
        found = await store.head("users/a/db/000001")
        assert (put.key, put.size, put.etag) == (found.key, found.size, found.etag)
        assert await store.get("users/a/db/000001") == b"\x00\xffbytes"
        await store.put("empty", b"")
        assert await store.get("empty") == b""
        assert (await store.head("empty")).size == 0

    run(a_store, scene)


def test_a_later_put_replaces_and_the_etag_tells(a_store: ObjectStore) -> None:
    async def scene(store: ObjectStore) -> None:
        before = await store.put("k", b"first")
        after = await store.put("k", b"other")
        assert before.etag != after.etag
        assert await store.get("k") == b"other"

    run(a_store, scene)


def test_if_absent_refuses_a_key_that_is_taken(a_store: ObjectStore) -> None:
    async def scene(store: ObjectStore) -> None:
        await store.put("k", b"first", if_absent=True)
        with pytest.raises(Exists):
            await store.put("k", b"second", if_absent=True)
        assert await store.get("k") == b"first"
        await store.delete("k")
        await store.put("k", b"third", if_absent=True)
        assert await store.get("k") == b"third"

    run(a_store, scene)


@pytest.mark.further
def test_of_eight_at_once_one_wins(a_store: ObjectStore) -> None:
    async def attempt(store: ObjectStore, number: int, body: bytes) -> bytes | None:
        try:
            await store.put(f"race/{number}", body, if_absent=True)
        except Exists:
            return None
        return body

    async def scene(store: ObjectStore) -> None:
        for number in range(5):
            bodies = [f"writer {writer}".encode() for writer in range(8)]
            won = await asyncio.gather(*(attempt(store, number, body) for body in bodies))
            (winner,) = [body for body in won if body is not None]
            assert await store.get(f"race/{number}") == winner

    run(a_store, scene)


def test_ranges(a_store: ObjectStore) -> None:
    async def scene(store: ObjectStore) -> None:
        await store.put("k", b"0123456789")
        assert await store.get("k", 2, 5) == b"234"
        assert await store.get("k", 7) == b"789"
        assert await store.get("k", 8, 100) == b"89"
        assert await store.get("k", 10) == b""
        assert await store.get("k", 4, 4) == b""

    run(a_store, scene)


def test_streams_come_in_pieces(a_store: ObjectStore) -> None:
    body = bytes(range(256)) * (CHUNK // 128)

    async def scene(store: ObjectStore) -> None:
        await store.put("k", body)
        pieces = [piece async for piece in store.stream("k", 5, len(body) - 3)]
        assert b"".join(pieces) == body[5:-3]
        assert max(map(len, pieces)) <= CHUNK

    run(a_store, scene)


def test_a_file_is_stored(a_store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 70_000)  # above the size limit of a single part in S3

    async def scene(store: ObjectStore) -> None:
        put = await store.put_file("media/one", source)
        assert put.size == source.stat().st_size
        assert b"".join([piece async for piece in store.stream("media/one")]) == source.read_bytes()

    run(a_store, scene)


def test_what_is_not_there_is_missing(a_store: ObjectStore) -> None:
    async def scene(store: ObjectStore) -> None:
        for ask in (store.get("no"), store.get("no", 1, 1), store.head("no")):
            with pytest.raises(Missing):
                await ask
        with pytest.raises(Missing):
            _ = [piece async for piece in store.stream("no")]
        await store.delete("no")

    run(a_store, scene)


def test_lists_are_complete_and_sorted_in_a_folder(a_store: ObjectStore) -> None:
    async def scene(store: ObjectStore) -> None:
        for key in ("a/2", "a/10", "a/1", "b/1", "a/sub/x", "a-b"):
            await store.put(key, b"x")
        assert await keys(store, "a/") == ["a/1", "a/10", "a/2", "a/sub/x"]
        assert await keys(store, "a/1") == ["a/1", "a/10"]
        assert await keys(store, "a/", after="a/10") == ["a/2", "a/sub/x"]
        assert sorted(await keys(store, "")) == ["a-b", "a/1", "a/10", "a/2", "a/sub/x", "b/1"]
        assert await keys(store, "none/") == []
        await store.delete("a/10")
        assert await keys(store, "a/1") == ["a/1"]

    run(a_store, scene)


@pytest.mark.parametrize(
    "key", ["", "/a", "a//b", "a/", "../a", "a/../b", ".a", "A", "a b", "a\n", "ä", "a/.b", "x" * 600]
)
def test_odd_keys_are_no_keys(key: str) -> None:
    with pytest.raises(ValueError, match="is not a valid key"):
        check_key(key)


@pytest.mark.slow
def test_many_more_than_a_page_are_listed(moto_bucket: Bucket) -> None:
    async def scene(store: ObjectStore) -> None:
        names = [f"many/{number:05}" for number in range(1003)]
        for start in range(0, len(names), 100):
            await asyncio.gather(*(store.put(name, b"") for name in names[start : start + 100]))
        assert await keys(store, "many/") == names

    run(S3Store(moto_bucket), scene)


@pytest.mark.further
def test_a_store_that_is_not_there_fails() -> None:
    async def scene(store: ObjectStore) -> None:
        with pytest.raises(StoreFailed):
            await store.put("k", b"x")
        with pytest.raises(StoreFailed):
            _ = [stat async for stat in store.listing("")]

    run(S3Store(Bucket("b", "http://127.0.0.1:9", "auto", "k", "s"), attempts=1), scene)


def test_a_folder_below_a_file_fails_and_lacks_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    async def scene() -> None:
        store = FolderStore(tmp_path / "data" / "objects")
        with pytest.raises(StoreFailed, match="Not a directory"):
            await store.put("accounts/ann", b"{}")
        await store.close()

    asyncio.run(scene())


def test_a_folder_leaves_nothing_half_written(tmp_path: Path) -> None:
    async def scene(store: ObjectStore) -> None:
        with pytest.raises(StoreFailed):
            await store.put_file("a/b", tmp_path / "not there")
        assert await keys(store, "") == []
        assert [*(tmp_path / "objects" / COMING).iterdir()] == []

    run(FolderStore(tmp_path / "objects"), scene)


@pytest.mark.parametrize("meanwhile", ["deleted", "replaced"])
@pytest.mark.parametrize("if_absent", [False, True])
def test_a_put_answers_for_its_own_bytes(
    meanwhile: str, if_absent: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name may lead to another's object, or nowhere, before the put has ended."""
    final = tmp_path / "objects/a/b"

    def interrupted(_: Path) -> None:
        if final.exists():
            final.unlink()
            if meanwhile == "replaced":
                final.write_bytes(b"another's")

    async def scene(store: ObjectStore) -> None:
        monkeypatch.setattr(folder, "_sync_folder", interrupted)
        stat = await store.put("a/b", b"own", if_absent=if_absent)
        assert (stat.key, stat.size) == ("a/b", 3)
        assert final.exists() == (meanwhile == "replaced")

    run(FolderStore(tmp_path / "objects"), scene)


def test_an_unsigned_caller_is_refused_by_the_real_server(weed_bucket: Bucket) -> None:
    stranger = Bucket(weed_bucket.name, weed_bucket.endpoint, "auto", "a-key", "another secret")

    async def scene(store: ObjectStore) -> None:
        with pytest.raises(StoreFailed):
            await store.put("k", b"x")

    run(S3Store(stranger, attempts=1), scene)


@pytest.mark.parametrize("where", ["variables", "a file", "nowhere"])
def test_without_keys_the_credentials_of_aws_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    if where == "variables":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    elif where == "a file":
        text = "[default]\naws_access_key_id = the-key\naws_secret_access_key = the-secret\n"
        (tmp_path / "credentials").write_text(text)
    made = S3Store(Bucket("b", "http://127.0.0.1:9", "us-east-1", "", ""), attempts=1)

    async def scene(store: ObjectStore) -> None:
        with pytest.raises(
            StoreFailed, match="there are no credentials" if where == "nowhere" else "EndpointConnection"
        ):
            await store.head("k")

    if where != "nowhere":
        assert "Credential=the-key" in made._client.generate_presigned_url("head_bucket", Params={"Bucket": "b"})
    run(made, scene)


def test_no_refusal_of_a_store_stays_in_memory(a_store: ObjectStore) -> None:
    """Every look at what is not there is one: kept until the garbage collector runs, they would hold their requests."""

    def left() -> int:
        return sum(isinstance(each, Exception) for each in gc.get_objects())

    async def refused(store: ObjectStore) -> None:
        await store.put("k", b"first", if_absent=True)
        for refusal in (store.head("none"), store.get("none"), store.put("k", b"second", if_absent=True), first(store)):
            with contextlib.suppress(Missing, Exists):
                await refusal

    async def first(store: ObjectStore) -> None:
        async for _ in store.stream("none"):
            pass

    async def scene(store: ObjectStore) -> None:
        await refused(store)  # what the first calls import keeps exceptions of its own
        gc.collect()
        before = left()
        await store.delete("k")
        await refused(store)
        await reached(lambda: left() <= before, "a refusal stays")  # a thread holds its last one for a moment

    gc.disable()
    try:
        run(a_store, scene)
    finally:
        gc.enable()
