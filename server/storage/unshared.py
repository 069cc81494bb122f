"""Databases without other servers: those of tests and of benches."""

from __future__ import annotations

import contextlib


class Unshared:
    """The leases of a process that shares its store with no server: it has them all."""

    def term(self, uid: str) -> int:
        """The term of every lease."""
        return 0

    def since(self, uid: str) -> int:
        """The term of every lease."""
        return 0

    async def hold(self, uid: str) -> None:
        """Have a user's lease."""

    def kept(self, uid: str) -> contextlib.AbstractContextManager[None]:
        """Nothing is given back."""
        return contextlib.nullcontext()

    def doubt(self, uid: str) -> None:
        """Nothing is in doubt."""

    def look_again(self) -> None:
        """Nothing is left to others."""

    def overdue(self) -> float:
        """Nothing can be taken."""
        return 0.0

    def contested(self, uid: str) -> bool:
        """Nothing is contested."""
        return False

    def settle(self, uid: str) -> None:
        """Nothing is contested."""

    def idle(self, unused_for: float) -> list[str]:
        """Nothing is given back."""
        return []

    async def give_back(self, uid: str) -> None:
        """Nothing is given back."""
