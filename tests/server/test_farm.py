"""The farm: addresses, certificates, what is lost and comes back, and Dask only where it is asked for."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.errors import ReelError
from compiler.supervise.films.unit import OnEvent, PortableUnit, UnitEvent, UnitResult
from server.farm.scheduler import SchedulerAddress
from tests.server.farm import unit


def refusal(address: SchedulerAddress) -> ReelError:
    with pytest.raises(ReelError) as caught:
        address.check()
    return caught.value


@pytest.mark.parametrize("address", ["farm", "http://127.0.0.1:80", "tcp://127.0.0.1", "tcp://[", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    assert refusal(SchedulerAddress(address)).code == "RC801"


@pytest.mark.parametrize("host", ["farm.example", "10.0.0.1", "0.0.0.0", "[fe80::1]"])
def test_another_machine_needs_tls(host: str) -> None:
    assert "tls" in refusal(SchedulerAddress(f"tcp://{host}:8786")).detail


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "[::1]", "localhost"])
def test_this_machine_needs_no_tls(host: str) -> None:
    SchedulerAddress(f"tcp://{host}:8786").check()


def test_tls_needs_certificates_of_this_side(tmp_path: Path) -> None:
    assert "scheduler_cert" in refusal(SchedulerAddress("tls://127.0.0.1:8786", tmp_path)).detail
    files = [tmp_path / name for name in ("ca", "cert", "key")]
    assert "is no file" in refusal(SchedulerAddress("tls://127.0.0.1:8786", *files)).detail


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.farm.scheduler.find_spec", lambda _: None)
    error = refusal(SchedulerAddress("tcp://127.0.0.1:8786"))
    assert (error.code, error.hint) == ("RC804", "pip install reelc[dask]")


def test_nothing_of_dask_and_boto3_is_imported_unless_it_is_asked_for() -> None:
    assert importlib.util.find_spec("distributed") is not None
    names = ("dask", "distributed", "tornado", "boto3", "botocore")
    modules = "server.cli, server.process, server.exports.render, compiler.render"
    program = f"import sys, {modules}; print([name for name in sys.modules if name in {names}])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_scheduler_that_does_not_answer_is_rc801(monkeypatch: pytest.MonkeyPatch) -> None:
    from server.farm import dask

    monkeypatch.setattr(dask, "CONNECT_WITHIN", 0.3)

    async def work() -> None:
        farm = dask.Dask(SchedulerAddress("tcp://127.0.0.1:9"))
        try:
            await farm.start()
        finally:
            await farm.aclose()

    with pytest.raises(ReelError) as caught:
        asyncio.run(work())
    assert caught.value.code == "RC801"


def test_a_unit_that_is_lost_again_and_again_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from server.farm import dask

    monkeypatch.setattr(dask, "PAUSE", 0)

    class Losing(dask.Dask):
        async def _attempt(self, unit: PortableUnit, on_event: OnEvent) -> UnitResult:
            assert unit.attempt not in attempts
            attempts.append(unit.attempt)
            raise dask._Lost("the worker died")

        def refresh(self) -> None:
            """Nobody is there."""

    attempts: list[str] = []
    events: list[UnitEvent] = []
    with pytest.raises(ReelError) as caught:
        asyncio.run(Losing(SchedulerAddress("tcp://127.0.0.1:9")).run(unit("lost"), events.append))
    assert (caught.value.code, len(attempts)) == ("RC803", dask.ATTEMPTS)
    assert [event.kind for event in events] == ["attempt_lost"] * dask.ATTEMPTS
