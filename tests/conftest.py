"""Fixtures for all tests: an ffmpeg, and the sources of `tests/footage`."""

from __future__ import annotations

import os
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from tests.footage.pool import ODD, POOL, Source, fetch, source

os.environ.setdefault("REELC_UNIT_CACHE", "0")  # a render of a test takes nothing from another's

TRIES = int(os.environ.get("REELC_TRIES", "25"))
"""Examples of each random test."""

settings.register_profile(
    "any machine", max_examples=TRIES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")  # no test may depend on the speed or the load of the machine

TESTS = str(Path(__file__).parent)
SYSTEM_FFMPEG = Path("/usr/bin/ffmpeg")
FOOTAGE = Path(__file__).parents[1] / ".footage"


MEASURED = ("cli", "golden", "ir", "lower", "model", "pipeline", "supervise")
"""The folders whose tests count for coverage. All others reach hardly another line, and random tests not the same lines
every time; to measure them takes longer than the tests themselves."""


FILMED = ("conform", "field")
"""The folders whose tests render films, for many kinds of files."""


AWAITING = ("browser", "cli", "server", "supervise")
"""The folders whose tests start processes and wait for what they do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with the system's ffmpeg are slow, unless they are marked `both_builds`, and then all but the first case of
    each test. Of the cases of a test of films, all but the first are `further`."""
    begun, on_both = set[str](), set[str]()
    for item in items:
        folder = str(item.path).removeprefix(TESTS).split(os.sep)[1]
        if folder not in MEASURED or is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("no_cover")
        if folder in AWAITING and os.environ.get("CI"):
            item.add_marker(pytest.mark.flaky(reruns=1))  # ADR 99
        case = getattr(item, "callspec", None)
        name = item.nodeid.partition("[")[0]
        if case and case.params.get("ffmpegs") == "system":
            if name in on_both or not item.get_closest_marker("both_builds"):
                item.add_marker(pytest.mark.slow)
            else:
                on_both.add(name)
        if folder in FILMED and not item.get_closest_marker("slow"):
            if name in begun:
                item.add_marker(pytest.mark.further)
            begun.add(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the failures of tests that were run once more."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.write_sep("_", f"{report.head_line}, run once more")
        report.toterminal(terminalreporter._tw)


@pytest.fixture(scope="session")
def embedded() -> str:
    """The ffmpeg that is installed with reelc."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


@pytest.fixture(scope="session", params=["embedded", "system"])
def ffmpegs(request: pytest.FixtureRequest, embedded: str) -> str:
    """Every available ffmpeg in turn: the embedded one, and the system's."""
    if request.param == "embedded":
        return embedded
    if not SYSTEM_FFMPEG.exists():
        pytest.skip("this system has no ffmpeg of its own")
    return str(SYSTEM_FFMPEG)


@pytest.fixture(scope="session")
def footage(embedded: str) -> Path:
    """The folder of the pool of coded sources."""
    return fetch(POOL, FOOTAGE, embedded)


@pytest.fixture(scope="session")
def sources(footage: Path) -> tuple[Source, ...]:
    """The pool of coded sources, with their facts."""
    return tuple(source(footage / name, recipe) for name, recipe in POOL.items())


@pytest.fixture(scope="session")
def all_sources(sources: tuple[Source, ...], embedded: str) -> tuple[Source, ...]:
    """The pool, and sources of every other kind."""
    folder = fetch(ODD, FOOTAGE, embedded)
    return (*sources, *(source(folder / name, recipe) for name, recipe in ODD.items()))
