"""The costs of work on a machine: the coefficients of forecasts, built in or fitted by `reelc doctor --calibrate`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of one processor for pieces of work, and the number of processors; a megapixel is a million pixels."""

    start: float = 0.12
    """To start an ffmpeg and to end it."""
    opening: float = 0.03
    """To open one clip's stream."""
    decoding: float = 0.002
    """To decode a megapixel of H.264."""
    drawing: float = 0.003
    """To crop and scale a megapixel of the canvas."""
    encoding: float = 0.04
    """To encode a megapixel as H.264 at the preset medium."""
    hearing: float = 0.01
    """To make a second of a clip's sound."""
    processors: int = 2


BUSY = 4
"""Processors that one ffmpeg keeps busy at most: its encoder has four threads."""

BUILT_IN = Costs()
"""Measured on two cores of an AMD EPYC with ffmpeg 9.0."""
