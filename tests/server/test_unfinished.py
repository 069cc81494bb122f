"""What puts leave in a store when their server is killed: bytes that no listing shows are deleted a day later."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.storage.folder import COMING, FolderStore
from server.storage.objects import KeepsUnfinished, ObjectStore
from server.storage.s3 import Bucket, S3Store
from tests.server.weed import client_of


def deleted(store: ObjectStore) -> tuple[list[int], list[str]]:
    """The numbers that are deleted of before this century, of before tomorrow, and again; and the objects then."""

    async def whole() -> tuple[list[int], list[str]]:
        assert isinstance(store, KeepsUnfinished)
        await store.put("a/c", b"whole")
        times = [datetime(1999, 1, 1, tzinfo=UTC), *[datetime.now(UTC) + timedelta(days=1)] * 2]
        found = [await store.delete_unfinished(each) for each in times]
        left = [stat.key async for stat in store.listing("")]
        await store.close()
        return found, left

    return asyncio.run(whole())


def test_a_folder_deletes_files_that_never_got_a_name(tmp_path: Path) -> None:
    (tmp_path / COMING).mkdir()
    (tmp_path / COMING / "left").touch()
    assert deleted(FolderStore(tmp_path)) == ([0, 1, 0], ["a/c"])


def test_a_bucket_aborts_uploads_in_parts_that_are_ours(moto_bucket: Bucket) -> None:
    client, others = client_of(moto_bucket), ["another/users/a/b", "unfinished/dump.tar", "users/a/b"]
    for key in ("unfinished/users/a/b", *others):
        client.create_multipart_upload(Bucket=moto_bucket.name, Key=key)
    assert deleted(S3Store(replace(moto_bucket, prefix="unfinished/"))) == ([0, 1, 0], ["a/c"])
    assert sorted(each["Key"] for each in client.list_multipart_uploads(Bucket=moto_bucket.name)["Uploads"]) == others


def test_what_another_server_has_just_deleted_stops_nothing(moto_bucket: Bucket, tmp_path: Path) -> None:
    client = client_of(moto_bucket)
    for key in ("twice/users/a/b", "twice/users/a/c"):
        client.create_multipart_upload(Bucket=moto_bucket.name, Key=key)
    store = S3Store(replace(moto_bucket, prefix="twice/"))
    aborting = store._client.abort_multipart_upload

    def abort(**upload: str) -> object:
        if upload["Key"].endswith("a/b"):
            aborting(**upload)
        return aborting(**upload)

    store._client.abort_multipart_upload = abort
    assert deleted(store) == ([0, 1, 0], ["a/c"])

    (tmp_path / COMING).mkdir()
    (tmp_path / COMING / "ended").symlink_to("nowhere")  # as a file that got its name since it was listed
    (tmp_path / COMING / "left").touch()
    assert deleted(FolderStore(tmp_path)) == ([0, 1, 0], ["a/c"])
