"""Ids that the server gives: short, random, and fit for keys, paths and addresses."""

from __future__ import annotations

import secrets

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
LENGTH = 14
"""Characters: 70 bits, so that nobody guesses one and no two are ever alike."""


def new_id(kind: str) -> str:
    """A new id; `kind` is the letter it begins with."""
    return f"{kind}_" + "".join(secrets.choice(_LETTERS) for _ in range(LENGTH))
