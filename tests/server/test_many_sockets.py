"""Hundreds of sockets at once, some of which do not read: each gets the end of its export, and the renders go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection

from tests.server.editing import begin, one_clip, trim
from tests.server.site import add_user, serving
from tests.server.test_progress import ORDER, heard, socket

pytestmark = pytest.mark.fault

USERS, SOCKETS, STALLED = 4, 50, 5
SLOWED = trim(0, 2, {"start": 0, "end": 2, "speed": 0.1})


def test_each_of_hundreds_hears_the_end(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    tokens = [add_user(data, f"user{number}") for number in range(USERS)]
    with serving(data) as site, ExitStack() as stack, ThreadPoolExecutor(USERS * SOCKETS) as readers:
        reading, stalled = [], list[ClientConnection]()
        for token in tokens:
            client = stack.enter_context(site.client(token))
            export_id = begin(client, one_clip(client, game, segments_data=SLOWED))
            sockets = [stack.enter_context(socket(client, export_id)) for _ in range(SOCKETS)]
            reading += [readers.submit(heard, each) for each in sockets[STALLED:]]
            stalled += sockets[:STALLED]
        messages = [each.result() for each in reading] + [heard(each) for each in stalled]
    assert len(messages) == USERS * SOCKETS
    for states in messages:
        assert (states[-1]["state"], states[-1]["done"]) == ("complete", True)
        ranks = [ORDER.index(state["stage"]) for state in states]
        assert ranks == sorted(ranks)
        frames = [state["frame"] for state in states]
        assert frames == sorted(frames)
