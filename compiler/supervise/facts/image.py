"""The facts of an image. Runs in the probe child."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from compiler.supervise.facts.colour import colours
from compiler.supervise.images.image import Image, is_opaque
from compiler.supervise.media.admit import unreadable
from compiler.supervise.straighten.picture import sent_format
from compiler.timeline.media import STILL_RATE, STILL_SECONDS, STILL_TICK

Facts = dict[str, Any]

SMALLEST = 1001
"""The largest denominator of the frame rate by which an image's keyframes count."""

DECODED = 100_000_000
"""Pixels of all frames up to which all of them are decoded, so that damaged ones are known."""

OPAQUE = {"rgba": "rgb24", "bgra": "bgr24", "rgba64le": "rgb48le", "ya8": "gray"}
"""The formats without transparency of formats that have some."""


def image_facts(path: Path, image: Image, rule: int) -> Facts:
    """The fields of timeline.media.Media, except the path; RC604 if no frame decodes."""
    first = next((frame for _, frame in image.stamped() if frame), None)
    if first is None:
        raise unreadable("has no picture that can be decoded")
    missing = f"is cut short: its pictures end at {float(image.ticks[-1] * image.time_base):.1f} s" if image.cut else ""
    return {
        "format": image.format,
        "start": 0,
        "earliest": 0,
        "size": path.stat().st_size,
        "audio": None,
        "rule": rule,
        "notices": (f"the file {missing}",) if missing else (),
        "cut_short": missing,
        "video": {**_seen(image, first), **(_held() if image.still else _moving(image))},
    }


def _seen(image: Image, frame: VideoFrame) -> Facts:
    """The facts of what the frames look like."""
    pix_fmt = sent_format(frame.format.name)
    if not image.clears and is_opaque(frame):
        pix_fmt = OPAQUE.get(pix_fmt, pix_fmt)
    stated = SimpleNamespace(
        pix_fmt=frame.format.name,
        color_range=int(frame.color_range),
        colorspace=int(frame.colorspace),
        color_primaries=int(frame.color_primaries),
        color_trc=int(frame.color_trc),
    )
    return {
        "index": 0,
        "codec": image.codec,
        "width": frame.width,
        "height": frame.height,
        "first": 0,
        "start": None,
        "sar": 1,
        "rotation": image.rotation,
        "mirrored": image.mirrored,
        "crop": image.crop,
        "pix_fmt": pix_fmt,
        "tags": (int(frame.colorspace), int(frame.color_range)),
        **colours(cast(VideoCodecContext, stated)),
    }


def _held() -> Facts:
    """The times of a still."""
    return {
        "rate": STILL_RATE,
        "time_base": STILL_TICK,
        "end": STILL_SECONDS,
        "ticks": (0,),
        "frames": 1,
        "straightened": ("it is an image",),
    }


def _moving(image: Image) -> Facts:
    """The times of a moving image."""
    *ticks, end = image.ticks
    lasts = end * image.time_base
    return {
        "rate": Fraction(len(ticks) / lasts).limit_denominator(SMALLEST),
        "time_base": image.time_base,
        "end": lasts,
        "ticks": tuple(ticks),
        "frames": len(ticks),
        "straightened": ("it is a moving image",),
        "held": tuple(_damaged(image)),
    }


def _damaged(image: Image) -> Iterator[tuple[Fraction, Fraction]]:
    """The times of frames that do not decode, of an image that is decoded in a second or so."""
    if len(image.durations) * math.prod(image.size) > DECODED:
        return
    for begin, end, frame in zip(image.ticks, image.ticks[1:], image.frames(), strict=False):
        if frame is None:
            yield begin * image.time_base, end * image.time_base
