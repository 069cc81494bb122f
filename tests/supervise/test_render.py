from __future__ import annotations

import asyncio
import hashlib
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from compiler.errors import Loc, ReelError
from compiler.ir.build import Build
from compiler.supervise.films.progress import Progress
from compiler.supervise.films.render import Film, render
from compiler.supervise.films.side_by_side import Side
from compiler.supervise.films.step import RenderStep
from compiler.supervise.films.verdict import OUT_OF_MEMORY, UNKNOWN, Origins
from compiler.supervise.films.verify import Expected
from compiler.supervise.probe import probe
from tests.supervise.conftest import Made
from tests.supervise.test_sandbox import alive, wait_for

SCRIPT = "testsrc2=s=64x64:r=30:d=2,crop@dunk.crop=32:32[v];sine=r=48000:d=2[a]"
EXPECTED = Expected(frames=60, fps=Fraction(30), size=(32, 32), samples=96000)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary folders, only for this test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """The path of a film, alone in its folder."""
    (tmp_path / "films").mkdir()
    return tmp_path / "films" / "my film.mp4"


def commanded(build: Build, *extra: str) -> Callable[[Path, Path], list[str]]:
    def command(folder: Path, part: Path) -> list[str]:
        return [
            *(build.path, "-nostdin", "-y", "-v", "error", "-xerror", "-progress", "pipe:1", "-stats_period", "0.1"),
            *(
                build.script_option,
                str(folder / "script"),
                "-map",
                "[v]",
                "-map",
                "[a]",
                "-c:v",
                "libx264",
                "-pix_fmt",
                "yuv420p",
            ),
            *("-c:a", "aac", *extra, "-f", "mp4", f"file:{part}"),
        ]

    return command


def stood_in(program: str) -> Callable[[Path, Path], list[str]]:
    return lambda folder, part: [sys.executable, "-I", "-c", program, str(folder), str(part)]


def step(command: Callable[[Path, Path], list[str]], script: str = SCRIPT, origins: Origins = UNKNOWN) -> RenderStep:
    return RenderStep(command, {"script": script}, 60, origins)


def failure(
    command: Callable[[Path, Path], list[str]],
    output: Path,
    script: str = SCRIPT,
    origins: Origins = UNKNOWN,
    **options: Any,
) -> ReelError:
    with pytest.raises(ReelError) as caught:
        asyncio.run(render([step(command, script, origins)], output, EXPECTED, **options))
    return caught.value


def test_a_film_is_rendered_verified_and_put_in_place(any_build: Build, output: Path, temporary: Path) -> None:
    seen: list[Progress] = []
    film = asyncio.run(render([step(commanded(any_build))], output, EXPECTED, on_progress=seen.append))
    content = output.read_bytes()
    assert film == Film(output, 60, Fraction(2), len(content), hashlib.sha256(content).hexdigest())
    assert probe(output).video.frames == 60
    assert [path.name for path in output.parent.iterdir()] == ["my film.mp4"]
    assert not list(temporary.iterdir())
    assert [progress.frame for progress in seen][-1] == 60
    assert (seen[0].stage, seen[-1].stage) == ("rendering", "verifying")
    assert [progress.fraction for progress in seen] == sorted(progress.fraction for progress in seen)


def test_a_film_that_differs_is_not_published(build: Build, output: Path, temporary: Path) -> None:
    error = failure(commanded(build), output, SCRIPT.replace("r=30:d=2", "r=30:d=1.95"))
    assert (error.code, error.detail) == ("RC610", "frames: got 59, predicted 60")
    assert error.__cause__ is not error  # else who follows the causes never ends
    assert not list(output.parent.iterdir())
    assert not list(temporary.iterdir())


@pytest.mark.usefixtures("unconfined")
@pytest.mark.parametrize("program", ["", "import sys; open(sys.argv[2], 'w').close()"], ids=["no file", "empty file"])
def test_to_end_well_is_not_to_have_made_a_film(output: Path, program: str) -> None:
    assert failure(stood_in(program), output).code == "RC610"
    assert not list(output.parent.iterdir())


def test_a_failure_leaves_the_old_film_as_it_was(build: Build, output: Path, temporary: Path) -> None:
    output.write_text("old")
    origins = Origins({"dunk.crop": Loc("dunk", "/clips/0/crop_data")})
    wrong = SCRIPT.replace("32:32", "320:320")
    error = failure(commanded(build), output, wrong, origins=origins, overwrite=True)
    assert (error.code, error.loc) == ("RC607", Loc("dunk", "/clips/0/crop_data"))
    assert output.read_text() == "old"
    assert [path.name for path in output.parent.iterdir()] == ["my film.mp4"]
    assert not list(temporary.iterdir())


@pytest.mark.usefixtures("unconfined")
def test_jobs_share_a_folder_and_are_told_as_one(made: Made, output: Path) -> None:
    """The second job finds the first one's files, and frames are counted on."""
    block = "print('frame={}\\nprogress=end', flush=True)"
    blocks = f"import sys, shutil, pathlib; {block}; folder = pathlib.Path(sys.argv[1])\n"
    first = blocks.format(20) + "(folder / 'half').write_text('x'); assert (folder / 'script').read_text() == 'one'"
    second = blocks.format(40) + "assert (folder / 'half').exists() and (folder / 'script').read_text() == 'two'"
    last = blocks.format(60) + f"shutil.copy({str(made('plain.mp4'))!r}, sys.argv[2])"
    seen: list[Progress] = []
    steps = [
        RenderStep(stood_in(first), {"script": "one"}, 20),
        RenderStep(stood_in(second), {"script": "two"}, 40),
        RenderStep(stood_in(last), {}, 0),
    ]
    expected = Expected(frames=60, fps=Fraction(30), size=(64, 64), samples=96000)
    asyncio.run(render(steps, output, expected, on_progress=seen.append))
    assert list(dict.fromkeys(progress.frame for progress in seen)) == [20, 60]
    assert [path.name for path in output.parent.iterdir()] == ["my film.mp4"]


@pytest.mark.usefixtures("unconfined")
def test_a_job_that_fails_is_the_last(made: Made, output: Path, tmp_path: Path) -> None:
    origins = Origins({"dunk.crop": Loc("dunk", "/clips/0/crop_data")})
    fails = "import sys; print('crop@dunk.crop failed', file=sys.stderr); sys.exit(1)"
    steps = [
        RenderStep(stood_in(""), {}, 20),
        RenderStep(stood_in(fails), {}, 40, origins),
        RenderStep(stood_in(f"open({str(tmp_path / 'ran')!r}, 'w')"), {}, 0),
    ]
    with pytest.raises(ReelError) as caught:
        asyncio.run(render(steps, output, EXPECTED))
    assert (caught.value.code, caught.value.loc) == ("RC607", Loc("dunk", "/clips/0/crop_data"))
    assert not list(output.parent.iterdir())
    assert not (tmp_path / "ran").exists()


def beside(program: str, name: str) -> RenderStep:
    """A step that notes its process and makes a file of its name beside others."""
    noted = f"import os, pathlib, sys, time; own = pathlib.Path(sys.argv[1]); (own / {name!r}).write_text('made')\n"
    noted += f"own.parents[1].joinpath({name!r} + '.pid').write_text(str(os.getpid()))\n"
    return RenderStep(stood_in(noted + program), {"script": name}, 20, made=name, independent=True)


def pids(output: Path) -> list[int]:
    """The processes that steps have noted, once there are three."""
    return [int(wait_for(output.parent / f"{name}.pid")) for name in ("one", "two", "three")]


@pytest.mark.usefixtures("unconfined")
@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_steps_beside_others_have_folders_of_their_own_and_what_they_make_is_joined(
    made: Made, output: Path, jobs: int
) -> None:
    check = "assert (own / 'script').read_text() == {0!r}; assert len(list(own.iterdir())) == 2"
    last = f"import shutil, sys; shutil.copy({str(made('plain.mp4'))!r}, sys.argv[2])\n"
    last += "import pathlib; here = pathlib.Path(sys.argv[1]); assert (here / 'one').exists(); (here / 'two').stat()"
    steps = [beside(check.format(name), name) for name in ("one", "two", "three")]
    expected = Expected(frames=60, fps=Fraction(30), size=(64, 64), samples=96000)
    film = asyncio.run(render([*steps, RenderStep(stood_in(last), {}, 0)], output, expected, side=Side(jobs, 1 << 40)))
    assert film.frames == 60
    assert len(set(pids(output))) == 3


@pytest.mark.usefixtures("unconfined")
def test_a_step_that_ends_well_and_makes_nothing_is_no_film(output: Path) -> None:
    steps = [beside("(own / 'one').unlink()", "one"), RenderStep(stood_in(""), {}, 0)]
    with pytest.raises(ReelError, match="wrote no film") as caught:
        asyncio.run(render(steps, output, EXPECTED))
    assert caught.value.code == "RC610"


@pytest.mark.usefixtures("unconfined")
def test_the_failure_of_one_stops_those_after_it_and_leaves_nothing(output: Path, tmp_path: Path) -> None:
    slow = f"while not pathlib.Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.01)\n"
    third = f"noted = pathlib.Path({str(output.parent / 'three.pid')!r})\n"
    third += "while not (noted.exists() and noted.read_text()): time.sleep(0.01)\n"
    fails = "print('the {} failed', file=sys.stderr); sys.exit(1)"
    steps = [
        beside(slow + fails.format("first"), "one"),
        beside(third + fails.format("second"), "two"),
        beside("time.sleep(600)", "three"),
    ]

    async def scenario() -> None:
        task = asyncio.ensure_future(render(steps, output, EXPECTED, side=Side(3, 1 << 40)))
        first, _, third = await asyncio.to_thread(pids, output)
        async with asyncio.timeout(60):
            while alive(third):
                await asyncio.sleep(0.01)
        assert alive(first)
        (tmp_path / "go").touch()
        await task

    with pytest.raises(ReelError, match="ffmpeg failed") as caught:
        asyncio.run(scenario())
    assert "the first failed" in caught.value.detail
    assert {path.suffix for path in output.parent.iterdir()} == {".pid"}


@pytest.mark.usefixtures("unconfined")
def test_a_cancel_stops_all_that_run(output: Path) -> None:
    steps = [beside("time.sleep(600)", name) for name in ("one", "two", "three")]
    found: list[int] = []

    async def scenario() -> None:
        task = asyncio.ensure_future(render(steps, output, EXPECTED, side=Side(3, 1 << 40)))
        found.extend(await asyncio.to_thread(pids, output))
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())
    assert not any(map(alive, found))
    assert {path.suffix for path in output.parent.iterdir()} == {".pid"}


@pytest.mark.usefixtures("unconfined")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_step_without_enough_memory_beside_others_is_made_again_alone(
    made: Made, output: Path, tmp_path: Path, jobs: int
) -> None:
    program = f"""
tried = pathlib.Path({str(tmp_path / "tried")!r})
if not tried.exists():
    tried.touch()
    sys.exit("Cannot allocate memory")
"""
    last = f"import shutil, sys; shutil.copy({str(made('plain.mp4'))!r}, sys.argv[2])"
    steps = [beside("", "one"), beside(program, "two"), beside("", "three"), RenderStep(stood_in(last), {}, 0)]
    expected = Expected(frames=60, fps=Fraction(30), size=(64, 64), samples=96000)
    rendering = render(steps, output, expected, side=Side(jobs, 1 << 40))
    if jobs > 1:
        assert asyncio.run(rendering).frames == 60
    else:
        with pytest.raises(ReelError, match=OUT_OF_MEMORY):
            asyncio.run(rendering)


@pytest.mark.usefixtures("unconfined")
def test_a_place_that_is_taken_is_known_before_anything_runs(output: Path, tmp_path: Path) -> None:
    output.write_text("old")
    assert failure(stood_in(f"open({str(tmp_path / 'ran')!r}, 'w')"), output).code == "RC613"
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("unconfined")
def test_a_film_that_appears_meanwhile_is_not_lost(made: Made, output: Path) -> None:
    copy = f"import shutil, sys; shutil.copy({str(made('plain.mp4'))!r}, sys.argv[2])"
    program = f"{copy}; open({str(output)!r}, 'w').write('other')"
    expected = Expected(frames=60, fps=Fraction(30), size=(64, 64), samples=96000)
    with pytest.raises(ReelError) as caught:
        asyncio.run(render([step(stood_in(program))], output, expected))
    assert caught.value.code == "RC613"
    assert output.read_text() == "other"
    assert [path.name for path in output.parent.iterdir()] == ["my film.mp4"]


@pytest.mark.further
@pytest.mark.usefixtures("unconfined")
def test_a_cancel_leaves_nothing(build: Build, output: Path, temporary: Path, tmp_path: Path) -> None:
    endless = "testsrc2=s=64x64:r=30,realtime[v];sine=r=48000[a]"
    note = tmp_path / "pid"
    ffmpeg = commanded(build)

    def command(folder: Path, part: Path) -> list[str]:
        return ["sh", "-c", f'echo $$ > "{note}"; exec "$@"', "sh", *ffmpeg(folder, part)]

    async def scenario() -> None:
        rendering = asyncio.Event()
        task = asyncio.ensure_future(
            render(
                [step(command, endless)],
                output,
                EXPECTED,
                on_progress=lambda now: rendering.set() if now.frame else None,
            )
        )
        await rendering.wait()
        assert list(output.parent.glob(".*.part"))
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())
    assert not alive(int(wait_for(note)))
    assert not list(output.parent.iterdir())
    assert not list(temporary.iterdir())


@pytest.mark.usefixtures("unconfined")
def test_names_as_long_as_they_may_be(made: Made, tmp_path: Path) -> None:
    output = tmp_path / ("a" * 251 + ".mp4")
    program = f"import shutil, sys; shutil.copy({str(made('plain.mp4'))!r}, sys.argv[2])"
    expected = Expected(frames=60, fps=Fraction(30), size=(64, 64), samples=96000)
    assert asyncio.run(render([step(stood_in(program))], output, expected)).path == output
