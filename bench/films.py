"""The costs of one film made by four rivals, relative to the expert's ffmpeg command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av

from bench.edit import Edit
from bench.footage import FOLDER, long_source
from bench.measure import Cost, cost_of, middle
from bench.rivals import alone, expert, naive
from compiler.cli.loading import load
from compiler.ir.build import Build
from compiler.supervise.films.side_by_side import usual_jobs

REELC = Path(sys.executable).with_name("reelc")
REFERENCE = "expert"
FRAMES = FOLDER / "frames.nut"
"""The film's raw frames and samples before encoding; several gigabytes, deleted at the end."""

Commands = dict[str, list[str]]


def films_table(build: Build, edit: Edit, rounds: int) -> Iterator[str]:
    """The table's lines, a row for every rival; the rivals run in turn, so that all meet the same load."""
    commands = _commands(build, edit)
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(cost_of(command))
    FRAMES.unlink()
    reference = middle(costs[REFERENCE])
    yield f"{edit.frames} frames of {edit.width}x{edit.height}, preset {edit.preset}, out of {edit.minutes} minutes;"
    yield f"median of {rounds}, ffmpeg {build.version}; ratios to the {REFERENCE}'s command."
    yield ""
    yield "| rival | wall | CPU | peak memory | film | frames |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name in commands:
        yield _row(name, middle(costs[name]), reference)
    yield from _forecast_table(middle(costs["reelc"]))


def _forecast_table(measured: Cost) -> Iterator[str]:
    """What reelc's plan forecast of its render beside what was measured; `reelc doctor --calibrate` fits the plan."""
    found = load(str(FOLDER / "reel.json")).plan.whole(usual_jobs())
    with av.open(str(_film("reelc"))) as film:
        size = film.size / 10**6
    rows = (
        ("wall s", found.wall, measured.wall),
        ("CPU s", found.cpu, measured.cpu),
        ("peak memory MiB", found.memory, measured.peak),
        ("film MB", found.size / 10**6, size),
    )
    yield ""
    yield "| reelc | forecast | measured | ratio |"
    yield "| --- | --- | --- | --- |"
    for name, forecast, real in rows:
        yield f"| {name} | {forecast:.1f} | {real:.1f} | {forecast / real:.2f} |"


def _commands(build: Build, edit: Edit) -> Commands:
    """The rivals' commands by name; all encode with the options of reelc's own command."""
    media = long_source(build.path, edit.minutes)
    reel, script = FOLDER / "reel.json", FOLDER / "filtergraph.txt"
    reel.write_text(json.dumps(edit.reel(media)), encoding="utf-8")
    compiled = load(str(reel))
    script.write_text(compiled.script, encoding="utf-8")
    command = compiled.command(str(script), "")
    split = command.index("-c:v")
    graph, encoder = command[:split], command[split:-1]
    raw = ("-c:v", "rawvideo", "-c:a", "pcm_s16le", "-f", "nut", str(FRAMES))
    subprocess.run([*graph, *raw], check=True, stdout=subprocess.DEVNULL)
    return {
        "reelc": render_command(reel, _film("reelc")),
        "expert": expert(build.path, edit, media, [*encoder, str(_film("expert"))]),
        "naive": naive(build.path, edit, media, [*encoder, str(_film("naive"))]),
        "encoder alone": alone(build.path, FRAMES, [*encoder, str(_film("encoder alone"))]),
    }


def render_command(reel: Path, film: Path) -> list[str]:
    """A user's command, without progress output."""
    return [str(REELC), "render", str(reel), "-o", str(film), "--overwrite", "--progress", "none", "--no-cache"]


def _film(name: str) -> Path:
    return FOLDER / f"{name.replace(' ', '-')}.mp4"


def _row(name: str, cost: Cost, reference: Cost) -> str:
    wall = f"{cost.wall / reference.wall:.2f} ({cost.wall:.1f} s)"
    cpu = f"{cost.cpu / reference.cpu:.2f} ({cost.cpu:.1f} s)"
    peak = f"{cost.peak / reference.peak:.2f} ({cost.peak:.0f} MiB)"
    with av.open(str(_film(name))) as film:
        size, frames = film.size / 10**6, film.streams.video[0].frames
    return f"| {name} | {wall} | {cpu} | {peak} | {size:.1f} MB | {frames} |"
