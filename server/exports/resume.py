"""Resumes the exports that other servers left unfinished: at the start, and whenever one of them has gone."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

from server.accounts import Accounts
from server.ages import settled
from server.exports.queue import Jobs
from server.failures import UNSTORED
from server.logs import logger
from server.storage.leases import Leases
from server.storage.tenants import Databases
from server.storage.terms import Elsewhere
from server.tables import exports

AGAIN_AFTER, AT_MOST = 5.0, 60.0
"""Seconds after which users whose database could not be opened are tried again, at first and for those whose database
cannot be opened for long: their data are lost, or damaged."""


async def keep_resuming(
    jobs: Jobs, databases: Databases, accounts: Accounts, leases: Leases, tidied_after: float
) -> None:
    """Resume exports at the start, and each time that a server has gone, for ever."""
    while True:
        await resume_exports(jobs, databases, accounts, leases, tidied_after)
        await _has_gone(leases, None)


async def resume_exports(
    jobs: Jobs, databases: Databases, accounts: Accounts, leases: Leases, tidied_after: float
) -> None:
    """Resume the exports of the users in the index, or of all users before the index is complete.

    Opens no other user's database, and leaves users alone that another server has. Entries without an export are
    removed when they are `tidied_after` seconds old.
    """
    indexed, left, pause = None, None, AGAIN_AFTER
    while left is None or left:
        try:
            if left is None:
                indexed = await jobs.unfinished.users()
                left = set(await accounts.names()) if indexed is None else {*indexed}
            left = {uid for uid in sorted(left) if not await _resumed(uid, jobs, databases, tidied_after)}
            if not left and indexed is None:
                await jobs.unfinished.complete()
        except UNSTORED as error:
            logger.warning("exports not resumed", extra={"why": f"{type(error).__name__}: {error}"})
        if left is None or left:
            left = None if await _has_gone(leases, pause) else left
            pause = min(2 * pause, AT_MOST)


async def _has_gone(leases: Leases, within: float | None) -> bool:
    """Whether a server goes in so many seconds, without a limit if that is None."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(leases.gone.wait(), within)
    gone = leases.gone.is_set()
    leases.gone.clear()
    return gone


async def _resumed(uid: str, jobs: Jobs, databases: Databases, tidied_after: float) -> bool:
    """Resume one user's exports; False if that failed, which holds up no other user's."""
    try:
        await jobs.adopt(uid)
        async with databases.use(uid) as user_database:
            left = await user_database.read(exports.unfinished)
        before = settled() - timedelta(seconds=tidied_after)
        await jobs.unfinished.tidy(uid, {row["export_id"] for row in left}, before)
        return True
    except Elsewhere:  # that server lives, and has them; when it goes, they are looked for again
        return True
    except UNSTORED as error:
        why = f"{type(error).__name__}: {error}"
        logger.warning("exports of a user not resumed", extra={"sync_user": uid, "why": why})
        return False
