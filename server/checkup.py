"""The rows of `reelc doctor` about the server, where one is configured: its object store, and the bounds of renders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from compiler.errors import ReelError
from compiler.supervise.children.cgroup import group
from compiler.supervise.doctor import Row
from compiler.supervise.machine import MIB, machine_memory
from server.farm.scheduler import scheduler_in
from server.settings import Settings, invalid
from server.storage.objects import ObjectStore
from server.storage.proof import prove
from server.web.services import make_store

T = TypeVar("T")

SETTINGS, STORE, MEMORY, CGROUP = "settings", "object store", "memory of a render", "cgroup of renders"


def server_rows(scheduler: str | None = None) -> tuple[Row, ...]:
    """The rows about the object store of the settings, the memory of a render, and the cgroup of renders; and about the
    farm of a scheduler, of the settings or another one; a failure for settings with which no server starts."""
    try:
        given: dict[str, Any] = {} if scheduler is None else {"scheduler": scheduler, "executor": "dask"}
        settings = Settings(**given)
    except ValidationError as error:
        return (
            Row(SETTINGS, "fail", invalid(error), "no server starts with them: correct them, then run reelc config"),
        )
    return (_store(settings), _memory(settings), _cgroup(settings), *_farm(settings))


def _farm(settings: Settings) -> tuple[Row, ...]:
    if settings.executor == "local":
        return ()
    try:
        address = scheduler_in(settings)
        address.check()
    except ReelError as error:
        return (Row("scheduler", "fail", f"{error.message}: {error.detail}", error.hint),)
    from server.farm.checkup import farm_rows  # nothing of Dask is loaded without a scheduler

    return asyncio.run(_with_store(settings, lambda store: farm_rows(address, store)))


async def _with_store(settings: Settings, work: Callable[[ObjectStore], Awaitable[T]]) -> T:
    store = make_store(settings)
    try:
        return await work(store)
    finally:
        await store.close()


def _memory(settings: Settings) -> Row:
    allowed, machine = settings.render_memory // MIB, machine_memory() // MIB
    value = f"{allowed} MiB; the machine has {machine} MiB"
    if allowed <= machine:
        return Row(MEMORY, "ok", value)
    return Row(MEMORY, "warn", value, "lower render_memory, so that a render ends before the machine's memory does")


def _cgroup(settings: Settings) -> Row:
    if settings.render_cgroup is None:
        return Row(CGROUP, "ok", "none: the limits are those of each child, not of a render's children together")
    try:
        with group(settings.render_cgroup, settings.render_memory):
            return Row(CGROUP, "ok", str(settings.render_cgroup))
    except ReelError as error:
        return Row(CGROUP, "fail", f"{error.message}: {error.detail}", error.hint)


def _store(settings: Settings) -> Row:
    if settings.store == "folder" and not (settings.data / "objects").is_dir():
        return Row(STORE, "ok", f'the folder "{settings.data}", made at the first start')
    name = f'the folder "{settings.data}"' if settings.store == "folder" else f"the bucket {settings.s3_bucket}"
    try:
        asyncio.run(_with_store(settings, prove))
    except ReelError as error:
        return Row(STORE, "fail", f"{name}: {error.message}: {error.detail}", error.hint)
    return Row(STORE, "ok", f"{name}, never overwrites what it must not")
