"""An export in the memory of this process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from server.ages import awake
from server.exports.prepare import Prepared
from server.exports.progress import Tracker


class Undecided(Exception):
    """The server shuts down before a job's write is known to be durable: the next server finds out."""


@dataclass(eq=False)
class Job:
    """One export, from the write of its row until it is dropped from memory."""

    uid: str
    export_id: str
    project_id: str
    tracker: Tracker
    short: bool = False
    """Whether its film was forecast to be short, when it was accepted."""
    prepared: Prepared | None = None
    """None for an export that an earlier server accepted, and for one of a large edit."""
    since: float = field(default_factory=awake)
    """When this process got it, on the clock of `awake`."""
    attempt: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    unstored: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while writes of the job cannot be made durable."""
    task: asyncio.Task[None] | None = None
    cancelled: bool = False
    finishing: bool = False
    """Whether its end is being written, which is too late to cancel."""
    indexed: bool = False
    """Whether the index in the store has it."""
    recorded: bool = False
    """Whether its end is durable."""
    moved: bool = False
    """Whether it ended here without an end: the server that has its user goes on with it."""

    @property
    def state(self) -> str:
        """The state's name as clients see it, such as `running`."""
        return self.tracker.state.state
