"""`reelc restore` and `reelc backup`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compiler.codes import MEDIA_UNREADABLE
from server.commands import Data, Name, audit, check_known, check_user, load, with_store

if TYPE_CHECKING:
    from server.settings import Settings
    from server.storage.objects import ObjectStore

ONE_OF_THEM = "give one of --to, --from and --accept"


def restore_command(
    user: Name,
    to: Annotated[int | None, typer.Option("--to", min=1, metavar="NUMBER", help="Restore this point.")] = None,
    backup: Annotated[
        Path | None, typer.Option("--from", metavar="PATH", help="Restore a backup, or another database file.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Let objects without a row be deleted again.")] = False,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the restore points as JSON, on stdout.")] = False,
) -> None:
    """List a user's restore points, or return to one or a backup.

    Without an option it prints number, time and bytes of each point, and whether it opens. Stop the server that has the
    user before you restore; the data folder is locked meanwhile, and no other server opens the user's data. The exit
    code is 6 if the restored database names missing objects.

    \b
    Examples:
      reelc restore ann --data /srv/reels
      reelc restore ann --to 118
      reelc restore ann --from backups/ann
      reelc restore ann --accept
    """
    if sum((to is not None, backup is not None, accept)) > 1:
        raise typer.BadParameter(ONE_OF_THEM)
    from server.accounts import Accounts

    settings = load(data=data)
    check_user(user)

    async def work(store: ObjectStore) -> None:
        if to is None and backup is None:
            await check_known(Accounts(store), user)
        if accept:
            await _accept(settings, store, user)
        elif to is not None or backup is not None:
            await _restore(settings, store, user, to, backup)
        else:
            await _list(store, user, as_json)

    with_store(settings, work)


def backup_command(
    user: Name,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The new file; with --footage, the new folder.")],
    footage: Annotated[bool, typer.Option("--footage", help="Copy footage and films, too.")] = False,
    data: Data = None,
) -> None:
    """Copy a user's newest database, and footage if asked.

    With --footage the path is a folder, which gets all footage and films.

    A server may run meanwhile. The exit code is 6 if an object is damaged or missing; the rest is copied.

    \b
    Examples:
      reelc backup ann ann.sqlite
      reelc backup ann backups/ann --footage
    """
    from server.backup import back_up

    settings = load(data=data)
    check_user(user)

    async def work(store: ObjectStore) -> None:
        audit(settings, "user_backed_up", user, path=str(path.absolute()))
        findings = await back_up(store, user, path, footage=footage)
        for line in findings:
            typer.echo(line)
        if findings:
            raise typer.Exit(MEDIA_UNREADABLE)

    with_store(settings, work)


async def _list(store: ObjectStore, user: str, as_json: bool) -> None:
    from server.restore import points_of
    from server.storage.marks import rollback_of

    points, rollback = await points_of(store, user), await rollback_of(store, user)
    if as_json:
        waits = rollback is not None
        shown = {"restore": 1, "points": [point.as_json() for point in points], "rolled_back": waits}
        typer.echo(json.dumps(shown, indent=2))
        return
    for point in points:
        typer.echo(point.as_text())
    if not points:
        typer.echo(f"the store has no restore point of {user}", err=True)
    if rollback is not None:
        typer.echo(f"rolled back: nothing is swept until reelc restore {user} --accept", err=True)


async def _restore(settings: Settings, store: ObjectStore, user: str, to: int | None, backup: Path | None) -> None:
    """Restore a point or a backup under the lock of the data folder and the user's lease, and print what is missing."""
    from server.restore import absent, as_text
    from server.storage.alone import alone
    from server.storage.lock import locked
    from server.web.services import make_leases

    with locked(settings.data):
        async with alone(store, make_leases(settings, store, serving=False), user):
            source, outcome = f"point {to}" if backup is None else str(backup.absolute()), "failed"
            try:
                number, image = await _rolled_back(settings, store, user, to, backup)
                outcome = f"point {number}"
            finally:
                audit(settings, "user_restored", user, source=source, outcome=outcome)
    typer.echo(f"restored as point {number}; it opens, and all of it is whole")
    typer.echo(f"nothing is swept until reelc restore {user} --accept", err=True)
    missing = as_text(await absent(store, user, image))
    for line in missing:
        typer.echo(line)
    if missing:
        raise typer.Exit(MEDIA_UNREADABLE)


async def _rolled_back(
    settings: Settings, store: ObjectStore, user: str, to: int | None, backup: Path | None
) -> tuple[int, bytes]:
    """Store a point or a backup as the newest, and prove it; its number and its database."""
    from server.restore import image_at, image_in, prove, put_missing_media, roll_back

    if backup is not None:
        image = image_in(backup, user)
        await put_missing_media(store, user, image, backup)
    else:
        assert to is not None, "one of both is given"
        image = await image_at(store, user, to)
    number = await roll_back(store, user, image, settings.local)
    return number, await prove(store, user, number)


async def _accept(settings: Settings, store: ObjectStore, user: str) -> None:
    from server.restore import accept, unnamed

    count = await unnamed(store, user)
    audit(settings, "rollback_accepted", user)
    await accept(store, user)
    typer.echo(f"accepted: {count} objects without a row will go to the trash")
