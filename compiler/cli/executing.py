"""What makes the units of a film that is rendered by a command: this machine, or others that other packages know of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from compiler.pipeline import Compiled
    from compiler.pipeline.identity import Content
    from compiler.supervise.films.portable import Farm

LOCAL = "local"

OpenFarm = Callable[["Compiled", "Content", str | None], AbstractAsyncContextManager["Farm"]]
"""Has a compiled reel's units made elsewhere inside the context, given the contents of files and a scheduler."""

FARMS: dict[str, OpenFarm] = {}
"""The executors that other packages add, by name."""

ExecutorName = Annotated[
    str,
    typer.Option(
        "--executor",
        metavar="NAME",
        help="What makes the film's units: local, or dask for the workers of a scheduler. The film is the same.",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="The scheduler of --executor dask; else REELC_SCHEDULER."),
]


def check_executor(name: str, scheduler: str | None, farms: Mapping[str, OpenFarm] = FARMS) -> None:
    """A usage error for an executor that nobody knows, or for a scheduler that the executor does not have."""
    if name != LOCAL and name not in farms:
        raise typer.BadParameter(f"{name!r} is no executor: give {' or '.join((LOCAL, *farms))}")
    if name == LOCAL and scheduler is not None:
        raise typer.BadParameter("the executor local has no scheduler: give --executor dask")


def farm_of(
    name: str, compiled: Compiled, content: Content, scheduler: str | None
) -> AbstractAsyncContextManager[Farm | None]:
    """What makes the units inside the context; None for this machine."""
    return nullcontext() if name == LOCAL else FARMS[name](compiled, content, scheduler)
