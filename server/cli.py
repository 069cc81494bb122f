"""`reelc serve`, `user`, `scrub` and `config`: the server's commands, added to those of the compiler's command line.

A command imports the server when it runs, so that `reelc render` does not load it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compiler.cli import app, main
from compiler.cli.facts import FURTHER_CHECKS
from compiler.cli.help import Command, Group
from compiler.cli.options import AsJson
from compiler.codes import MEDIA_UNREADABLE
from server.commands import load, with_accounts, with_store

__all__ = ["main"]

if TYPE_CHECKING:
    from compiler.supervise.doctor import Row
    from server.accounts import Accounts
    from server.settings import Settings
    from server.storage.objects import ObjectStore
    from server.web.audit import Event

FIRST_USER = "me"
"""The user that `reelc serve` adds if there is none."""

user_app = typer.Typer(cls=Group, help="Add, list and revoke users.")
app.add_typer(user_app, name="user")

Host = Annotated[str | None, typer.Option(help="The address to listen on.")]
Port = Annotated[int | None, typer.Option(help="The port; 0 takes a free one.")]
Data = Annotated[Path | None, typer.Option(help="The folder for databases and, by default, media.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The user: a-z, 0-9, - and _.")]


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
        token = await accounts.issue(name, "bearer")
        _audit(settings, "user_added", name)
        typer.echo(token)
        typer.echo(f"sign in once, within the hour: {await _link(accounts, settings, name)}", err=True)

    with_accounts(settings, work)


@user_app.command("list", cls=Command)
def list_command() -> None:
    """Print all users and when each was added."""

    async def work(accounts: Accounts) -> None:
        for user in await accounts.users():
            typer.echo(f"{user.uid}\t{user.created_at}")

    with_accounts(load(), work)


@user_app.command("sessions", cls=Command)
def sessions_command(name: Name) -> None:
    """Print the sessions, tokens and unused links of a user.

    One a line: the id, the kind, when it was made, and when it expires.
    """

    async def work(accounts: Accounts) -> None:
        for session_id, token in (await accounts.sessions(name)).items():
            typer.echo(f"{session_id}\t{token.kind}\t{token.created_at}\t{token.expires_at or 'never'}")

    with_accounts(load(), work)


@user_app.command("revoke", cls=Command)
def revoke_command(
    name: Name,
    session: Annotated[str, typer.Option(metavar="ID", help="Revoke this session or token alone.")] = "",
) -> None:
    """Revoke all tokens and sessions of a user, or one of them.

    The user's projects and footage stay.
    """

    settings = load()

    async def work(accounts: Accounts) -> None:
        if not session:
            _audit(settings, "user_revoked", name)
            typer.echo(f"{await accounts.revoke(name)} tokens revoked", err=True)
            return
        if not await accounts.end_session(name, session):
            raise typer.BadParameter(f"{name} has no session {session}: reelc user sessions {name} lists them")
        _audit(settings, "session_revoked", name, session=session)

    with_accounts(settings, work)


@user_app.command("remove", cls=Command)
def remove_command(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a user for good: the account, sessions, edits, footage, films.

    Prints the key or path of everything that was deleted, and looks for what is left; the exit code is 1 if something
    is. Stop the server of the data folder first. Backups and the audit log are not changed.
    """
    from server.storage.lock import locked
    from server.user_data import UserData

    settings = load()
    _check(name)
    if not yes:
        typer.confirm(f"Delete {name} and all of the user's footage, films and edits?", abort=True)

    async def work(store: ObjectStore) -> None:
        outcome = "failed"
        try:
            removal = await UserData(store, settings, name).remove()
            outcome = f"{len(removal.deleted)} deleted, {len(removal.left)} left"
        finally:
            _audit(settings, "user_removed", name, outcome=outcome)
        typer.echo("\n".join(removal.deleted))
        for left in removal.left:
            typer.echo(f"error: not deleted: {left}", err=True)
        typer.echo(f"{outcome} of {name}", err=True)
        if removal.left:
            raise typer.Exit(1)

    with locked(settings.data):
        with_store(settings, work)


@user_app.command("export", cls=Command)
def export_command(
    name: Name,
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="A new folder.")],
) -> None:
    """Copy all data of a user into a folder: the database as JSON, footage, films.

    A server may run meanwhile. The exit code is 6 if an object is damaged or missing.
    """
    from server.storage.objects import Missing
    from server.storage.snapshots import Damaged
    from server.user_data import UserData

    settings = load()
    _check(name)
    if folder.exists():
        raise typer.BadParameter(f"{folder} exists already")

    async def work(store: ObjectStore) -> None:
        _audit(settings, "user_exported", name)
        try:
            export = await UserData(store, settings, name).export(folder)
        except Missing as error:
            raise typer.BadParameter(f"there is no user {name}") from error
        except Damaged as error:
            typer.echo(f"error: {error}: restore an earlier state first", err=True)
            raise typer.Exit(MEDIA_UNREADABLE) from error
        for key in export.faults:
            typer.echo(f"error: damaged or missing: {key}", err=True)
        typer.echo(f"{len(export.files)} files and database.json in {folder}", err=True)
        if export.faults:
            raise typer.Exit(MEDIA_UNREADABLE)

    with_store(settings, work)


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


def _store_rows() -> tuple[Row, ...]:
    """The rows of `reelc doctor` about the store; the server is loaded only where one is set up."""
    variables = {"REELC_DATA", "REELC_STORE", "REELC_S3_BUCKET", "REELC_CONFIG"}
    if not variables & os.environ.keys() and not Path("reelc.toml").exists() and not Path("reelc-data").exists():
        return ()
    from server.checkup import store_rows

    return store_rows()


FURTHER_CHECKS.append(_store_rows)


def _check(name: str) -> None:
    from server.accounts import check_name

    try:
        check_name(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


async def _sign_in(accounts: Accounts, settings: Settings) -> None:
    """Print the server's address, and a sign-in link for the first user."""
    users = await accounts.users()
    if not users:
        await accounts.add(FIRST_USER)
    name = users[0].uid if users else FIRST_USER
    typer.echo(f"reelc serves {settings.url}", err=True)
    typer.echo(await _link(accounts, settings, name))


async def _link(accounts: Accounts, settings: Settings, name: str) -> str:
    from server.tokens import LINK_FOR

    _audit(settings, "link_made", name)
    return f"{settings.url}/sign-in?token={await accounts.issue(name, 'link', LINK_FOR)}"


def _audit(settings: Settings, event: Event, name: str, **more: str) -> None:
    from server.web.audit import Audit

    Audit(settings).command(event, name, **more)
