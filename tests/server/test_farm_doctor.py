"""`reelc doctor --scheduler` finds out what would go wrong on a farm; TLS lets in those with a certificate alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.codes import FFMPEG_UNFIT
from compiler.errors import ReelError
from server.farm.dask import Dask
from server.farm.scheduler import SchedulerAddress
from tests.conftest import SYSTEM_FFMPEG
from tests.server.certificates import Files, certified
from tests.server.farm import Cluster, cluster, completed, unit
from tests.server.site import ROOT

pytestmark = pytest.mark.further


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("farm"), workers=1) as running:
        yield running


@pytest.fixture
def farm(shared: Cluster) -> Iterator[Cluster]:
    """A farm of one worker; others end with the test."""
    yield shared
    for number in range(1, len(shared.workers)):
        shared.lose(number)
    shared.mend(1)


def rows(farm: Cluster) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code of the doctor, and its rows about the farm by their names."""
    done = completed(ROOT, "doctor", "--json", "--scheduler", farm.address, REELC_DATA=str(farm.data))
    found = json.loads(done.stdout)["rows"]
    names = [row["name"] for row in found]
    return done.returncode, {row["name"]: row for row in found[names.index("scheduler") :]}


def test_a_farm_of_one_kind_is_well(farm: Cluster) -> None:
    _, found = rows(farm)
    assert {row["state"] for row in found.values()} == {"ok"}
    assert found["workers"]["value"] == "1, which make 1 units at once"
    assert {"store of the workers", "reelc of the workers", "ffmpeg of the workers"} <= found.keys()


@pytest.mark.skipif(not SYSTEM_FFMPEG.exists(), reason="this system has no ffmpeg of its own")
def test_a_mixed_farm_fails(farm: Cluster) -> None:
    farm.start_worker(REELC_FFMPEG=str(SYSTEM_FFMPEG))
    code, found = rows(farm)
    assert (code, found["ffmpeg of the workers"]["state"]) == (FFMPEG_UNFIT, "fail")
    assert found["reelc of the workers"]["state"] == "ok"


def test_a_worker_with_another_store_fails(farm: Cluster, tmp_path: Path) -> None:
    farm.start_worker("--data", str(tmp_path))
    code, found = rows(farm)
    assert (code, found["store of the workers"]["state"]) == (FFMPEG_UNFIT, "fail")
    assert "Missing" in found["store of the workers"]["value"]


def test_tls_lets_in_those_with_a_certificate_of_the_authority(tmp_path: Path) -> None:
    ours, theirs = certified(tmp_path, "ours"), certified(tmp_path, "theirs")
    scheduler = ("--tls-ca-file", str(ours.ca), "--tls-cert", str(ours.cert), "--tls-key", str(ours.key))
    worker = {f"REELC_SCHEDULER_{name.upper()}": str(getattr(ours, name)) for name in ("ca", "cert", "key")}

    async def make(files: Files) -> bool:
        executor = Dask(SchedulerAddress(running.address, files.ca, files.cert, files.key))
        try:
            await executor.start()
            return (await executor.run(unit("safe"), lambda _: None)).complete
        finally:
            await executor.aclose()

    with cluster(tmp_path, 1, scheduler, **worker) as running:
        assert running.address.startswith("tls:")
        assert asyncio.run(make(ours))
        for files in (theirs, Files(ours.ca, theirs.cert, theirs.key)):
            with pytest.raises(ReelError) as caught:
                asyncio.run(make(files))
            assert caught.value.code == "RC801"
