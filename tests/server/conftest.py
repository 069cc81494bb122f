"""Fixtures for tests of the server: every kind of object store, a shared server, users and a film."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from moto.s3.responses import S3Response
from moto.server import ThreadedMotoServer

from compiler.supervise.children.level import VARIABLE
from server.storage.folder import FolderStore
from server.storage.objects import ObjectStore
from server.storage.s3 import Bucket, S3Store
from tests.server import weed
from tests.server.site import PLAIN, Fresh, Site, add_user, serving

_counted = itertools.count()


def _one_at_a_time(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same, never twice at once."""
    lock = threading.Lock()

    def alone(*given: Any) -> Any:
        with lock:
            return work(*given)

    return alone


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """A server in the process of a test sets a variable and the modes of new files; no other test has them."""
    kept, mask = os.environ.get(VARIABLE), os.umask(0)
    os.umask(mask)
    yield
    os.umask(mask)
    os.environ.pop(VARIABLE, None)
    if kept is not None:
        os.environ[VARIABLE] = kept


@pytest.fixture(scope="session")
def moto_bucket() -> Iterator[Bucket]:
    """A bucket of the mock S3 server, which checks no signatures.

    Its threads would check If-None-Match and write in two steps: several concurrent puts to one key would succeed.
    """
    server = ThreadedMotoServer(port=0)
    with patch.object(S3Response, "_key_response_put", _one_at_a_time(S3Response._key_response_put)):
        server.start()
        host, port = server.get_host_and_port()
        bucket = Bucket("tests", f"http://{host}:{port}", "us-east-1", "a-key", "a-secret")
        weed.client_of(bucket).create_bucket(Bucket=bucket.name)
        yield bucket
        server.stop()


@pytest.fixture(scope="session")
def weed_bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """A bucket of SeaweedFS."""
    with weed.running(tmp_path_factory.mktemp("weed")) as bucket:
        yield bucket


@pytest.fixture(params=["folder", "moto", "seaweedfs"])
def a_store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """Every kind of store in turn, empty; make it inside a running event loop and close it there."""
    if request.param == "folder":
        return FolderStore(tmp_path / "objects")
    bucket = request.getfixturevalue("moto_bucket" if request.param == "moto" else "weed_bucket")
    return S3Store(replace(bucket, prefix=f"test-{next(_counted)}/"))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests that leave it running, started as an operator does."""
    with serving(
        tmp_path_factory.mktemp("site") / "data", Fresh(PLAIN), upload_limit="3000000", versions_kept="5"
    ) as running:
        yield running


@pytest.fixture
def user(site: Site) -> Iterator[httpx.Client]:
    """A client of a new user."""
    with site.client(add_user(site.data, f"user{next(_counted)}")) as client:
        yield client


@pytest.fixture
def another(site: Site) -> Iterator[httpx.Client]:
    """A client of another user."""
    with site.client(add_user(site.data, f"user{next(_counted)}")) as client:
        yield client


@pytest.fixture(scope="session")
def game(footage: Path) -> Path:
    """A film of 4 s at 60 frames a second, with sound."""
    return footage / "short60.mp4"
