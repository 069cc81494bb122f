from __future__ import annotations

import asyncio
import os
import sys
import textwrap
from fractions import Fraction
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from compiler.emit.argv import run_of, words
from compiler.emit.colour import filters
from compiler.emit.encoders import Encoding, video
from compiler.errors import ReelError
from compiler.ir import ops
from compiler.ir.build import Build
from compiler.ir.infer import CANVAS
from compiler.ir.ops import Value
from compiler.profiles import PROFILES
from compiler.supervise.children.ends import Ends
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films.progress import Progress, ProgressMeter
from compiler.supervise.films.run import run, watch
from tests.supervise.conftest import python_reach
from tests.supervise.test_sandbox import EVER_LATER, alive, wait_for


@pytest.fixture
def stand_in(tmp_path: Path) -> Any:
    """A program in ffmpeg's place; it leaves its id in `pid`, and `said(path, text)` writes a note."""

    def make(body: str) -> list[str]:
        prelude = f"""
            import os, signal, sys, time
            def block(frame, word="continue"):
                print(f"frame={{frame}}\\nspeed=1x\\nprogress={{word}}", flush=True)
            def note(name, text):
                with open({str(tmp_path)!r} + "/" + name, "a") as file:
                    file.write(text)
            note("pid", str(os.getpid()))
            """
        return [sys.executable, "-I", "-c", textwrap.dedent(prelude) + textwrap.dedent(body)]

    return make


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    """The reach of a stand-in."""
    return python_reach(tmp_path)


def failed(command: list[str], reach: Reach, **options: Any) -> ReelError:
    with pytest.raises(ReelError) as caught:
        asyncio.run(run(command, ProgressMeter(10, monotonic()), reach=reach, on_progress=lambda _: None, **options))
    return caught.value


def test_progress_is_told_as_it_comes(stand_in: Any, reach: Reach) -> None:
    seen: list[Progress] = []
    command = stand_in("block(0); block(5); block(10, 'end')")
    asyncio.run(run(command, ProgressMeter(10, monotonic(), "chunk 1"), reach=reach, on_progress=seen.append))
    assert [(progress.frame, progress.fraction, progress.stage) for progress in seen] == [
        (0, 0.0, "chunk 1"),
        (5, 0.5, "chunk 1"),
        (10, 1.0, "chunk 1"),
    ]


def test_what_others_made_before_counts(stand_in: Any, reach: Reach) -> None:
    seen: list[Progress] = []
    meter = ProgressMeter(10, monotonic())

    async def scenario() -> None:
        await run(stand_in("block(0); block(4, 'end')"), meter, reach=reach, on_progress=seen.append)
        meter.before += 4
        await run(stand_in("block(0); block(6, 'end')"), meter, reach=reach, on_progress=seen.append)
        meter.before = 0  # the last job copies finished parts
        await run(stand_in("block(0); block(9, 'end')"), meter, reach=reach, on_progress=seen.append)

    asyncio.run(scenario())
    assert [progress.frame for progress in seen] == [0, 4, 4, 10, 10, 10]


@pytest.mark.further
def test_the_same_frame_again_and_again_is_a_stall(stand_in: Any, tmp_path: Path, reach: Reach) -> None:
    for stall_after in EVER_LATER:
        error = failed(stand_in("while True: block(7); time.sleep(0.05)"), reach, stall_after=stall_after)
        assert error.code == "RC608"
        if error.detail != "at frame 0 of 10":
            break
    assert error.detail == "at frame 7 of 10"
    assert not alive(int(wait_for(tmp_path / "pid")))


def test_silence_before_the_first_frame_is_a_stall(stand_in: Any, reach: Reach) -> None:
    error = failed(stand_in("time.sleep(600)"), reach, stall_after=0.5)
    assert (error.code, error.detail) == ("RC608", "at frame 0 of 10")


def test_a_held_picture_is_progress_although_one_packet_is_made_of_it(any_build: Build, tmp_path: Path) -> None:
    graph = ",".join(["color=s=16x16:r=25:d=1,format=yuv420p", *filters(ops.Rgb(Value("x"), "bgra"), CANVAS, "film")])
    profile = PROFILES["webp"]
    encoding = video(Encoding(Fraction(25), None, None, "", sound=False, profile=profile), any_build)
    output = ["-f", profile.muxer, f"file:{tmp_path / 'film'}"]
    meter = ProgressMeter(25, monotonic())
    command = [*words(run_of(any_build)), "-filter_complex", graph, *encoding, *output]
    asyncio.run(run(command, meter, reach=Reach([any_build.path], [], [tmp_path]), on_progress=lambda _: None))
    assert meter.frame == 25


async def watched(frame: int, advanced: float) -> None:
    """A render of 10 frames that began a minute ago, made its last one `advanced` seconds ago, and ends in a second."""
    meter = ProgressMeter(10, started=monotonic() - 60)
    meter.frame, meter.advanced = frame, monotonic() - advanced
    ending: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(1, ending.set_result, 0)
    await watch(ending, meter, stall_after=50, deadline=None)


@pytest.mark.further
def test_after_the_last_frame_there_is_time_to_finish_the_file() -> None:
    asyncio.run(watched(frame=10, advanced=60))
    with pytest.raises(ReelError) as caught:
        asyncio.run(watched(frame=9, advanced=60))
    assert caught.value.code == "RC608"


def test_a_long_render_that_goes_on_is_no_stall() -> None:
    asyncio.run(watched(frame=9, advanced=0))


def test_a_deadline_is_for_all_of_it(stand_in: Any, reach: Reach) -> None:
    body = "frame = 0\nwhile True: block(frame); frame += 1; time.sleep(0.05)"
    error = failed(stand_in(body), reach, deadline=0.8)
    assert error.code == "RC609"


@pytest.mark.parametrize(("asked", "expected"), [(ChildLimits(), 15), (ChildLimits(cpu=7), 7)])
def test_processor_time_is_bounded_by_the_deadline(
    stand_in: Any, tmp_path: Path, reach: Reach, monkeypatch: pytest.MonkeyPatch, asked: ChildLimits, expected: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    command = stand_in("import resource; note('cpu', str(resource.getrlimit(resource.RLIMIT_CPU)[0]))")
    meter = ProgressMeter(10, monotonic())
    asyncio.run(run(command, meter, reach=reach, on_progress=lambda _: None, deadline=4.7, limits=asked))
    assert (tmp_path / "cpu").read_text() == str(expected)


def test_a_cancel_kills_at_once_and_waits(stand_in: Any, tmp_path: Path, reach: Reach) -> None:
    body = """
        signal.signal(signal.SIGTERM, lambda *_: note("asked", "x"))
        note("ready", "x")
        while True: print("noise" * 10000, file=sys.stderr)
        """

    async def scenario() -> None:
        task = asyncio.ensure_future(
            run(stand_in(body), ProgressMeter(10, monotonic()), reach=reach, on_progress=lambda _: None)
        )
        await asyncio.to_thread(wait_for, tmp_path / "ready")
        for _ in range(3):  # an impatient user
            task.cancel()
            await asyncio.sleep(0)
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())
    assert not (tmp_path / "asked").exists()
    assert not alive(int(wait_for(tmp_path / "pid")))


def test_a_listener_that_fails_stops_the_render(stand_in: Any, tmp_path: Path, reach: Reach) -> None:
    def fail(_: Progress) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        asyncio.run(
            run(
                stand_in("while True: block(1); time.sleep(0.05)"),
                ProgressMeter(10, monotonic()),
                reach=reach,
                on_progress=fail,
            )
        )
    assert not alive(int(wait_for(tmp_path / "pid")))


@pytest.mark.further
def test_a_flood_of_errors_neither_blocks_nor_fills_memory(stand_in: Any, reach: Reach) -> None:
    body = """
        for line in ("first", "x" * (1 << 24), "last"):
            print(line, file=sys.stderr)
        sys.exit(3)
        """
    error = failed(stand_in(body), reach)
    assert error.code == "RC607"
    assert error.detail.startswith("first\n")
    assert error.detail.endswith("ffmpeg ended with exit code 3")
    assert len(error.detail) < 2000


def test_both_ends_of_what_was_said_are_kept() -> None:
    ends = Ends(most=4)
    for piece in (b"ab", b"cdef", b"gh", b"", b"ijklmnop"):
        ends.add(piece)
    assert ends.text() == "abcd\n[8 bytes left out]\nmnop"
    short = Ends(most=4)
    short.add(b"abcdef")
    assert short.text() == "abcdef"


def test_a_program_that_is_not_there(tmp_path: Path, reach: Reach) -> None:
    assert failed([str(tmp_path / "ffmpeg")], reach).code == "RC601"
