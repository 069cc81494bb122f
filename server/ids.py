"""Ids that the server assigns: short, random, and valid in keys, paths and addresses."""

from __future__ import annotations

import secrets

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
LENGTH = 14
"""Characters: 70 bits, so that ids cannot be guessed and do not collide."""


def new_id(kind: str) -> str:
    """A new id; `kind` is its first letter."""
    return f"{kind}_" + "".join(secrets.choice(_LETTERS) for _ in range(LENGTH))
