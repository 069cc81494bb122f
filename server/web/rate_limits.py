"""Rate limits by token buckets: one for every user and every address, refilled at a steady rate."""

from __future__ import annotations

from math import ceil

from starlette.types import ASGIApp, Receive, Scope, Send

from server.addresses import network_of
from server.ages import Seconds, awake
from server.problem import Problem
from server.settings import Settings

MOST = 50_000
"""Number of buckets kept; beyond it, full buckets are dropped."""

FREE = frozenset({"/healthz", "/readyz"})
"""The addresses for monitors, which are never limited."""


class Buckets:
    """One bucket for each name: `burst` requests at once, then `rate` a second."""

    def __init__(self, rate: float, burst: int, clock: Seconds = awake) -> None:
        self.rate, self.burst, self._clock = rate, burst, clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, name: str) -> float:
        """Take a token and return 0, or return the seconds until one is available."""
        now = self._clock()
        left = self._now(name, now)
        if left < 1:
            self._left[name] = left, now
            return (1 - left) / self.rate
        self._left[name] = left - 1, now
        if len(self._left) > MOST:
            self._left = {each: was for each, was in self._left.items() if self._now(each, now) < self.burst}
        return 0.0

    def _now(self, name: str, now: float) -> float:
        left, then = self._left.get(name, (float(self.burst), now))
        return min(float(self.burst), left + (now - then) * self.rate)


class RateLimits:
    """The buckets of one process."""

    def __init__(self, settings: Settings, clock: Seconds = awake) -> None:
        self._users = Buckets(settings.user_rate, settings.user_burst, clock)
        self._addresses = Buckets(settings.address_rate, settings.address_burst, clock)

    def user(self, uid: str) -> None:
        """Count a request of a user; 429 when the limit is exceeded."""
        _refuse(self._users.take(uid))

    def address(self, address: str) -> None:
        """Count a request from an address; 429 when the limit is exceeded."""
        _refuse(self._addresses.take(address))


def _refuse(wait: float) -> None:
    if wait > 0:
        headers = {"Retry-After": str(ceil(wait))}
        raise Problem(429, "too_many_requests", f"too many requests: wait {ceil(wait)} s", headers=headers)


class AddressLimit:
    """The middleware that limits requests by address, handshakes of WebSockets among them, before any look-up."""

    def __init__(self, app: ASGIApp, limits: RateLimits) -> None:
        self.app, self.limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 429 when its address exceeds the limit."""
        if scope["type"] in ("http", "websocket") and scope["path"] not in FREE:
            try:
                self.limits.address(network_of((scope.get("client") or ("",))[0]))
            except Problem as problem:
                await problem.answer(scope, receive, send)
                return
        await self.app(scope, receive, send)
