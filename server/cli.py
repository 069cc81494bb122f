"""`reelc serve`, `worker`, `user`, `scrub`, `downgrade`, `restore`, `backup` and `config`: the server's commands.

They are added to those of the compiler's command line. A command imports the server when it runs, so that
`reelc render` does not load it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compiler.cli import app, main
from compiler.cli.executing import FARMS
from compiler.cli.facts import FURTHER_CHECKS
from compiler.cli.help import Command
from compiler.cli.options import AsJson
from compiler.codes import MEDIA_UNREADABLE, STORAGE_UNFIT
from compiler.supervise.plain import plain
from server.commands import Data, Host, Port, check_known, load, with_store
from server.farm_commands import Scheduler, dask_farm, worker_command
from server.restore_commands import backup_command, restore_command
from server.user_commands import link, user_app

__all__ = ["main"]

if TYPE_CHECKING:
    from compiler.supervise.doctor import Row
    from server.accounts import Accounts
    from server.settings import Settings
    from server.storage.objects import ObjectStore

Executor = Annotated[
    str | None, typer.Option("--executor", metavar="NAME", help="What makes units of films: local or dask.")
]

FIRST_USER = "me"
"""The user whose sign-in link `reelc serve` prints; it is added if there is none at all."""

app.add_typer(user_app, name="user")


@app.command("serve", cls=Command)
def serve_command(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
) -> None:
    """Serve the API and the studio, and print a sign-in link.

    \b
    Examples:
      reelc serve
      reelc serve --port 8080 --data /srv/reels
      reelc serve --executor dask --scheduler tls://farm.example:8786
    """
    from server.process import serve

    try:
        settings = load(host=host, port=port, data=data, executor=executor, scheduler=scheduler)
        serve(settings, lambda settings: lambda accounts: print_link(accounts, settings))
    except OSError as error:
        raise typer.BadParameter(f"cannot serve there: {error.strerror}") from error


app.command("worker", cls=Command)(worker_command)


@app.command("config", cls=Command)
def config_command(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say where each value is from, and what it means.")
    ] = False,
) -> None:
    """Print the settings of `reelc serve`, secrets as stars.

    Options count as they do for `reelc serve`.
    """
    given = {"host": host, "port": port, "data": data, "executor": executor, "scheduler": scheduler}
    settings = load(**given)
    if not explain:
        typer.echo(json.dumps(settings.as_json(), indent=2))
        return
    from server.setting_sources import explained

    typer.echo(explained(settings, {name: value for name, value in given.items() if value is not None}), nl=False)


@app.command("scrub", cls=Command)
def scrub_command(
    data: Data = None,
    user: Annotated[str, typer.Option(help="Read the data of this user alone.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after about this many bytes.")] = None,
    after: Annotated[str, typer.Option(metavar="KEY", help="Go on after the object where a scrub stopped.")] = "",
    as_json: AsJson = False,
) -> None:
    """Read all that a server has stored and report damage.

    Needs the object store alone; a server may run meanwhile. The exit code is 6 if an object is damaged or missing.

    \b
    Examples:
      reelc scrub --data /srv/reels
      reelc scrub --limit 10000000000
    """
    from server.accounts import Accounts
    from server.scrub import Scrub

    async def work(store: ObjectStore) -> None:
        if user:
            await check_known(Accounts(store), user)
        report = await Scrub(store, user, limit, after).run()
        typer.echo(json.dumps(report.as_json(), indent=2) if as_json else report.as_text())
        if report.stopped_after is not None:
            typer.echo(f"stopped at the limit: go on with --after {report.stopped_after}", err=True)
        if report.findings:
            raise typer.Exit(MEDIA_UNREADABLE)

    with_store(load(data=data), work)


@app.command("downgrade", cls=Command)
def downgrade_command(data: Data = None) -> None:
    """Store every user's data for an earlier server.

    That is one that reads no deltas (version 1 of snapshots), and knows the tables as they are now: the command says
    their step. For a server that knows fewer steps, restore backups of before the upgrade.

    Stop the servers first: nothing is changed while one has a user. Afterwards start the older one. Nothing is deleted.

    \b
    Examples:
      reelc downgrade --data /srv/reels
    """
    from server.downgrade import InUse, downgrade, users_of
    from server.storage.alone import check_free
    from server.storage.lock import locked
    from server.storage.migrations import STEPS
    from server.storage.snapshots import Damaged
    from server.web.services import make_leases

    settings = load(data=data)

    async def work(store: ObjectStore) -> None:
        servers = make_leases(settings, store, serving=False).servers
        for user in await users_of(store):
            await check_free(store, servers, user)
        try:
            users = await downgrade(store)
        except (InUse, Damaged) as error:
            typer.echo(f"not finished: {plain(str(error))}", err=True)
            raise typer.Exit(STORAGE_UNFIT if isinstance(error, InUse) else MEDIA_UNREADABLE) from error
        typer.echo(f"{len(users)} users stored in the earlier format", err=True)
        typer.echo(f"their tables stay at step {len(STEPS)}: a server that knows fewer steps refuses them", err=True)

    with locked(settings.data):
        with_store(settings, work)


app.command("restore", cls=Command)(restore_command)
app.command("backup", cls=Command)(backup_command)


def _server_rows(scheduler: str | None) -> tuple[Row, ...]:
    """The rows of `reelc doctor` about the server; the server is loaded only where one is set up."""
    variables = {
        "REELC_DATA",
        "REELC_STORE",
        "REELC_S3_BUCKET",
        "REELC_CONFIG",
        "REELC_RENDER_MEMORY",
        "REELC_RENDER_CGROUP",
        "REELC_EXECUTOR",
    }
    found = variables & os.environ.keys() or Path("reelc.toml").exists() or Path("reelc-data").exists()
    if scheduler is None and not found:
        return ()
    from server.checkup import server_rows

    return server_rows(scheduler)


FURTHER_CHECKS.append(_server_rows)
FARMS["dask"] = dask_farm


async def print_link(accounts: Accounts, settings: Settings) -> None:
    """Print the server's address, and a sign-in link for `me`; where only others are users, for the first of them."""
    names = await accounts.names()
    name = FIRST_USER if FIRST_USER in names else min(names, default=FIRST_USER)
    await accounts.ensure(name)
    typer.echo(f"reelc serves {settings.url}; the link signs in {name}", err=True)
    typer.echo(await link(accounts, settings, name))
