"""The film's rate, for reels that take it from their first clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from compiler.errors import Loc, ReelError
from compiler.ir.text import number
from compiler.model import Reel
from compiler.model.limits import FPS, RATE_TERM
from compiler.timeline.media import Media


def at_rate(reel: Reel, media: Mapping[str, Media]) -> Reel:
    """The reel with a known number of frames a second: its own, or the first clip's as probed.

    RC208 if the first clip's frames come at uneven times, or at a rate that no film may have.
    """
    if reel.canvas.rate is not None:
        return reel
    video = media[reel.clips[0].media].video
    rate = video.rate
    if video.variable or not FPS.hold(rate) or max(rate.as_integer_ratio()) > RATE_TERM:
        why = "its frames come at uneven times" if video.variable else f"it has {number(rate)} frames a second"
        raise ReelError(
            "RC208",
            Loc(reel.clips[0].id, "/canvas/fps"),
            "the first clip has no rate that the film could take",
            detail=f"{why}; a film has {FPS}",
            hint='state the rate, as "30"',
        )
    return replace(reel, canvas=replace(reel.canvas, rate=rate))
