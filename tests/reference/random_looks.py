"""Random reels with moving boxes, speed ramps, held, turned or rotated pictures, bars, blends and volumes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.reference.facts import Facts

RATES = ("24", "25", "30000/1001", "30")
CANVASES = ((180, 320), (320, 180), (240, 240))
SPEEDS = (0.25, 0.5, 0.75, 1, 1, 1.5, 2)
EASES = ("spline", "linear", "smooth", "hold")

MARGIN = 0.16
"""Part of the picture's size that keyframes keep from its edge: where a spline would overshoot it, the box is clamped,
in a way that this test leaves open."""


def random_looks(seed: int, facts: Mapping[str, Facts]) -> dict[str, Any]:
    """A reel of 1 to 3 clips, the same for the same seed and facts."""
    dice = random.Random(f"looks/{seed}")
    canvas = dice.choice(CANVASES)
    fit = dice.choice(("contain", "cover"))
    clips = [_clip(dice, number, facts, Fraction(*canvas), fit) for number in range(dice.randint(1, 3))]
    for clip in clips[1:]:
        kind = dice.choice(("cut", "fade", "dissolve"))
        clip["transition_data"] = {"type": kind, "duration": dice.choice((0.1, 0.2, 0.3))}
    return {
        "reel": 1,
        "canvas": {"width": canvas[0], "height": canvas[1], "fps": dice.choice(RATES), "fit": fit},
        "audio": {"stretch": dice.choice(("varispeed", "pitch"))},
        "clips": clips,
    }


def _clip(dice: random.Random, number: int, facts: Mapping[str, Facts], shape: Fraction, fit: str) -> dict[str, Any]:
    media = dice.choice(sorted(facts))
    start, length = round(dice.uniform(0, 2.4), 3), round(dice.uniform(0.7, 1.5), 3)
    end = round(start + length, 3)
    cuts = [round(dice.uniform(start, end), 3) for _ in range(dice.choice((0, 1, 2)))]
    parts = pairwise(sorted({start, *cuts, end}))
    spans: list[dict[str, Any]] = [{"start": a, "end": b, "speed": _speed(dice)} for a, b in parts]
    if dice.random() < 0.2:
        spans.append({"at": round(dice.uniform(start, end), 3), "freeze": dice.choice((0.1, 0.25))})
    shaped = fit == "contain" and dice.random() < 0.7
    turned = _turned(random.Random(f"turned/{media}/{start}"))
    clip: dict[str, Any] = {
        "id": f"c{number}",
        "media": media,
        "segments_data": {"version": 2, "trimRange": {"start": start, "end": end}, "spans": spans},
        "crop_data": _keyframes(dice, _lying(facts[media], turned), start, shape if shaped else None, shape),
        **turned,
    }
    if dice.random() < 0.25:
        clip["rotation"] = round(dice.uniform(-9, 9), 2)
    return clip


def _turned(dice: random.Random) -> dict[str, Any]:
    """A turn, a mirror and a volume, or none of them; they have dice of their own, so that the rest of a reel stays."""
    looks = {"turn": dice.choice((0, 0, 90, 180, 270)), "mirror": dice.random() < 0.3}
    heard = {"volume": dice.choice((0, 0, -12, -3.5, 4)), "mute": dice.random() < 0.1}
    return {name: value for name, value in {**looks, **heard}.items() if value}


def _lying(facts: Facts, turned: dict[str, Any]) -> Facts:
    """The facts with the sides of the turned picture."""
    return replace(facts, size=facts.size[::-1]) if turned.get("turn") in (90, 270) else facts


def _speed(dice: random.Random) -> float | dict[str, Any]:
    if dice.random() < 0.3:
        return {"from": dice.choice(SPEEDS), "to": dice.choice(SPEEDS), "ease": dice.choice(("linear", "smooth"))}
    return dice.choice(SPEEDS)


def _keyframes(
    dice: random.Random, facts: Facts, start: float, wanted: Fraction | None, canvas: Fraction
) -> list[dict[str, Any]]:
    """Boxes of one shape: the canvas's or another; still, panning, or zooming."""
    shape = float(wanted or canvas * Fraction(dice.choice((1, 1, 2, 3)), 2))
    times = (start - 0.2 + 0.5 * k + dice.random() / 3 for k in range(dice.choice((1, 2, 4))))
    frames = sorted({max(0, round(at * float(facts.rate))) for at in times})
    zooms, first = dice.random() < 0.4, dice.uniform(0.45, 0.95)
    scales = [dice.uniform(0.45, 0.95) if zooms else first for _ in frames]
    return [_keyframe(dice, frame, facts, shape, scale) for frame, scale in zip(frames, scales, strict=True)]


def _keyframe(dice: random.Random, frame: int, facts: Facts, shape: float, scale: float) -> dict[str, Any]:
    left, top = facts.size[0] * MARGIN, facts.size[1] * MARGIN
    room = (facts.size[0] - 2 * left, facts.size[1] - 2 * top)
    width = min(room[0], room[1] * shape) * scale
    height = width / shape
    x, y = left + (room[0] - width) * dice.random(), top + (room[1] - height) * dice.random()
    return {"frame": frame, "x": x, "y": y, "width": width, "height": height, "ease": dice.choice(EASES)}
