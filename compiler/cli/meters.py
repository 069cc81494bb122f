"""Progress as people and programs read it: a bar, plain lines, NDJSON, or nothing. All of it on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from compiler.supervise.progress import Progress

PLAIN_EVERY = 3.0
"""Seconds between two plain lines."""

Report = Callable[[Progress], None]


class Mode(StrEnum):
    """How progress is shown."""

    auto = "auto"
    bar = "bar"
    plain = "plain"
    json = "json"
    none = "none"


@contextmanager
def meter(mode: Mode) -> Iterator[Report]:
    """What to call with every progress; `auto` is a bar on a terminal and plain lines elsewhere."""
    if mode is Mode.auto:
        mode = Mode.bar if sys.stderr.isatty() else Mode.plain
    match mode:
        case Mode.bar:
            with _bar() as report:
                yield report
        case Mode.plain:
            yield _plain()
        case Mode.json:
            yield _ndjson()
        case _:
            yield lambda _: None


@contextmanager
def _bar() -> Iterator[Report]:
    columns = (
        TextColumn("{task.description:9}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[numbers]}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=False) as bar:
        task = bar.add_task("starting", total=1.0, numbers="")

        def report(progress: Progress) -> None:
            bar.update(task, completed=progress.fraction, description=progress.stage, numbers=_numbers(progress))

        yield report


def _plain() -> Report:
    last: tuple[str, float] = ("", 0.0)

    def report(progress: Progress) -> None:
        nonlocal last
        stage, said = last
        if progress.stage != stage or monotonic() - said >= PLAIN_EVERY:
            last = progress.stage, monotonic()
            print(f"{progress.stage}: {progress.fraction:4.0%}  {_numbers(progress)}", file=sys.stderr, flush=True)

    return report


def _ndjson() -> Report:
    """One object a line, in the schema of the WebSocket."""
    seq = 0

    def report(progress: Progress) -> None:
        nonlocal seq
        seq += 1
        print(json.dumps(as_json(progress, seq)), file=sys.stderr, flush=True)

    return report


def as_json(progress: Progress, seq: int) -> dict[str, object]:
    """A progress event; `eta_s` is null while it would be a guess."""
    done = progress.stage == "complete"
    return {
        "type": "progress",
        "seq": seq,
        "state": "complete" if done else "running",
        "stage": progress.stage,
        "progress": round(progress.fraction, 4),
        "frame": progress.frame,
        "frames": progress.frames,
        "fps": None if progress.fps is None else round(progress.fps, 2),
        "speed": progress.speed,
        "eta_s": None if progress.eta is None else round(progress.eta, 1),
        "message": f"frame {progress.frame} of {progress.frames}",
        "done": done,
        "error": None,
    }


def _numbers(progress: Progress) -> str:
    parts = [f"frame {progress.frame}/{progress.frames}"]
    if progress.fps is not None:
        parts.append(f"{progress.fps:.1f} fps")
    parts.append(f"{_clock(progress.elapsed)} elapsed")
    if progress.eta is not None:
        parts.append(f"{_clock(progress.eta)} left")
    return "  ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
