"""How far an export is: one state, always the newest, that any number of readers look at in their own time.

The members are those of the events that `reelc render --progress json` prints, and `export_id`.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from compiler.supervise.progress import Progress

FETCHED, RENDERED, STORED = 100e6, 40e6, 50e6
"""Of a second on two cores, about: bytes that come, pixels that are made, bytes that are put away."""

FILM_BYTES = 0.02
"""Bytes of a film a pixel, about."""

VERIFIED = 0.02
"""Seconds of verifying a second of rendering, about."""

STAGES = ("queued", "fetching", "rendering", "verifying", "storing", "complete")
ENDED = frozenset({"complete", "error", "cancelled"})


@dataclass(frozen=True, slots=True)
class State:
    """One moment of an export."""

    export_id: str
    seq: int = 0
    state: str = "queued"
    stage: str = "queued"
    progress: float = 0.0
    """From 0 to 1; it never goes back, and is 1 only when the film is durable."""
    frame: int = 0
    frames: int = 0
    fps: float | None = None
    speed: float | None = None
    eta_s: float | None = None
    message: str = "waiting for its turn"
    done: bool = False
    error: dict[str, Any] | None = None

    def event(self) -> dict[str, Any]:
        """The state as it is sent."""
        return {"type": "progress", **asdict(self), "progress": round(self.progress, 4)}


@dataclass(frozen=True, slots=True)
class Costs:
    """Predicted seconds of each stage of an export."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 1.0))

    def overall(self, stage: str, part: float) -> float:
        """How much of the whole is done when `part` of a stage is, from 0 to 1."""
        before = sum(self.seconds[each] for each in STAGES[: STAGES.index(stage)])
        return (before + part * self.seconds[stage]) / sum(self.seconds.values())


def predicted(absent: int, frames: int, size: tuple[int, int]) -> Costs:
    """The costs of a film of so many frames, with so many bytes of footage still to be fetched."""
    pixels = frames * size[0] * size[1]
    rendering = 0.5 + pixels / RENDERED
    return Costs(
        {
            "queued": 0.0,
            "fetching": 0.05 + absent / FETCHED,
            "rendering": rendering,
            "verifying": 0.3 + rendering * VERIFIED,
            "storing": 0.1 + pixels * FILM_BYTES / STORED,
            "complete": 0.0,
        }
    )


class Teller:
    """Keeps the newest state; whoever wants to know of changes waits for one after another."""

    def __init__(self, export_id: str) -> None:
        self.state = State(export_id)
        self.costs = Costs()
        self._changed = asyncio.Event()

    def at(self, stage: str, part: float = 0.0, message: str = "", **members: Any) -> None:
        """The export runs, and `part` of a stage is done."""
        progress = max(self.state.progress, min(self.costs.overall(stage, part), 0.999))
        self._tell(state="running", stage=stage, progress=progress, message=message or stage, **members)

    def rendering(self, progress: Progress) -> None:
        """What the render says of itself."""
        told = {"fps": progress.fps and round(progress.fps, 2), "speed": progress.speed}
        left = None if progress.eta is None else round(progress.eta + self._after(progress.stage), 1)
        self.at(
            progress.stage,
            progress.fraction if progress.stage == "rendering" else 0.0,
            f"frame {progress.frame}/{progress.frames}",
            frame=progress.frame,
            frames=progress.frames,
            eta_s=left,
            **told,
        )

    def back(self) -> None:
        """The export waits for its turn again."""
        self._tell(state="queued", stage="queued", message="waiting for its turn")

    def end(self, state: str, message: str, error: dict[str, Any] | None = None) -> None:
        """The export is over; nothing is told after this."""
        members: dict[str, Any] = {"state": state, "message": message, "error": error, "done": True, "eta_s": None}
        if state == "complete":
            members |= {"stage": "complete", "progress": 1.0, "frame": self.state.frames, "eta_s": 0.0}
        self._tell(**members)

    async def after(self, seq: int) -> State:
        """The newest state, once there is one after `seq`."""
        while self.state.seq <= seq:
            await self._changed.wait()
        return self.state

    def _after(self, stage: str) -> float:
        return sum(self.costs.seconds[each] for each in STAGES[STAGES.index(stage) + 1 :])

    def _tell(self, **members: Any) -> None:
        if self.state.done:
            return
        self.state = replace(self.state, seq=self.state.seq + 1, **members)
        self._changed.set()
        self._changed = asyncio.Event()
