"""The models of answers about users and their sessions."""

from __future__ import annotations

from server.routes.shapes import Answer
from server.tokens import Kind


class Me(Answer):
    """A user."""

    id: str


class Session(Answer):
    """A token of a user: a browser's session, a program's token, or an unused sign-in link."""

    id: str
    kind: Kind
    created_at: str
    expires_at: str | None
    current: bool


class Sessions(Answer):
    """The tokens of a user, the oldest first."""

    sessions: list[Session]
