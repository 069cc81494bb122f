"""The rows of `reelc doctor` about the server, where one is configured: its object store, and the bounds of renders."""

from __future__ import annotations

import asyncio

from pydantic import ValidationError

from compiler.errors import ReelError
from compiler.supervise.children.cgroup import group
from compiler.supervise.doctor import Row, State
from compiler.supervise.machine import MIB, machine_memory
from server.settings import Settings
from server.storage.proof import prove
from server.web.services import make_store

STORE, MEMORY, CGROUP = "object store", "memory of a render", "cgroup of renders"


def server_rows() -> tuple[Row, ...]:
    """The rows about the object store of the settings, the memory of a render, and the cgroup of renders."""
    try:
        settings = Settings()
    except ValidationError as error:
        return (Row(STORE, "warn", f"{len(error.errors())} settings are invalid", "run reelc config"),)
    return (_store(settings), _memory(settings), _cgroup(settings))


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
        asyncio.run(_proved(settings))
    except ReelError as error:
        state: State = "fail" if error.code == "RC702" else "warn"
        return Row(STORE, state, f"{name}: {error.message}: {error.detail}", error.hint)
    return Row(STORE, "ok", f"{name}, never overwrites what it must not")


async def _proved(settings: Settings) -> None:
    store = make_store(settings)
    try:
        await prove(store)
    finally:
        await store.close()
