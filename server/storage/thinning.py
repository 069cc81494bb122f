"""Which snapshots are kept, and for how long.

Kept are the newest snapshot, all of the last hour, one of each minute of the last day, one of each hour of the last
week, one of each day of the last 30 days, and their bases. The others are thinned: an empty object takes the place of
each, so that its number stays taken for a server that was suspended before it used that number, and is deleted a day
later. A chain begins anew with a whole image when its own is a week old, so that content that was deleted from the
database is in no snapshot 38 days later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from server.storage import snapshots
from server.storage.objects import Missing, ObjectStore, Stat
from server.storage.snapshots import Damaged, TooNewSnapshot, key_of, number_of

ALL_FOR = timedelta(hours=1)
ONE_OF_EACH = (
    (timedelta(days=1), "%Y%m%d%H%M"),
    (timedelta(days=7), "%Y%m%d%H"),
    (timedelta(days=30), "%Y%m%d"),
)
"""Ages up to which one snapshot is kept of each minute, hour, and day."""
CHAIN_FOR = timedelta(days=7)
"""Age of a whole image above which no further deltas are based on it."""
EMPTY_FOR = timedelta(days=1)
"""Time that the empty object of a thinned snapshot stays: a server that was suspended for longer lists first."""


def picked(found: Iterable[Stat], now: datetime, bases: Mapping[int, int]) -> set[int]:
    """The numbers of the snapshots to keep for their own sake.

    Of a minute, an hour or a day this is the one that is the furthest from its base, as few others depend on its base;
    snapshots without a known base count as close to theirs.
    """
    kept: set[int] = set()
    best: dict[tuple[str, str], tuple[int, int]] = {}
    newest = 0
    for stat in found:
        number, age = number_of(stat.key), now - stat.modified
        newest = max(newest, number)
        if age <= ALL_FOR:
            kept.add(number)
            continue
        for most, form in ONE_OF_EACH:
            if age <= most:
                place = form, stat.modified.strftime(form)
                best[place] = max(best.get(place, (0, 0)), (number - bases.get(number, number), number))
    return kept | {number for _, number in best.values()} | ({newest} if newest else set())


async def prune(store: ObjectStore, uid: str, now: datetime, bases: dict[int, int] | None = None) -> bool:
    """Thin a user's snapshots, and delete old empty objects; return whether the newest chain has to begin anew.

    `bases` has the base of each snapshot that is known already, and gets those that are read. StoreFailed, and
    TooNewSnapshot if a newer server wrote one that is kept.
    """
    bases = {} if bases is None else bases
    every = [stat async for _, stat in snapshots.numbers(store, uid)]
    full = {number_of(stat.key): stat for stat in every if stat.size}
    kept = await _with_bases(store, uid, picked(full.values(), now, bases), bases)
    for number in sorted(full.keys() - kept, reverse=True):  # the highest first: those below may be its bases
        await store.put(key_of(uid, number), b"")
        bases.pop(number, None)
    for stat in every[:-1]:
        if not stat.size and now - stat.modified > EMPTY_FOR:
            await store.delete(stat.key)
    whole = max(full, default=0)
    while bases.get(whole):
        whole = bases[whole]
    return whole in full and bases[max(full)] > 0 and now - full[whole].modified > CHAIN_FOR


async def tend(store: ObjectStore, uid: str, now: datetime) -> None:
    """Thin the snapshots of a user whose database is not open here, and begin its chain anew if it has to be."""
    if await prune(store, uid, now):
        await snapshots.make_whole(store, uid, await snapshots.latest(store, uid))


async def _with_bases(store: ObjectStore, uid: str, kept: set[int], bases: dict[int, int]) -> set[int]:
    """Snapshots, their bases, the bases of those, and so on."""
    found, todo = set[int](), [*kept]
    while todo:
        number = todo.pop()
        if number in found or not number:
            continue
        found.add(number)
        if number not in bases:
            bases[number] = await _base(store, uid, number)
        todo.append(bases[number])
    return found


async def _base(store: ObjectStore, uid: str, number: int) -> int:
    try:
        link = (await snapshots.read_header(store, uid, number)).link
    except TooNewSnapshot:
        raise
    except (Damaged, Missing):  # nothing can be made of it, whatever its base was
        return 0
    return link.base if link is not None else 0
