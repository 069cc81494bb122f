"""One export here in memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from server.exports.prepare import Prepared
from server.exports.progress import Teller


class Undecided(Exception):
    """The server ends while it is not known whether what a job wrote is durable: the next one will see."""


@dataclass(eq=False)
class Job:
    """One export, from when it is written down until it is forgotten."""

    uid: str
    export_id: str
    project_id: str
    teller: Teller
    prepared: Prepared | None = None
    """None for one that an earlier server took in."""
    attempt: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    unstored: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while what was written of it cannot be made durable."""
    task: asyncio.Task[None] | None = None
    cancelled: bool = False
    finishing: bool = False
    """Its end is being written: too late to cancel."""

    @property
    def state(self) -> str:
        """As it is told."""
        return self.teller.state.state
