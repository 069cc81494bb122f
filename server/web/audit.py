"""The audit log: one line of JSON for each sign-in, refusal of a sign-in or token, and change of users.

Failures are the only lines that anybody can cause. So they are bounded for each address and for all; the next line says
how many were left out.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from datetime import UTC, datetime
from typing import Literal

from starlette.requests import HTTPConnection

from server.addresses import network_of
from server.ages import Seconds, awake
from server.logs import logger
from server.settings import Settings
from server.web.rate_limits import Buckets

Event = Literal[
    "signed_in",
    "sign_in_failed",
    "token_refused",
    "signed_out",
    "session_revoked",
    "link_made",
    "film_shared",
    "user_added",
    "user_revoked",
    "user_removed",
    "user_exported",
    "user_backed_up",
    "user_restored",
    "rollback_accepted",
    "user_taken_over",
    "peer_refused",
]

STREAM = "-"
"""The value of `audit_log` that stands for stderr."""

OF_AN_ADDRESS, OF_ALL = (1 / 60, 20), (1.0, 1000)
"""Failures a second, and at once, that are written of one address, and of all together: at most 20 MB a day."""


class Audit:
    """Writes the audit log of these settings; the file is opened for each line, so that it can be rotated."""

    def __init__(self, settings: Settings, clock: Seconds = awake) -> None:
        self._path = None if str(settings.audit_log) == STREAM else settings.data / settings.audit_log
        self._addresses, self._all = Buckets(*OF_AN_ADDRESS, clock), Buckets(*OF_ALL, clock)
        self._left_out = 0
        self._cut_off = False
        """Whether the file ends within a line."""

    def record(self, event: Event, user: str, address: str, /, **more: str | int) -> None:
        """Write a line; a line that cannot be written is an error in the log, and hinders nobody."""
        members = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event}
        line = json.dumps(members | {"user": user, "address": address} | more)
        try:
            self._write(f"{line}\n")
        except OSError as error:
            logger.error("audit log not written", extra={"why": str(error.strerror), "line": line})

    def request(self, event: Event, user: str, connection: HTTPConnection, **more: str) -> None:
        """Record an event that a request caused, with the address of its client."""
        self.record(event, user, _address(connection), **more)

    def failure(self, event: Event, connection: HTTPConnection, **more: str) -> None:
        """Record a failure, unless there are too many of this address or of all."""
        address = _address(connection)
        if self._addresses.take(network_of(address)) or self._all.take(""):
            self._left_out += 1
            return
        left_out, self._left_out = self._left_out, 0
        self.record(event, "", address, **more, **({"left_out": left_out} if left_out else {}))

    def command(self, event: Event, user: str, **more: str | int) -> None:
        """Record an event that a command caused, with the system's id of the person who ran it."""
        self.record(event, user, "", system_uid=os.getuid(), **more)

    def _write(self, line: str) -> None:
        if self._path is None:
            if sys.stderr is None:
                raise OSError(errno.EBADF, "stderr is closed")
            sys.stderr.write(line)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            left = (b"\n" if self._cut_off else b"") + line.encode()
            while left:  # a disk that fills up takes the beginning of a line, without an error
                left = left[os.write(handle, left) :]
                self._cut_off = bool(left)
        finally:
            os.close(handle)


def _address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""
