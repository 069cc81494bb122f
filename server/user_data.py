"""Everything that a server has of one user: copied into a folder, or deleted for good.

Objects of a user are `accounts/<uid>` and its marks, tokens that name the user, the index of the user's unfinished
exports, and all below `users/<uid>/`. On the machine there are the local database and copies of footage.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from server.accounts import Accounts, check_name
from server.exports.unfinished import FOLDER as UNFINISHED
from server.footage.cache import MediaCache
from server.footage.facts import stated_checksum
from server.settings import Settings
from server.storage import snapshots
from server.storage.copies import copy_object
from server.storage.files import local_base
from server.storage.folder import COMING
from server.storage.marks import note_removed
from server.storage.objects import Missing, ObjectStore
from server.threads import in_thread

OF_NO_USER = frozenset({"tokens", "used", "checks", "health", "servers", "keys", "exports", "farm"})
"""Folders of the store whose keys name no user, apart from the index of unfinished exports."""

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Removal:
    """Keys of objects and paths of files that were deleted, and those that are left nevertheless."""

    deleted: Sequence[str]
    left: Sequence[str]


@dataclass(slots=True)
class Export:
    """The files that were written, and the keys of objects that are missing, or not what was stored."""

    files: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class UserData:
    """The data of one user in a store; ValueError for an invalid name."""

    def __init__(self, store: ObjectStore, settings: Settings, uid: str) -> None:
        check_name(uid)
        self._store, self._settings, self.uid = store, settings, uid

    async def remove(self) -> Removal:
        """Delete everything, and look for what is left; no server may use the data folder meanwhile.

        The account goes first, so that nobody signs in meanwhile. A removal that failed can be repeated. A mark stays,
        so that no server stores anew what its data folder has of the user.
        """
        await note_removed(self._store, self.uid, local_base(self._settings.local, self.uid))
        accounts, here, deleted = Accounts(self._store), await self._local(), list[str]()
        account = [key for key in await self._keys() if key.startswith("accounts/")]
        for key in account:
            await self._store.delete(key)
        deleted += account + await accounts.keys(self.uid)
        await accounts.revoke(self.uid)
        for key in await self._keys():
            await self._store.delete(key)
            deleted.append(key)
        for path in here:
            await in_thread(_delete, path)
        left = await self._keys() + await Accounts(self._store).keys(self.uid)
        return Removal([*deleted, *map(str, here)], [*left, *(str(path) for path in here if path.exists())])

    async def _keys(self) -> list[str]:
        """The keys of the user's objects, of all in the store; tokens apart."""
        return [stat.key async for stat in self._store.listing("") if self._owns(stat.key)]

    def _owns(self, key: str) -> bool:
        first, *others = key.removeprefix(UNFINISHED).split("/")
        if key.startswith(UNFINISHED):
            return first == self.uid
        return first not in OF_NO_USER and bool(others) and others[0].partition(".")[0] == self.uid

    async def _local(self) -> list[Path]:
        """The user's files on this machine, and those that may be: the folders of unfinished files, and copies of
        footage that no other user has in the store, of which the names do not say whose it was."""
        settings = self._settings
        cache = MediaCache(self._store, settings.local / "footage", settings.temporary, settings.cache_limit)
        others = set[Path]()
        async for stat in self._store.listing("users/"):
            if not self._owns(stat.key):
                others |= {cache.path(stat), cache.partial_path(stat)}
        copies = (settings.local / "footage").absolute()
        media = [path for path in await in_thread(_files, copies) if path not in others]
        paths = [settings.local / "users" / self.uid, settings.temporary, settings.objects / COMING, *media]
        return [path for path in paths if path.exists()]

    async def export(self, folder: Path) -> Export:
        """Write the database as JSON, footage and films into a new folder; Missing if there is no such user.

        Damaged if the newest snapshot is.
        """
        number = await snapshots.latest(self._store, self.uid)
        account = None if number else json.loads(await self._store.get(f"accounts/{self.uid}"))
        image = (await snapshots.fetch(self._store, self.uid, number))[1] if number else b""
        tables: Rows = await in_thread(_tables, image) if image else {}
        export = Export()
        for kind, table in (("footage", "raw_clips"), ("films", "working_videos")):
            await in_thread((folder / kind).mkdir, parents=True)
            for row in _kept(tables, table):
                await self._copy(row, folder, kind, export)
        sessions = [asdict(token) for token in (await Accounts(self._store).sessions(self.uid)).values()]
        about = {"user": self.uid, "account": account, "snapshot": number, "exported_at": _now(), "sessions": sessions}
        text = json.dumps(about | {"files": export.files, "tables": tables}, indent=1, default=bytes.hex)
        await in_thread((folder / "database.json").write_text, text, encoding="utf-8")
        return export

    async def _copy(self, row: dict[str, Any], folder: Path, kind: str, export: Export) -> None:
        key = row["object_key"]
        if key in export.files or key in export.faults:  # windows share a file
            return
        name = re.sub(r"[^A-Za-z0-9._-]", "_", row.get("filename") or row.get("name") or "")[-100:]
        path = folder / kind / f"{row['id']}-{name}"
        expected = row.get("sha256") or await stated_checksum(self._store, key)
        try:
            found = (await copy_object(self._store, key, path, sha256=expected)).sha256
        except Missing:
            export.faults.append(key)
            return
        export.files[key] = str(path.relative_to(folder))
        if expected not in (None, found) or path.stat().st_size != row["size"]:
            export.faults.append(key)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _kept(tables: Rows, name: str) -> list[dict[str, Any]]:
    """The rows of a table whose files are the user's: deleted footage is left out."""
    deleted = {row["raw_clip_id"] for row in tables.get("deleted_raw_clips", ())}
    return [row for row in tables.get(name, ()) if row["id"] not in deleted]


def _tables(image: bytes) -> Rows:
    """Every row of every table; Damaged if the image is not a whole database."""
    with closing(snapshots.opened(image)) as database:
        listed = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        tables: Rows = {}
        for (name,) in listed.fetchall():
            rows = database.execute(f'SELECT * FROM "{name}"')
            columns = [column for column, *_ in rows.description]
            tables[name] = [dict(zip(columns, row, strict=True)) for row in rows]
        return tables


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
