"""The rows of `reelc doctor` about a farm: the way to its scheduler, its store and its workers, and what those are."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from compiler.errors import ReelError
from compiler.film_identity import made_by
from compiler.supervise.doctor import Row
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.films.unit import MadeBy
from compiler.supervise.unit_cache import content_of
from server.farm.dask import Dask
from server.farm.scheduler import SchedulerAddress
from server.storage.objects import ObjectStore, StoreFailed

SCHEDULER, WORKERS, STORE = "scheduler", "workers", "store of the workers"
CHECK = "farm/check-"
"""The beginning of the key of the object that workers must find."""

COMPARED = {"code": "reelc", "ffmpeg": "ffmpeg", "processor": "processor", "decoder": "PyAV"}
"""What must be the same on all machines: members of `MadeBy`, and the names of their rows."""

SHOWN = 12
"""Characters of a hash that are printed."""


async def farm_rows(address: SchedulerAddress, store: ObjectStore) -> tuple[Row, ...]:
    """The rows about the farm of a scheduler, whose workers must find what is in this store."""
    try:
        async with _joined(address) as farm, _token(store) as key:
            slots, answers = (await farm.capacity()).slots, await farm.ask(key)
    except ReelError as error:
        return (Row(SCHEDULER, "fail", f"{error.message}: {error.detail}", error.hint),)
    except StoreFailed as error:
        return (Row(STORE, "fail", str(error), "check the settings of the store"),)
    mine = await asyncio.to_thread(lambda: made_by(find_build(), content_of))
    return (Row(SCHEDULER, "ok", f"{address.address} answers"), _workers(answers, slots), *_compared(answers, mine))


@asynccontextmanager
async def _joined(address: SchedulerAddress) -> AsyncIterator[Dask]:
    farm = Dask(address)
    try:
        await farm.start()
        yield farm
    finally:
        await farm.aclose()


@asynccontextmanager
async def _token(store: ObjectStore) -> AsyncIterator[str]:
    """The key of an object that workers must find, for a while."""
    key = f"{CHECK}{secrets.token_hex(8)}"
    await store.put(key, key.encode())
    try:
        yield key
    finally:
        with suppress(StoreFailed):
            await store.delete(key)


def _workers(answers: Sequence[Mapping[str, Any]], slots: int) -> Row:
    foreign = [answer["name"] for answer in answers if "code" not in answer]
    if foreign:
        return Row(WORKERS, "fail", f"not of reelc: {', '.join(foreign)}", "start workers with reelc worker")
    if not answers:
        return Row(WORKERS, "fail", "there are none", "start workers with reelc worker --scheduler ADDRESS")
    return Row(WORKERS, "ok", f"{len(answers)}, which make {slots} units at once")


def _compared(answers: Sequence[Mapping[str, Any]], mine: MadeBy) -> Iterator[Row]:
    """A row for the store, and for everything that decides bytes: this machine against all workers."""
    ours = [answer for answer in answers if "code" in answer]
    if not ours:
        return
    lost = [f"{answer['name']}: {answer['store']}" for answer in ours if answer["store"]]
    remedy = "give all machines the same store, and the way to it"
    yield Row(STORE, "fail", "; ".join(lost), remedy) if lost else Row(STORE, "ok", "all workers read it")
    for member, name in COMPARED.items():
        wanted = getattr(mine, member)
        others = [f"{answer['name']} has {answer[member][:SHOWN]}" for answer in ours if answer[member] != wanted]
        label, value = f"{name} of the workers", wanted[:SHOWN]
        remedy = "install the same on all machines: the bytes of films would differ"
        if others:
            yield Row(label, "fail", f"here {value}; {'; '.join(others)}", remedy)
        else:
            yield Row(label, "ok", f"all have {value}")
