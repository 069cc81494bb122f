"""`reelc user`: adds, lists, revokes, exports and removes users."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compiler.cli.help import Command, Group
from compiler.codes import MEDIA_UNREADABLE
from compiler.supervise.plain import plain
from server.commands import Data, Name, audit, check_known, check_user, load, with_accounts, with_store

if TYPE_CHECKING:
    from server.accounts import Accounts
    from server.settings import Settings
    from server.storage.objects import ObjectStore

user_app = typer.Typer(cls=Group, help="Add, list, revoke, export and remove users.")


@user_app.command("add", cls=Command)
def add_command(name: Name, data: Data = None) -> None:
    """Add a user, or a token for an existing one.

    Prints the token, which cannot be printed again, and a sign-in link.
    """
    settings = load(data=data)

    async def work(accounts: Accounts) -> None:
        try:
            await accounts.ensure(name)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        token = await accounts.issue(name, "bearer")
        audit(settings, "user_added", name)
        typer.echo(token)
        typer.echo(f"sign in once, within the hour: {await link(accounts, settings, name)}", err=True)

    with_accounts(settings, work)


@user_app.command("list", cls=Command)
def list_command(data: Data = None) -> None:
    """Print all users and when each was added."""

    async def work(accounts: Accounts) -> None:
        for user in await accounts.users():
            typer.echo(f"{user.uid}\t{user.created_at}")

    with_accounts(load(data=data), work)


@user_app.command("sessions", cls=Command)
def sessions_command(name: Name, data: Data = None) -> None:
    """Print the sessions, tokens and unused links of a user.

    One a line: the id, the kind, when it was made, and when it expires.
    """

    async def work(accounts: Accounts) -> None:
        await check_known(accounts, name)
        for session_id, token in (await accounts.sessions(name)).items():
            typer.echo(f"{session_id}\t{token.kind}\t{token.created_at}\t{token.expires_at or 'never'}")

    with_accounts(load(data=data), work)


@user_app.command("revoke", cls=Command)
def revoke_command(
    name: Name,
    session: Annotated[str, typer.Option(metavar="ID", help="Revoke this session or token alone.")] = "",
    data: Data = None,
) -> None:
    """Revoke all tokens and sessions of a user, or one of them.

    The user's projects and footage stay.
    """

    settings = load(data=data)

    async def work(accounts: Accounts) -> None:
        await check_known(accounts, name)
        if not session:
            audit(settings, "user_revoked", name)
            typer.echo(f"{await accounts.revoke(name)} tokens revoked", err=True)
            return
        if not await accounts.end_session(name, session):
            raise typer.BadParameter(f"{name} has no session {session}: reelc user sessions {name} lists them")
        audit(settings, "session_revoked", name, session=session)

    with_accounts(settings, work)


@user_app.command("remove", cls=Command)
def remove_command(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Delete a user and all of the user's data for good.

    That is the account, sessions, edits, footage and films. Prints the key or path of everything that was deleted, and
    looks for what is left; the exit code is 1 if something is. Stop the server of the data folder first, and any other
    one that has the user. Backups and the audit log are not changed.
    """
    from server.storage.alone import check_free
    from server.storage.lock import locked
    from server.user_data import UserData
    from server.web.services import make_leases

    settings = load(data=data)
    check_user(name)
    if not yes:
        typer.confirm(f"Delete {name} and all of the user's footage, films and edits?", abort=True)

    async def work(store: ObjectStore) -> None:
        await check_free(store, make_leases(settings, store, serving=False).servers, name)
        outcome = "failed"
        try:
            removal = await UserData(store, settings, name).remove()
            outcome = f"{len(removal.deleted)} deleted, {len(removal.left)} left"
        finally:
            audit(settings, "user_removed", name, outcome=outcome)
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
    data: Data = None,
) -> None:
    """Copy all data of a user into a folder.

    The folder gets the database as JSON, footage and films. A server may run meanwhile. The exit code is 6 if an object
    is damaged or missing.
    """
    from server.accounts import Accounts
    from server.storage.objects import Missing
    from server.storage.snapshots import Damaged
    from server.user_data import UserData
    from server.written import written

    settings = load(data=data)
    check_user(name)
    if folder.exists():
        raise typer.BadParameter(f"{folder} exists already")

    async def work(store: ObjectStore) -> None:
        await check_known(Accounts(store), name)
        audit(settings, "user_exported", name)
        try:
            with written(folder, "the export", parents=True) as coming:
                export = await UserData(store, settings, name).export(coming)
        except Missing as error:
            raise typer.BadParameter(f"there is no user {name}") from error
        except Damaged as error:
            typer.echo(f"error: {plain(str(error))}: restore an earlier state first", err=True)
            raise typer.Exit(MEDIA_UNREADABLE) from error
        for key in export.faults:
            typer.echo(f"error: damaged or missing: {key}", err=True)
        typer.echo(f"{len(export.files)} files and database.json in {folder}", err=True)
        if export.faults:
            raise typer.Exit(MEDIA_UNREADABLE)

    with_store(settings, work)


async def link(accounts: Accounts, settings: Settings, name: str) -> str:
    """A new sign-in link for a user, at the running server's address if one serves the data folder."""
    from server.storage.lock import address_of
    from server.tokens import LINK_FOR

    audit(settings, "link_made", name)
    url = settings.public_url or address_of(settings.data) or settings.url
    return f"{url}/sign-in?token={await accounts.issue(name, 'link', LINK_FOR)}"
