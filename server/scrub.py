"""Reads every object of a store and compares it with what was stored, for `reelc scrub`.

A server may run meanwhile: scrubbing needs the object store alone, and changes nothing but this: footage of before
checksums gets one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from compiler.supervise.plain import plain
from server.accounts import MALFORMED, User
from server.footage.checked import REPAIR, checksum_of, checksums_of
from server.footage.facts import add_checksums, facts_key, read_facts, whole_facts
from server.footage.named import NamedObject, expected, rows_in
from server.storage import snapshots
from server.storage.objects import DamagedObject, Missing, ObjectStore, Stat
from server.storage.snapshots import Damaged
from server.threads import in_thread
from server.tokens import Token

Kind = Literal["accounts", "tokens", "snapshots", "footage", "facts", "films", "previews", "no row"]

FACTS_REMEDY = "none is needed: facts are probed anew when they are used next"
FILM_REMEDY = "export the project again, or restore the file from a backup"
SNAPSHOT_REMEDY = (
    "none is needed while a newer snapshot is whole; else start the server with the whole local database, "
    "which stores it anew, or use reelc restore"
)
TOKEN_REMEDY = "delete it, and add the user or the token again with reelc user add"


@dataclass(frozen=True, slots=True)
class Finding:
    """An object that is not what was stored, with a remedy; `name` is the footage's or the film's name."""

    state: Literal["damaged", "missing"]
    key: str
    kind: Kind
    name: str
    remedy: str

    @property
    def user(self) -> str:
        """The user whose object it is; empty for accounts and tokens."""
        return self.key.split("/")[1] if self.key.startswith("users/") else ""

    def line(self) -> str:
        """The finding as a line of text."""
        named = f" of {plain(self.name)}" if self.name else ""
        return f"{self.state}: {self.key} ({self.kind}{named}); remedy: {self.remedy}"


@dataclass(slots=True)
class Count:
    """The objects of one kind of one user; `unchecked` ones could be read, but have nothing to be compared with."""

    objects: int = 0
    bytes: int = 0
    unchecked: int = 0


@dataclass(slots=True)
class Report:
    """The result of a scrub; `stopped_after` is the last key that was read, if a limit ended it."""

    counts: dict[tuple[str, Kind], Count] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    stopped_after: str | None = None

    @property
    def bytes(self) -> int:
        """The bytes that were read."""
        return sum(count.bytes for count in self.counts.values())

    def as_text(self) -> str:
        """The report as a table, with a line for each finding."""
        rows: list[tuple[str, ...]] = [("user", "kind", "objects", "bytes", "unchecked", "damaged", "missing")]
        for (user, kind), count in self.counts.items():
            states = [each.state for each in self.findings if (each.user, each.kind) == (user, kind)]
            numbers = (count.objects, count.bytes, count.unchecked, states.count("damaged"), states.count("missing"))
            rows.append((user or "-", kind, *map(str, numbers)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(_padded(row, widths)).rstrip() for row in rows]
        return "\n".join([*lines, *(each.line() for each in self.findings)])

    def as_json(self) -> dict[str, Any]:
        """The report, JSON-ready."""
        rows = [
            {"user": user, "kind": kind, "objects": count.objects, "bytes": count.bytes, "unchecked": count.unchecked}
            for (user, kind), count in self.counts.items()
        ]
        findings = [{name: getattr(each, name) for name in Finding.__slots__} for each in self.findings]
        return {"scrub": 1, "rows": rows, "findings": findings, "stopped_after": self.stopped_after}


class _LimitReached(Exception):
    """The bytes that may be read have been read."""


class Scrub:
    """One pass over a store: of one user if `uid` is given, from the key after `after`, up to `limit` bytes."""

    def __init__(self, store: ObjectStore, uid: str = "", limit: int | None = None, after: str = "") -> None:
        self._store, self._uid, self._limit, self._after = store, uid, limit, after
        self.report = Report()

    async def run(self) -> Report:
        """The report; StoreFailed when the store does not answer."""
        try:
            if not self._uid:
                await self._records("accounts", lambda members: User(**members))
                await self._records("tokens", lambda members: Token(**members))
            for uid in await self._users():
                await self._user(uid)
        except _LimitReached:
            pass
        return self.report

    async def _users(self) -> list[str]:
        if self._uid:
            return [self._uid]
        return sorted({stat.key.split("/")[1] async for stat in self._store.listing("users/")})

    async def _listed(self, prefix: str) -> AsyncIterator[Stat]:
        """The objects of a folder that are to be read."""
        async for stat in self._store.listing(prefix):
            if stat.key > self._after:
                yield stat

    def _counted(self, user: str, kind: Kind, stat: Stat, size: int, *, unchecked: bool = False) -> None:
        """Count an object that was read; _LimitReached."""
        count = self.report.counts.setdefault((user, kind), Count())
        count.objects += 1
        count.bytes += size
        count.unchecked += unchecked
        if self._limit is not None and self.report.bytes >= self._limit:
            self.report.stopped_after = stat.key
            raise _LimitReached

    def _found(self, state: Literal["damaged", "missing"], key: str, kind: Kind, name: str, remedy: str) -> None:
        found = Finding(state, key, kind, name, remedy)
        self.report.findings.append(found)
        self.report.counts.setdefault((found.user, kind), Count())

    async def _records(self, kind: Literal["accounts", "tokens"], read: Callable[[Any], object]) -> None:
        async for stat in self._listed(f"{kind}/"):
            try:
                text = await self._store.get(stat.key)
            except Missing:  # revoked meanwhile
                continue
            try:
                read(json.loads(text))
            except MALFORMED:
                self._found("damaged", stat.key, kind, "", TOKEN_REMEDY)
            self._counted("", kind, stat, len(text))

    async def _user(self, uid: str) -> None:
        """Compare a user's snapshots, and the media that the newest whole one names."""
        points = {stat.key async for _, stat in snapshots.points(self._store, uid)}
        async for stat in self._listed(snapshots.folder(uid)):
            if stat.key in points and not await self._snapshot_is_whole(uid, stat.key, points):
                self._found("damaged", stat.key, "snapshots", "", SNAPSHOT_REMEDY)
            self._counted(uid, "snapshots", stat, stat.size)
        rows, seen = await self._rows(uid), set[str]()
        async for stat in self._store.listing(f"users/{uid}/media/"):
            seen.add(stat.key)
            if stat.key > self._after:
                await self._medium(uid, stat, rows)
        missing = {key for key in expected(rows) - seen if key > self._after}
        rows = await self._rows(uid) if missing else {}
        for key in sorted(missing & expected(rows)):  # others were deleted meanwhile, with their rows
            row = rows[key.partition(".")[0]]
            kind: Kind = row.kind if key in rows else "facts"
            self._found("missing", key, kind, row.name, FILM_REMEDY if kind == "films" else REPAIR)

    async def _snapshot_is_whole(self, uid: str, key: str, points: set[str]) -> bool:
        """Whether a snapshot matches its header, and its base exists; the newest one is also opened."""
        try:
            if key == max(points):
                _, image = await snapshots.fetch(self._store, uid, snapshots.number_of(key))
                await in_thread(rows_in, image)
                return True
            link = (await snapshots.check(self._store, uid, snapshots.number_of(key))).link
        except Missing:  # thinned meanwhile
            return True
        except (Damaged, ValueError):
            return False
        return link is None or not link.base or snapshots.key_of(uid, link.base) in points

    async def _rows(self, uid: str) -> dict[str, NamedObject]:
        """The objects that the newest whole snapshot names."""
        keys = [stat.key async for stat in self._store.listing(snapshots.folder(uid))]
        for key in sorted(keys, reverse=True):
            try:
                _, image = await snapshots.fetch(self._store, uid, snapshots.number_of(key))
                return await in_thread(rows_in, image)
            except (Damaged, Missing, ValueError):
                continue
        return {}

    async def _medium(self, uid: str, stat: Stat, rows: dict[str, NamedObject]) -> None:
        row, owner = rows.get(stat.key), rows.get(stat.key.partition(".")[0])
        try:
            if row is not None and row.kind == "films":
                await self._film(uid, stat, row)
            elif row is not None:
                await self._footage(uid, stat, row)
            elif owner is not None and stat.key == facts_key(stat.key.partition(".")[0]):
                await self._facts(uid, stat, owner)
            else:
                await checksum_of(self._store, stat.key)
                self._counted(uid, "no row" if owner is None else "previews", stat, stat.size, unchecked=True)
        except Missing:  # deleted meanwhile
            return

    async def _film(self, uid: str, stat: Stat, row: NamedObject) -> None:
        if stat.size != row.size or await checksum_of(self._store, stat.key, row.sha256) != row.sha256:
            self._found("damaged", stat.key, "films", row.name, FILM_REMEDY)
        self._counted(uid, "films", stat, stat.size)

    async def _footage(self, uid: str, stat: Stat, row: NamedObject) -> None:
        facts = await whole_facts(self._store, stat.key)
        sha256 = facts.sha256 if facts is not None else None
        found = await checksums_of(self._store, stat.key, sha256)
        if stat.size != row.size or sha256 not in (None, found.sha256):
            self._found("damaged", stat.key, "footage", row.name, REPAIR)
        elif facts is not None and facts.blocks is None:
            await add_checksums(self._store, stat.key, found)
        self._counted(uid, "footage", stat, stat.size, unchecked=sha256 is None)

    async def _facts(self, uid: str, stat: Stat, row: NamedObject) -> None:
        try:
            await read_facts(self._store, stat.key.partition(".")[0], Path(stat.key))
        except DamagedObject:
            self._found("damaged", stat.key, "facts", row.name, FACTS_REMEDY)
        self._counted(uid, "facts", stat, stat.size)


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The cells of a row of the table, numbers to the right."""
    sides = (str.ljust, str.ljust, *[str.rjust] * (len(row) - 2))
    return [side(cell, width) for side, cell, width in zip(sides, row, widths, strict=True)]
