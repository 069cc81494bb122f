"""How far an export is: one state, always the newest, that any number of readers look at in their own time.

The members are those of the events that `reelc render --progress json` prints, and `export_id`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from compiler.supervise.progress import Progress

FETCHED, RENDERED, STORED = 100e6, 40e6, 50e6
"""Of a second on two cores, about: bytes that come, pixels that are made, bytes that are put away."""

FILM_BYTES = 0.02
"""Bytes of a film a pixel, about."""

VERIFIED = 0.02
"""Seconds of verifying a second of rendering, about."""

STAGES = ("queued", "fetching", "rendering", "verifying", "storing", "complete")
ENDED = frozenset({"complete", "error", "cancelled"})


Name = Literal["queued", "running", "complete", "error", "cancelled"]
Stage = Literal["queued", "fetching", "rendering", "verifying", "storing", "complete"]


def _whole(schema: dict[str, Any]) -> None:
    """A message has every member."""
    schema["required"] = [*schema["properties"]]
    for member in schema["properties"].values():
        member.pop("default", None)


class State(BaseModel):
    """One moment of an export: the message that tells it, and its description."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_whole)

    type: Literal["progress"] = "progress"
    export_id: str
    seq: Annotated[int, Field(ge=0, description="Counts the changes; some are not told.")] = 0
    state: Name = "queued"
    stage: Annotated[Stage, Field(description="What is being done, or was when it ended.")] = "queued"
    progress: Annotated[float, Field(ge=0, le=1, description="Never goes back; 1 when the film is durable.")] = 0.0
    frame: Annotated[int, Field(ge=0, description="How many are rendered.")] = 0
    frames: Annotated[int, Field(ge=0, description="How many there will be; 0 while that is not known.")] = 0
    fps: Annotated[float | None, Field(description="Frames rendered a second.")] = None
    speed: Annotated[float | None, Field(description="Seconds of the film rendered a second.")] = None
    eta_s: Annotated[float | None, Field(description="Seconds to the end, as far as one can tell.")] = None
    message: Annotated[str, Field(description="For people.")] = "waiting for its turn"
    done: Annotated[bool, Field(description="Whether this is the last message.")] = False
    error: dict[str, Any] | None = None

    def event(self) -> dict[str, Any]:
        """The state as it is sent."""
        return {**self.model_dump(), "progress": round(self.progress, 4)}


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
        self.state = State(export_id=export_id)
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
        self.state = self.state.model_copy(update={"seq": self.state.seq + 1, **members})
        self._changed.set()
        self._changed = asyncio.Event()
