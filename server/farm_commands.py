"""`reelc worker`: makes units of films for other machines."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compiler.codes import UNREACHABLE
from server.commands import Data, load

if TYPE_CHECKING:
    from compiler.pipeline import Compiled
    from compiler.pipeline.identity import Content
    from compiler.supervise.films.portable import Farm
    from server.farm.scheduler import SchedulerAddress
    from server.settings import Settings

Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="The Dask scheduler, such as tls://farm.example:8786."),
]


def worker_command(
    scheduler: Scheduler = None,
    slots: Annotated[
        int | None, typer.Option("--slots", metavar="N", min=1, help="Units at once; without it one for each core.")
    ] = None,
    data: Data = None,
    scratch: Annotated[
        Path | None,
        typer.Option("--scratch", metavar="FOLDER", help="The folder of this machine for copies and unfinished units."),
    ] = None,
) -> None:
    """Make units of films for a Dask scheduler.

    A worker reads footage from the object store of the settings and puts units there, so that it needs the settings of
    the server. It ends with exit code 5 when the scheduler goes: have it started again always.

    \b
    Examples:
      reelc worker --scheduler tcp://127.0.0.1:8786 --data /srv/reels
      reelc worker --scheduler tls://farm.example:8786 --slots 4 --scratch /var/tmp/reelc
    """
    import asyncio

    from compiler.supervise.children.level import VARIABLE, confinement
    from compiler.supervise.ffmpeg import find_build
    from compiler.supervise.machine import processors
    from server.logs import set_up
    from server.privacy import close_memory, close_new_files

    settings = load(scheduler=scheduler, data=data)
    address = scheduler_of(settings)
    address.check()
    os.environ[VARIABLE] = settings.sandbox  # where every start of a child reads it
    confinement()
    from server.farm.worker import UnitMaker, name_of_worker, own_folder, work
    from server.web.services import make_store

    set_up(settings.log_level, settings.log_format)
    close_memory()
    close_new_files()
    with own_folder((scratch or settings.local / "workers").absolute()) as folder:
        maker = UnitMaker(settings, find_build().path, folder, slots or processors(), name_of_worker(), make_store)
        gone = asyncio.run(work(address, maker, lambda text: typer.echo(text, err=True)))
    if gone:
        typer.echo("the scheduler has gone", err=True)
        raise typer.Exit(UNREACHABLE)


@asynccontextmanager
async def dask_farm(compiled: Compiled, content: Content, scheduler: str | None) -> AsyncIterator[Farm]:
    """The workers of a Dask scheduler, for one reel of the command line; RC801 without workers, RC703 if the store
    fails."""
    from datetime import UTC, datetime, timedelta

    from compiler.film_identity import made_by
    from compiler.supervise.films.portable import Farm
    from server.farm.depot import FilesDepot, store_errors, sweep_farm
    from server.web.services import make_store

    settings = load(scheduler=scheduler)
    address = scheduler_of(settings)
    address.check()
    from server.farm.dask import Dask, no_workers
    from server.logs import logger

    logger.setLevel("CRITICAL")  # stderr has the progress
    store, executor = make_store(settings), Dask(address)
    try:
        with store_errors():
            await executor.start()
            if not (await executor.capacity()).slots:
                raise no_workers(address.address)
            await sweep_farm(store, datetime.now(UTC) - timedelta(seconds=settings.units_kept_for))
            depot = FilesDepot(store, compiled.media.values(), content)
            yield Farm(executor, depot, content, made_by(compiled.build, content))
    finally:
        await executor.aclose()
        await store.close()


def scheduler_of(settings: Settings) -> SchedulerAddress:
    """The scheduler of the settings; a usage error if there is none."""
    from server.farm.scheduler import scheduler_in

    if not settings.scheduler:
        raise typer.BadParameter("name the scheduler with --scheduler or REELC_SCHEDULER")
    return scheduler_in(settings)
