"""`reelc serve`, `user`, `scrub`, `restore`, `backup` and `config`: the server's commands.

They are added to those of the compiler's command line. A command imports the server when it runs, so that
`reelc render` does not load it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compiler.cli import app, main
from compiler.cli.facts import FURTHER_CHECKS
from compiler.cli.help import Command, Group
from compiler.cli.options import AsJson
from compiler.codes import MEDIA_UNREADABLE
from server.cli_options import Data, Host, Name, Port, load, with_store
from server.cli_restore import backup_command, restore_command

__all__ = ["main"]

if TYPE_CHECKING:
    from compiler.supervise.doctor import Row
    from server.accounts import Accounts
    from server.settings import Settings
    from server.storage.objects import ObjectStore

FIRST_USER = "me"
"""The user that `reelc serve` adds if there is none."""

user_app = typer.Typer(cls=Group, help="Add, list and revoke users.")
app.add_typer(user_app, name="user")


@app.command("serve", cls=Command)
def serve_command(
    host: Host = None,
    port: Port = None,
    data: Data = None,
) -> None:
    """Serve the API and the studio, and print a sign-in link.

    \b
    Examples:
      reelc serve
      reelc serve --port 8080 --data /srv/reels
    """
    from server.process import serve

    try:
        serve(load(host=host, port=port, data=data), lambda settings: lambda accounts: _sign_in(accounts, settings))
    except OSError as error:
        raise typer.BadParameter(f"cannot serve there: {error.strerror}") from error


@app.command("config", cls=Command)
def config_command(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say where each value is from, and what it means.")
    ] = False,
) -> None:
    """Print the settings of `reelc serve`, secrets as stars.

    Options count as they do for `reelc serve`.
    """
    given = {"host": host, "port": port, "data": data}
    settings = load(**given)
    if not explain:
        typer.echo(json.dumps(settings.as_json(), indent=2))
        return
    from server.setting_sources import explained

    typer.echo(explained(settings, {name: value for name, value in given.items() if value is not None}), nl=False)


@user_app.command("add", cls=Command)
def add_command(name: Name) -> None:
    """Add a user, or a token for an existing one.

    Prints the token, which cannot be printed again, and a sign-in link.
    """
    settings = load()

    async def work(accounts: Accounts) -> None:
        try:
            await accounts.ensure(name)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        typer.echo(await accounts.issue(name, "bearer"))
        typer.echo(f"sign in within the hour: {await _link(accounts, settings, name)}", err=True)

    _with_accounts(settings, work)


@user_app.command("list", cls=Command)
def list_command() -> None:
    """Print all users and when each was added."""

    async def work(accounts: Accounts) -> None:
        for user in await accounts.users():
            typer.echo(f"{user.uid}\t{user.created_at}")

    _with_accounts(load(), work)


@user_app.command("revoke", cls=Command)
def revoke_command(name: Name) -> None:
    """Revoke all tokens and sessions of a user.

    The user's projects and footage stay.
    """

    async def work(accounts: Accounts) -> None:
        typer.echo(f"{await accounts.revoke(name)} tokens revoked", err=True)

    _with_accounts(load(), work)


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
    from server.scrub import Scrub

    async def work(store: ObjectStore) -> None:
        report = await Scrub(store, user, limit, after).run()
        typer.echo(json.dumps(report.as_json(), indent=2) if as_json else report.as_text())
        if report.stopped_after is not None:
            typer.echo(f"stopped at the limit: go on with --after {report.stopped_after}", err=True)
        if report.findings:
            raise typer.Exit(MEDIA_UNREADABLE)

    with_store(load(data=data), work)


app.command("restore", cls=Command)(restore_command)
app.command("backup", cls=Command)(backup_command)


def _store_rows() -> tuple[Row, ...]:
    """The rows of `reelc doctor` about the store; the server is loaded only where one is set up."""
    variables = {"REELC_DATA", "REELC_STORE", "REELC_S3_BUCKET", "REELC_CONFIG"}
    if not variables & os.environ.keys() and not Path("reelc.toml").exists() and not Path("reelc-data").exists():
        return ()
    from server.checkup import store_rows

    return store_rows()


FURTHER_CHECKS.append(_store_rows)


def _with_accounts(settings: Settings, work: Callable[[Accounts], Awaitable[None]]) -> None:
    from server.accounts import Accounts

    with_store(settings, lambda store: work(Accounts(store)))


async def _sign_in(accounts: Accounts, settings: Settings) -> None:
    """Print the server's address, and a sign-in link for the first user."""
    names = await accounts.names()
    name = names[0] if names else FIRST_USER
    await accounts.ensure(name)
    typer.echo(f"reelc serves {settings.url}", err=True)
    typer.echo(await _link(accounts, settings, name))


async def _link(accounts: Accounts, settings: Settings, name: str) -> str:
    from server.accounts import LINK_FOR

    return f"{settings.url}/sign-in?token={await accounts.issue(name, 'link', LINK_FOR)}"
