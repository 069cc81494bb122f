"""Requests of one address begin in turns, so that they delay others by one of them."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from starlette.types import Message, Receive, Scope, Send

from server.web.turns import InTurn

MANY = 300


async def nothing() -> Message:
    return {}


async def nowhere(message: Message) -> None:
    pass


def ask(turns: InTurn, address: str, number: int) -> asyncio.Task[None]:
    scope = {"type": "http", "client": (address, number)}
    return asyncio.ensure_future(turns(scope, nothing, nowhere))


@pytest.mark.parametrize("gone", [0, MANY // 2])
def test_a_storm_of_one_address_delays_another_by_one_request(gone: int) -> None:
    begun: list[tuple[str, int]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        begun.append(scope["client"])

    async def work() -> None:
        turns = InTurn(app)
        storm = [ask(turns, "10.0.0.1", number) for number in range(MANY)]
        await asyncio.sleep(0)
        for task in storm[1 : 1 + gone]:
            task.cancel()  # clients that go away keep no turn
        await ask(turns, "10.0.0.2", 0)
        assert len(begun) <= 4
        await asyncio.gather(*storm, return_exceptions=True)
        assert not turns._waiting

    asyncio.run(work())
    assert Counter(address for address, _ in begun) == {"10.0.0.1": MANY - gone, "10.0.0.2": 1}
    assert [number for address, number in begun if address == "10.0.0.1"] == [0, *range(1 + gone, MANY)]
