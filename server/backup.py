"""A consistent copy of a user's database, and of the footage and films that it names, for `reelc backup`.

The copy is made from the newest snapshot, beside a running server. Objects that the user deletes meanwhile are in the
trash, and are still copied.
"""

from __future__ import annotations

from pathlib import Path

from compiler.supervise.plain import plain
from server.footage.facts import facts_in, stated_checksum
from server.footage.named import NamedObject, expected, rows_in
from server.restore import DATABASE, MEDIA, newest_image
from server.storage.again import undamaged
from server.storage.copies import copy_object, sync
from server.storage.objects import DamagedObject, Missing, ObjectStore
from server.storage.snapshots import without_wal
from server.threads import in_thread
from server.written import written


async def back_up(store: ObjectStore, uid: str, target: Path, *, footage: bool) -> list[str]:
    """Copy a user's data to a new file, or with footage to a new folder; return lines about damage.

    RC705 if the newest database cannot be read, RC706 if the target exists or cannot be written.
    """
    image = await newest_image(store, uid)
    with written(target, "the backup") as coming:
        if not footage:
            await in_thread(_write_database, coming, image)
            return []
        (coming / MEDIA).mkdir(parents=True)
        await in_thread(_write_database, coming / DATABASE, image)
        return await _copy_media(store, await in_thread(rows_in, image), coming / MEDIA)


def _write_database(path: Path, image: bytes) -> None:
    """Write an image as a file that every SQLite opens."""
    with path.open("xb") as file:
        file.write(without_wal(image))
        sync(file)


async def _copy_media(store: ObjectStore, rows: dict[str, NamedObject], folder: Path) -> list[str]:
    """Copy every object that rows name, and compare each with its checksum."""
    findings = []
    for key in sorted(expected(rows)):
        row, path = rows[key.partition(".")[0]], folder / key.rpartition("/")[2]
        try:
            whole = await (_copy_medium(store, key, row, path) if key in rows else _copy_facts(store, key, path))
        except Missing:
            findings.append(f"missing: {key} (of {plain(row.name)})")
            continue
        if not whole:
            findings.append(f"damaged: {key} (of {plain(row.name)})")
    return findings


async def _copy_medium(store: ObjectStore, key: str, row: NamedObject, path: Path) -> bool:
    """Copy footage or a film; whether the copy has the checksum that its row or its facts state."""
    sha256 = row.sha256 or await stated_checksum(store, key)
    return sha256 in (None, (await copy_object(store, key, path, sha256=sha256)).sha256)


async def _copy_facts(store: ObjectStore, key: str, path: Path) -> bool:
    """Copy facts; whether the copy is whole."""

    async def copy() -> None:
        path.unlink(missing_ok=True)
        await copy_object(store, key, path)
        facts_in(await in_thread(path.read_bytes), key, path)

    try:
        await undamaged(copy, key)
    except DamagedObject:
        return False
    return True
