"""Progress on stderr during a render: a bar, plain lines, NDJSON, or only warnings and errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

import typer

from compiler.cli.interrupts import Interrupted
from compiler.errors import Notice, ReelError, ReelErrors
from compiler.supervise.films.progress import Progress

PLAIN_EVERY, EVENTS_EVERY = 3.0, 0.25
"""Seconds between two plain lines, and between two events, within one stage."""

VERIFYING = 0.02
"""The fraction of a render's time that verifying takes, roughly."""


class Mode(StrEnum):
    """How progress is printed."""

    auto = "auto"
    bar = "bar"
    plain = "plain"
    json = "json"
    none = "none"


@dataclass(frozen=True, slots=True)
class Meter:
    """The functions to call with every progress, and with every warning."""

    progress: Callable[[Progress], None]
    warn: Callable[[Notice], None]


@contextmanager
def meter(mode: Mode) -> Iterator[Meter]:
    """The meter of a mode; `auto` is a bar on a terminal and plain lines elsewhere.

    The `json` meter also prints the error or interrupt that ends the render, and turns it into SystemExit.
    """
    if mode is Mode.auto:
        mode = Mode.bar if sys.stderr and sys.stderr.isatty() else Mode.plain  # it may be closed, and then is None
    match mode:
        case Mode.bar:
            with _bar() as report:
                yield Meter(report, _warn)
        case Mode.plain:
            yield Meter(_plain(), _warn)
        case Mode.json:
            with _events() as meter:
                yield meter
        case _:
            yield Meter(lambda _: None, _warn)


def overall(progress: Progress) -> float:
    """The fraction of the render that is done, from 0 to 1; 1 only once the film has its final name."""
    match progress.stage:
        case "queued":
            return 0.0
        case "complete":
            return 1.0
        case _:
            return progress.fraction * (1 - VERIFYING)


def _warn(notice: Notice) -> None:
    typer.echo(f"warning: {notice}", err=True)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console  # not needed without a terminal, and slow to load
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description:9}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[numbers]}"),
    )
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=1.0, numbers="")

    def report(progress: Progress) -> None:
        bar.update(task, completed=overall(progress), description=progress.stage, numbers=_numbers(progress))
        bar.start()  # only once there is progress, so that an error in the reel appears without a bar

    try:
        yield report
    finally:
        bar.stop()


def _plain() -> Callable[[Progress], None]:
    due = _paced(PLAIN_EVERY)

    def report(progress: Progress) -> None:
        if due(progress):
            typer.echo(f"{progress.stage}: {overall(progress):4.0%}  {_numbers(progress)}", err=True)

    return report


@contextmanager
def _events() -> Iterator[Meter]:
    """One object a line, with the members of the WebSocket's messages; a warning is an object of another type."""
    due, last, seq = _paced(EVENTS_EVERY), Progress("queued", 0, 0, 0.0), 0

    def say(**members: object) -> None:
        nonlocal seq
        seq += 1
        typer.echo(json.dumps(as_json(last, seq) | members), err=True)

    def report(progress: Progress) -> None:
        nonlocal last
        last = progress
        if due(progress):
            say()

    try:
        yield Meter(report, lambda notice: typer.echo(json.dumps(_warning(notice)), err=True))
    except (ReelError, ReelErrors) as error:
        say(state="error", done=True, message=str(error).splitlines()[0], error=_fault(error))
        raise SystemExit(error.exit_code) from error
    except Interrupted as end:
        say(state="cancelled", done=True, message="interrupted")
        raise SystemExit(end.exit_code) from end


def _paced(every: float) -> Callable[[Progress], bool]:
    """A test of whether a progress is due: at a new stage, and otherwise every `every` seconds."""
    stage, last = "", 0.0

    def due(progress: Progress) -> bool:
        nonlocal stage, last
        if progress.stage == stage and monotonic() - last < every:
            return False
        stage, last = progress.stage, monotonic()
        return True

    return due


def as_json(progress: Progress, seq: int) -> dict[str, object]:
    """A progress event; `eta_s` is null while it would be a guess."""
    done = progress.stage == "complete"
    return {
        "type": "progress",
        "seq": seq,
        "state": {"queued": "queued", "complete": "complete"}.get(progress.stage, "running"),
        "stage": progress.stage,
        "progress": round(overall(progress), 4),
        "frame": progress.frame,
        "frames": progress.frames,
        "fps": None if progress.fps is None else round(progress.fps, 2),
        "speed": progress.speed,
        "eta_s": None if progress.eta is None else round(progress.eta, 1),
        "message": _numbers(progress),
        "done": done,
        "error": None,
    }


def _warning(notice: Notice) -> dict[str, object]:
    return {
        "type": "warning",
        "clip_id": notice.loc.clip,
        "pointer": notice.loc.pointer or None,
        "message": notice.message,
    }


def _fault(error: ReelError | ReelErrors) -> dict[str, object]:
    """The first error's members, and all of them under `errors`, as the HTTP API has it."""
    errors = [one.fields() for one in (error.errors if isinstance(error, ReelErrors) else (error,))]
    return {**errors[0], "errors": errors}


def _numbers(progress: Progress) -> str:
    parts = [progress.counted]
    if progress.fps is not None:
        parts.append(f"{progress.fps:.1f} fps")
    parts.append(f"{clock(progress.elapsed)} elapsed")
    if progress.eta is not None:
        parts.append(f"{clock(progress.eta)} left")
    return "  ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds: 1:05."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
