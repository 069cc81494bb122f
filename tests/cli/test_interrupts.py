"""On a signal to end, a command stops ffmpeg, removes unfinished files, prints one line, and exits as shells expect."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.cli.interrupts import SIGNALS, Interrupted, finish, interruptible
from tests.cli.desk import Desk
from tests.cli.test_refusals import LONG

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.fixture
def long(desk: Desk) -> str:
    """A reel that renders for minutes."""
    return desk.reel(*[LONG] * 9, canvas={"width": 1080, "height": 1080})


def part(desk: Desk) -> Path:
    """The folder of the unfinished film, once ffmpeg works in it."""
    while not any(users(made) for made in desk.folder.glob(".*.part")):
        time.sleep(0.02)
    return next(desk.folder.glob(".*.part"))


def users(path: Path) -> list[int]:
    """The programs with this path in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if os.fsencode(path) in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:  # the program ended just now
            continue
    return found


@pytest.mark.further
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_render_and_leaves_nothing(number: signal.Signals, desk: Desk, long: str) -> None:
    child = desk.started("render", long, "-o", "film.mp4", "--progress", "none")
    making = part(desk)
    for _ in range(3):  # an impatient user
        child.send_signal(number)
        time.sleep(0.02)
    said = child.communicate(timeout=60)
    assert (child.returncode, *said) == (CODES[number], "", "interrupted\n")
    assert not users(making)
    assert sorted(desk.listing()) == ["clip.mp4", "reel.json"]


@pytest.mark.further
def test_events_end_with_the_interrupt(desk: Desk, long: str) -> None:
    child = desk.started("render", long, "-o", "film.mp4", "--progress", "json")
    part(desk)
    child.send_signal(signal.SIGINT)
    events = [json.loads(line) for line in child.communicate(timeout=60)[1].splitlines()]
    assert child.returncode == 130
    last = events[-1]
    assert (last["type"], last["state"], last["done"], last["error"]) == ("progress", "cancelled", True, None)


@pytest.mark.further
def test_an_old_film_survives_an_interrupt(desk: Desk, long: str) -> None:
    (desk.folder / "film.mp4").write_text("old")
    child = desk.started("render", long, "-o", "film.mp4", "--overwrite", "--progress", "none")
    part(desk)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert (desk.folder / "film.mp4").read_text() == "old"
    assert sorted(desk.listing()) == ["clip.mp4", "film.mp4", "reel.json"]


@pytest.mark.further
def test_a_signal_that_was_ignored_stays_ignored(desk: Desk) -> None:
    """Under nohup the film is completed."""
    started = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        child = desk.started("render", desk.reel(), "-o", "film.mp4", "--progress", "json")
    finally:
        signal.signal(signal.SIGHUP, started)
    part(desk)
    child.send_signal(signal.SIGHUP)
    child.communicate(timeout=60)
    assert child.returncode == 0
    assert (desk.folder / "film.mp4").exists()


def test_waiting_for_a_reel_is_interrupted_too(desk: Desk) -> None:
    child = desk.started("compile", "-", stdin=subprocess.PIPE)
    status = Path(f"/proc/{child.pid}/status")
    caught = "SigCgt"
    while not _caught(status, caught, signal.SIGHUP):  # before that, the default action kills it silently
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60) == ("", "interrupted\n")
    assert child.returncode == 130


def _caught(status: Path, mask: str, number: signal.Signals) -> bool:
    line = next(line for line in status.read_text().splitlines() if line.startswith(mask))
    return bool(int(line.split()[1], 16) >> (number - 1) & 1)


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]

    async def nothing() -> int:
        return 7

    with interruptible():
        within = [signal.getsignal(number) for number in SIGNALS]
        assert finish(nothing()) == 7
        assert [signal.getsignal(number) for number in SIGNALS] == within != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.fixture
def handlers() -> Iterator[None]:
    """Restore the handlers of SIGNALS after the test."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, was in before.items():
        signal.signal(number, was)


@pytest.mark.usefixtures("handlers")
def test_a_signal_between_two_waits_raises() -> None:
    with pytest.raises(Interrupted) as caught, interruptible():
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.exit_code == 143
    assert {signal.getsignal(number) for number in SIGNALS} == {signal.SIG_IGN}


@pytest.mark.usefixtures("handlers")
def test_a_signal_in_the_last_moment_of_a_wait_raises() -> None:
    async def ending() -> None:
        signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted) as caught, interruptible():
        finish(ending())
    assert caught.value.exit_code == 143


@pytest.mark.usefixtures("handlers")
def test_after_the_first_no_signal_is_heard() -> None:
    """A second signal kills neither during the clean-up nor after it, when Python's own handlers would."""

    async def impatient() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(60)
        finally:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted) as caught, interruptible():
        finish(impatient())
    for number in SIGNALS:
        signal.raise_signal(number)
    assert caught.value.exit_code == 130
