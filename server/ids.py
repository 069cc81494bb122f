"""Ids that the server assigns: short, random, and valid in keys, paths and addresses; and the names of users."""

from __future__ import annotations

import re
import secrets

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
LENGTH = 14
"""Characters: 70 bits, so that ids cannot be guessed and do not collide."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


def is_name(text: str) -> bool:
    """Whether a text can be a user's name."""
    return _NAME.fullmatch(text) is not None


def new_id(kind: str) -> str:
    """A new id; `kind` is its first letter."""
    return f"{kind}_" + "".join(secrets.choice(_LETTERS) for _ in range(LENGTH))
