"""Structured logs: one JSON object a line on stderr, with the ids of its request, user and job."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from compiler.supervise.plain import plain

request_id: ContextVar[str] = ContextVar("request_id", default="")
user_id: ContextVar[str] = ContextVar("user_id", default="")
job_id: ContextVar[str] = ContextVar("job_id", default="")

_CONTEXT = {"request_id": request_id, "user_id": user_id, "job_id": job_id}
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}

logger = logging.getLogger("reelc")


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object: time (UTC), level, event, the context's ids and the record's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's line."""
        members: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **{name: value for name, variable in _CONTEXT.items() if (value := variable.get())},
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        if record.exc_info:
            members["trace"] = self.formatException(record.exc_info)
        return json.dumps(members, default=str)


class Text(logging.Formatter):
    """Formats a record as text for people.

    What users and libraries wrote can neither begin a line, nor move the cursor, nor pass for another field.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, and its stack trace if it has one."""
        fields = {name: value for name, variable in _CONTEXT.items() if (value := variable.get())}
        fields |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        pairs = " ".join(f"{name}={_quoted(str(value))}" for name, value in fields.items())
        line = f"{record.levelname.lower():7} {plain(record.getMessage())}  {pairs}".rstrip()
        trace = self.formatException(record.exc_info).split("\n") if record.exc_info else []
        return "\n".join([line, *(f"    {plain(each)}" for each in trace)])


def _quoted(value: str) -> str:
    """A value on one line, in quotes where its end could not be seen otherwise."""
    if not any(c in value for c in ' ="'):
        return plain(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain(escaped)}"'


def set_up(level: str, form: str) -> None:
    """Send the logs of this process to stderr in this form, `json` or `text`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel("WARNING")
    logger.setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel("WARNING" if level != "debug" else "INFO")
