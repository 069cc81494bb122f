"""The progress of an export: one state, always the newest, for any number of readers at their own pace.

Its members are those of the events that `reelc render --progress json` prints, and `export_id`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from compiler.supervise.films.progress import Progress

FETCHED, RENDERED, STORED = 100e6, 40e6, 50e6
"""Estimates for one second on two cores: bytes fetched, pixels rendered, bytes stored."""

FILM_BYTES = 0.02
"""Estimated bytes of a film for each pixel."""

VERIFIED = 0.02
"""Estimated seconds of verifying for each second of rendering."""

WAITING = "waiting for its turn"
SAME = "another export makes the same film"

STAGES = ("queued", "fetching", "rendering", "verifying", "storing", "complete")
ENDED = frozenset({"complete", "error", "cancelled"})


Name = Literal["queued", "running", "complete", "error", "cancelled"]
Stage = Literal["queued", "fetching", "rendering", "verifying", "storing", "complete"]


def _whole(schema: dict[str, Any]) -> None:
    """Mark every member as required: each message has them all."""
    schema["required"] = [*schema["properties"]]
    for member in schema["properties"].values():
        member.pop("default", None)


class State(BaseModel):
    """The state of an export at one moment: the message that clients get."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_whole)

    type: Literal["progress"] = "progress"
    export_id: str
    seq: Annotated[int, Field(ge=0, description="Counts the changes; not every change is sent.")] = 0
    state: Name = "queued"
    stage: Annotated[Stage, Field(description="The current stage, or the stage in which the export ended.")] = "queued"
    progress: Annotated[float, Field(ge=0, le=1, description="Never decreases; 1 when the film is durable.")] = 0.0
    frame: Annotated[int, Field(ge=0, description="Number of rendered frames.")] = 0
    frames: Annotated[int, Field(ge=0, description="Number of frames of the film; 0 while unknown.")] = 0
    fps: Annotated[float | None, Field(description="Frames rendered a second.")] = None
    speed: Annotated[float | None, Field(description="Seconds of the film rendered a second.")] = None
    eta_s: Annotated[float | None, Field(description="Estimated seconds to the end.")] = None
    place: Annotated[int | None, Field(ge=1, description="Place in the queue; null while it does not wait there.")] = (
        None
    )
    message: Annotated[str, Field(description="A sentence for people.")] = WAITING
    done: Annotated[bool, Field(description="Whether this is the last message.")] = False
    error: dict[str, Any] | None = None

    def event(self) -> dict[str, Any]:
        """The state as the message sent to clients."""
        return {**self.model_dump(), "progress": round(self.progress, 4)}


@dataclass(frozen=True, slots=True)
class Costs:
    """Predicted seconds of each stage of an export."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 1.0))

    @property
    def whole(self) -> float:
        """Seconds of the whole export."""
        return sum(self.seconds.values())

    def overall(self, stage: str, part: float) -> float:
        """The completed share of the whole export, from 0 to 1, when `part` of a stage is complete."""
        before = sum(self.seconds[each] for each in STAGES[: STAGES.index(stage)])
        return (before + part * self.seconds[stage]) / self.whole


def predicted(absent: int, frames: int, size: tuple[int, int]) -> Costs:
    """The predicted costs of a film with this many frames, when `absent` bytes of footage are still to be fetched."""
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


def estimated(paces: Sequence[float], frames: int, size: tuple[int, int]) -> float:
    """Estimated seconds of an export whose footage is there: the forecast, corrected by earlier exports' `paces`."""
    return predicted(0, frames, size).whole * (median(paces) if paces else 1)


class Tracker:
    """Keeps the newest state of an export; readers wait with `after` for each change."""

    def __init__(self, export_id: str) -> None:
        self.state = State(export_id=export_id)
        self.costs = Costs()
        self._changed = asyncio.Event()

    def at(self, stage: str, part: float = 0.0, message: str = "", **members: Any) -> None:
        """Set the export to running, with `part` of a stage complete."""
        progress = max(self.state.progress, min(self.costs.overall(stage, part), 0.999))
        given = {"progress": progress, "place": None, "message": message or stage, **members}
        self._change(state="running", stage=stage, **given)

    def rendering(self, progress: Progress) -> None:
        """Take over the progress of the render."""
        rates = {"fps": progress.fps and round(progress.fps, 2), "speed": progress.speed}
        left = None if progress.eta is None else round(progress.eta + self._after(progress.stage), 1)
        self.at(
            progress.stage,
            progress.fraction if progress.stage == "rendering" else 0.0,
            progress.counted,
            frame=progress.frame,
            frames=progress.frames,
            eta_s=left,
            **rates,
        )

    def waiting(self, place: int | None) -> None:
        """Set the place in the queue of an export that waits for its turn, None when that has come."""
        if place != self.state.place:
            self._change(place=place, message=f"{WAITING}: number {place} in the queue" if place else WAITING)

    def follow(self, other: State) -> None:
        """Show the progress of another export, whose film this one waits for."""
        if not other.done:
            names = ("state", "stage", "place", "frame", "frames", "fps", "speed", "eta_s")
            members = {name: getattr(other, name) for name in names}
            progress = max(self.state.progress, other.progress)
            self._change(progress=progress, message=f"{SAME}: {other.message}", **members)

    def back(self) -> None:
        """Set the export back to queued."""
        self._change(state="queued", stage="queued", place=None, message=WAITING)

    def end(self, state: str, message: str, error: dict[str, Any] | None = None) -> None:
        """Set the last state; later changes are ignored."""
        members: dict[str, Any] = {"state": state, "message": message, "error": error, "done": True}
        members |= {"eta_s": None, "place": None}
        if state == "complete":
            members |= {"stage": "complete", "progress": 1.0, "frame": self.state.frames, "eta_s": 0.0}
        self._change(**members)

    async def after(self, seq: int) -> State:
        """Wait for a state later than `seq`; return the newest."""
        while self.state.seq <= seq:
            await self._changed.wait()
        return self.state

    def _after(self, stage: str) -> float:
        return sum(self.costs.seconds[each] for each in STAGES[STAGES.index(stage) + 1 :])

    def _change(self, **members: Any) -> None:
        if self.state.done:
            return
        self.state = self.state.model_copy(update={"seq": self.state.seq + 1, **members})
        self._changed.set()
        self._changed = asyncio.Event()
