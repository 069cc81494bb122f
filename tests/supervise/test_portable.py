"""Units that any machine can make: plain JSON without paths, refused where their bytes would differ."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from compiler.errors import Loc, ReelError
from compiler.supervise.films.portable import FETCHES, Farm, Terms, is_portable, made_and_fetched, run_within, unit_of
from compiler.supervise.films.progress import ProgressMeter
from compiler.supervise.films.run_unit import Inputs, Machine, run_unit
from compiler.supervise.films.step import RenderStep
from compiler.supervise.films.unit import FFMPEG, VERSION, Input, MadeBy, PortableUnit, UnitEvent, UnitResult
from compiler.supervise.films.verdict import Origins
from compiler.supervise.films.window import UnitWindow

MINE = MadeBy("code", "ffmpeg", "processor", "decoder")
GAME, ODD = "/films/game.mp4", "/films/odd.gif"


class Shelf:
    """A depot whose keys are numbers, and from which what was made is gone until it is fetched for the n-th time."""

    def __init__(self, there_at: int = 1) -> None:
        self.there_at, self.fetches = there_at, 0

    async def input_of(self, path: str, *, read: bool) -> Input:
        return Input(f"media/{len(path)}", Path(path).name, 1, "etag", "sha256", read)

    def output(self, key: str) -> str:
        return f"units/{key}"

    async def fetch(self, result: UnitResult, target: Path) -> bool:
        self.fetches += 1
        return self.fetches == self.there_at

    async def forget(self, keys: Sequence[str]) -> None:
        """Nothing is there."""


class Always:
    """An executor that makes every unit at once."""

    async def run(self, unit: PortableUnit, on_event: Callable[[UnitEvent], None]) -> UnitResult:
        return UnitResult(unit.key, "units/key", 1, "sha256", complete=True)


class Never:
    """An executor whose machines never come."""

    async def run(self, unit: PortableUnit, on_event: Callable[[UnitEvent], None]) -> UnitResult:
        await asyncio.get_running_loop().create_future()
        raise AssertionError


def step() -> RenderStep:
    """A step that reads two files, one of them through a reader of reelc."""
    return RenderStep(
        lambda folder, _: [
            "/bin/ffmpeg",
            "-i",
            f"file:{GAME}",
            "-i",
            "file:v2.nut",
            f"file:{folder / 'unit.mp4'}",
        ],
        {"script": "[0:0]crop@dunk.crop=320:320,null@moves[v]"},
        20,
        Origins(
            {"dunk.crop": Loc("dunk", "/clips/0/crop_data"), "far": Loc("far", "/clips/9")},
            (Loc("dunk"), Loc("moves")),
            {GAME: Loc("dunk", "/clips/0/media"), ODD: Loc("moves", "/clips/1/media")},
        ),
        made="unit.mp4",
        feeds={"v2.nut": json.dumps({"path": ODD, "kind": "video"})},
        reads=[GAME],
        independent=True,
        memory=300,
        weight=2.5,
    )


def written(made_by: MadeBy | None = MINE) -> PortableUnit:
    farm = Farm(Never(), Shelf(), made_by=made_by, owner="ann", priority=10)  # type: ignore[arg-type]
    meter = ProgressMeter(60, 0.0)
    meter.before = 20
    return asyncio.run(unit_of(step(), "step-1", "k" * 64, meter, Terms(60, Fraction(30), 60, None, farm), None))


def test_a_unit_is_plain_json_without_a_path_of_its_machine() -> None:
    made = written()
    text = json.dumps(made.as_json())
    assert not {word for word in ("/films", "/bin") if word in text}
    read = PortableUnit.of(json.loads(text))
    assert json.dumps(read.as_json()) == text
    assert read.argv[0] == FFMPEG
    assert [(each.name, each.read) for each in read.inputs] == [("game.mp4", True), ("odd.gif", False)]


def test_the_meter_of_a_unit_counts_as_that_of_the_film_does() -> None:
    """From the film's frames before it; only then is the unit known to be complete."""
    meter = written().meter(0.0)
    assert [progress.frame for progress in meter.feed(b"frame=19\nprogress=continue\n", 1.0)] == [39]
    assert not written().complete(meter)
    assert [progress.frame for progress in meter.feed(b"frame=20\nprogress=end\n", 2.0)] == [40]
    assert written().complete(meter)


def test_a_unit_has_the_origins_of_what_is_in_it() -> None:
    told = written().origins
    assert told.filters == {"dunk.crop": ("dunk", "/clips/0/crop_data")}
    assert told.paths == {"0": ("dunk", "/clips/0/media"), "1": ("moves", "/clips/1/media")}


def test_a_document_of_another_version_is_refused() -> None:
    with pytest.raises(ReelError) as caught:
        PortableUnit.of(written().as_json() | {"version": VERSION + 1})
    assert caught.value.code == "RC802"


@pytest.mark.parametrize(
    "unit", [written(replace(MINE, ffmpeg="other")), written(None), replace(written(), version=VERSION + 1)]
)
def test_a_machine_makes_only_units_whose_bytes_it_would_make(unit: PortableUnit) -> None:
    machine = Machine(None, "ffmpeg", None, lambda: MINE)  # type: ignore[arg-type]
    with pytest.raises(ReelError) as caught:
        asyncio.run(run_unit(unit, machine, lambda _: None))
    assert caught.value.code == "RC802"


class Bare:
    """A store without media, which publishes nothing."""

    async def find(self, unit: PortableUnit) -> None:
        """There is nothing."""

    @asynccontextmanager
    async def inputs(self, unit: PortableUnit, folder: Path) -> AsyncIterator[Inputs]:
        yield Inputs([])

    async def publish(self, unit: PortableUnit, made: Path, complete: bool) -> UnitResult:
        raise AssertionError("a unit of another ffmpeg is published")


@pytest.mark.parametrize("after", ["another ffmpeg", None])
def test_a_unit_is_not_published_if_ffmpeg_was_replaced_while_it_was_made(
    after: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor if it is about to be: an update takes its files away first."""
    program = tmp_path / "ffmpeg"
    program.write_text("ffmpeg")

    async def making(*_: object) -> bool:
        program.write_text(after) if after else program.unlink()
        return True

    monkeypatch.setattr("compiler.supervise.films.run_unit._run", making)
    machine = Machine(
        Bare(), str(program), lambda _: nullcontext(tmp_path), lambda: replace(MINE, ffmpeg=program.read_text())
    )
    with pytest.raises(ReelError) as caught:
        asyncio.run(run_unit(written(), machine, lambda _: None))
    assert (caught.value.code, caught.value.detail) == ("RC802", "differs: ffmpeg")


def test_a_unit_that_no_machine_makes_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compiler.supervise.films.portable.LATE", 0)
    late = replace(written(), deadline=1.0, elapsed=2.0)
    with pytest.raises(ReelError) as caught:
        asyncio.run(run_within(Never(), late, lambda _: None))  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.detail) == ("RC609", "a unit was waiting for a worker")


@pytest.mark.parametrize("there_at", [1, 2, FETCHES])
def test_what_is_gone_before_it_is_fetched_is_made_again(tmp_path: Path, there_at: int) -> None:
    farm = Farm(Always(), Shelf(there_at))  # type: ignore[arg-type]
    assert asyncio.run(made_and_fetched(farm, written(), tmp_path, lambda _: None)).complete


def test_what_is_gone_again_and_again_is_given_up(tmp_path: Path) -> None:
    farm = Farm(Always(), Shelf(FETCHES + 1))  # type: ignore[arg-type]
    with pytest.raises(ReelError) as caught:
        asyncio.run(made_and_fetched(farm, written(), tmp_path, lambda _: None))
    assert caught.value.code == "RC803"


def test_only_what_needs_nothing_of_other_steps_is_portable() -> None:
    assert is_portable(step(), alone=False)
    assert not is_portable(replace(step(), independent=False), alone=False)
    assert is_portable(replace(step(), independent=False), alone=True)
    assert not is_portable(replace(step(), files={"gain": lambda _: "1"}), alone=True)


def test_the_next_unit_is_of_the_highest_priority_then_of_the_user_who_waits_longest() -> None:
    order, any_unit = list[str](), written()

    async def whole() -> None:
        window = UnitWindow(1)

        async def run(name: str, priority: int = 0) -> None:
            async with window.turn(replace(any_unit, owner=name[0], priority=priority)):
                order.append(name)
                await asyncio.sleep(0)

        waiting = [asyncio.create_task(run(name)) for name in ("a1", "a2", "a3", "b1", "b2")]
        waiting.append(asyncio.create_task(run("c1", priority=20)))
        gone = asyncio.create_task(run("gone", priority=30))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(*waiting)
        assert window.running == 0

    asyncio.run(whole())
    assert order == ["a1", "c1", "b1", "a2", "b2", "a3"]


def test_a_window_that_grows_lets_more_run() -> None:
    any_unit = written()

    async def whole() -> None:
        window, inside = UnitWindow(1), asyncio.Semaphore(0)

        async def run() -> None:
            async with window.turn(any_unit):
                await inside.acquire()

        tasks = [asyncio.create_task(run()) for _ in range(3)]
        await asyncio.sleep(0)
        assert window.running == 1
        window.resize(2)
        assert window.running == 2
        for _ in tasks:
            inside.release()
        await asyncio.gather(*tasks)

    asyncio.run(whole())
