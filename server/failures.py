"""Exceptions as Problems: of storage, of footage, of a render, of the server itself."""

from __future__ import annotations

from compiler.errors import ReelError, ReelErrors
from server.logs import logger
from server.problem import Problem, render_problem, storage_problem
from server.storage.database import DatabaseFailed, TooNew
from server.storage.marks import Lost
from server.storage.objects import ChangedObject, DamagedObject, Missing, StoreFailed
from server.storage.snapshots import Damaged
from server.storage.sync import Fenced, NotDurable
from server.storage.tenants import Overdue
from server.storage.terms import Elsewhere

UNSTORED = (StoreFailed, DatabaseFailed, Damaged, Lost, Fenced, NotDurable, Overdue, Elsewhere)
"""The exceptions that mean that storage failed, or that another server has the user."""


def unstored(error: Exception) -> Problem:
    """The 503 for a request whose data could not be stored or read here; logs the reason."""
    if isinstance(error, Elsewhere):
        message = "another server has this user's data: send the same request again"
        return Problem(503, "other_server", message, headers={"Retry-After": "1"})
    logger.error("storage failed", extra={"why": f"{type(error).__name__}: {error}"})
    match error:
        case NotDurable():
            return storage_problem("the change is made, but not stored safely yet: send the same request again")
        case Fenced():
            return storage_problem("another server is changing this user's data: read it again, then repeat the change")
        case Overdue():
            return storage_problem("changes are refused until earlier ones are stored safely", retry_after=5)
        case Damaged() | Lost():
            message = "this user's data cannot be read from the object store: the operator has to restore it"
            return Problem(503, "data_lost", message, headers={"Retry-After": "60"})
        case TooNew():
            return storage_problem("this user's data was written by a newer server", retry_after=60)
    return storage_problem("the storage does not answer: try again")


def problem_of(error: Exception, *, lost: str, unstored: Problem, failed: str) -> Problem:
    """The Problem for an exception that ended a job, to answer and to store.

    `lost` is the message for missing footage, `failed` for a bug of the server; `unstored` stands for failed storage.
    """
    match error:
        case Problem():
            return error
        case ReelError() | ReelErrors():
            return render_problem(error)
        case Missing():
            return Problem(500, "video_not_found", lost)
        case DamagedObject():
            return Problem(500, "damaged_media", "the footage is damaged in the object store: upload it again")
        case ChangedObject():
            return Problem(500, "footage_changed", "the footage was replaced in the object store while it was read")
        case _ if isinstance(error, (*UNSTORED, OSError)):
            logger.error("storage failed", extra={"why": f"{type(error).__name__}: {error}"})
            return unstored
    logger.error("unhandled", exc_info=error)
    return Problem(500, "internal_error", failed)
