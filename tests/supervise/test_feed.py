"""What a straightening child says at its end counts, however much it said before."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from compiler.errors import Loc, ReelError
from compiler.supervise.children.ends import KEPT
from compiler.supervise.children.sandbox import Child, ChildLimits
from compiler.supervise.films import feed
from compiler.supervise.films.verdict import Origins

LOC = Loc("dunk", "/clips/0/media")


def test_the_error_of_a_child_that_said_much_before_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = ReelError("RC604", Loc(), "is damaged", hint="copy it again")
    said = tmp_path / "said"
    said.write_text("a complaint\n" * (2 * KEPT // 10) + json.dumps({"fifo": "0.nut", "error": fault.fields()}) + "\n")

    async def start(*_: Any) -> Child:
        return await asyncio.create_subprocess_exec(
            "sh", "-c", 'cat "$0" >&2; exit 1', str(said), stderr=asyncio.subprocess.PIPE
        )

    monkeypatch.setattr(feed, "start_fork", start)
    feeds = {"0.nut": json.dumps({"path": "game.ts"})}

    async def scene() -> None:
        async with feed.feeding(feeds, tmp_path, Origins(paths={"game.ts": LOC}), ChildLimits()):
            fifo = await asyncio.to_thread(
                (tmp_path / "0.nut").open, "rb"
            )  # opened in the child's place once it has ended
            fifo.close()

    with pytest.raises(ReelError) as caught:
        asyncio.run(scene())
    assert (caught.value.code, caught.value.loc) == ("RC604", LOC)
    assert "is damaged" in caught.value.message
    assert not (tmp_path / "0.nut").exists()
