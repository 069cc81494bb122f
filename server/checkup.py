"""The row of `reelc doctor` about the server's object store, where one is configured."""

from __future__ import annotations

import asyncio

from pydantic import ValidationError

from compiler.errors import ReelError
from compiler.supervise.doctor import Row, State
from server.settings import Settings
from server.storage.proof import prove
from server.web.services import make_store

STORE = "object store"


def store_rows() -> tuple[Row, ...]:
    """One row about the object store of the settings."""
    try:
        settings = Settings()
    except ValidationError as error:
        return (Row(STORE, "warn", f"{len(error.errors())} settings are invalid", "run reelc config"),)
    return (_row(settings),)


def _row(settings: Settings) -> Row:
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
