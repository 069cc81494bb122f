"""The options, settings and store of the server's commands.

The server is imported when a command runs, so that `reelc render` does not load it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from compiler.codes import UNREACHABLE
from compiler.supervise.plain import plain

if TYPE_CHECKING:
    from server.accounts import Accounts
    from server.settings import Settings
    from server.storage.objects import ObjectStore
    from server.web.audit import Event

Host = Annotated[str | None, typer.Option(help="The address to listen on.")]
Port = Annotated[int | None, typer.Option(help="The port; 0 takes a free one.")]
Data = Annotated[Path | None, typer.Option(help="The folder for databases and, by default, media.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The user: a-z, 0-9, - and _.")]


def load(**given: Any) -> Settings:
    """The settings, with the given options in place of stored ones; a usage error for an invalid one."""
    from pydantic import ValidationError

    from server.settings import Settings, invalid

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise typer.BadParameter(invalid(error)) from error


def check_user(name: str) -> None:
    """A usage error for a text that cannot be a user's name."""
    from server.accounts import check_name

    try:
        check_name(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


async def check_known(accounts: Accounts, name: str) -> None:
    """A usage error for a user of whom the store has nothing: the name is mistyped, or the store is another one."""
    if not await accounts.known(name):
        raise typer.BadParameter(f"there is no user {plain(name)}")


def with_accounts(settings: Settings, work: Callable[[Accounts], Awaitable[None]]) -> None:
    """Run work on the accounts of the settings' store; exit code 5 if the store does not answer."""
    from server.accounts import Accounts

    with_store(settings, lambda store: work(Accounts(store)))


def with_store(settings: Settings, work: Callable[[ObjectStore], Awaitable[None]]) -> None:
    """Run work on the settings' store; exit code 5 if it does not answer."""
    import asyncio

    from server.privacy import close_new_files
    from server.storage.objects import StoreFailed
    from server.web.services import make_store

    close_new_files()

    async def whole() -> None:
        store = make_store(settings)
        try:
            await work(store)
        finally:
            await store.close()

    try:
        asyncio.run(whole())
    except StoreFailed as error:
        typer.echo(f"error: {plain(str(error))}", err=True)
        raise typer.Exit(UNREACHABLE) from error


def audit(settings: Settings, event: Event, name: str, **more: str) -> None:
    """Write a line of the audit log about a user, of the operator who runs the command."""
    from server.web.audit import Audit

    Audit(settings).command(event, name, **more)
