"""Footage in the object store: the file as it came, and beside it what it is.

`users/<uid>/media/<raw clip>` is the file, `users/<uid>/media/<raw clip>.json` its facts as they were probed. Facts
can be long (every frame's time, if they are uneven), so the database holds only a summary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from compiler.supervise.record import Media, media_of, recorded
from server.storage.objects import ObjectStore

PLAYED = {
    "mov": (("h264", "av1", "vp9"), ("aac", "mp3", "opus", "flac")),
    "matroska": (("vp8", "vp9", "av1"), ("opus", "vorbis")),
}
"""The codecs of picture and sound that browsers play, by the container."""

HDR = ("smpte2084", "arib-std-b67")


@dataclass(frozen=True, slots=True)
class Footage:
    """What saving a clip needs to know of its footage: frames a second, and seconds."""

    rate: Fraction
    duration: Fraction


def media_key(uid: str, raw_clip_id: str) -> str:
    """The key of a raw clip's file."""
    return f"users/{uid}/media/{raw_clip_id}"


def facts_key(object_key: str) -> str:
    """The key of the facts beside a file."""
    return f"{object_key}.json"


async def write_facts(store: ObjectStore, object_key: str, media: Media) -> dict[str, Any]:
    """Store the facts of a file, and give their summary."""
    facts = recorded(media)
    await store.put(facts_key(object_key), json.dumps(facts).encode())
    ticks = facts["video"].pop("ticks")
    return {**facts, "video": {**facts["video"], "variable": bool(ticks)}}


async def read_facts(store: ObjectStore, object_key: str, path: Path) -> Media:
    """The facts of a file, of which there is a copy at `path`; Missing if there are none."""
    return media_of(path, json.loads(await store.get(facts_key(object_key))))


def playable(info: Mapping[str, Any]) -> bool:
    """Whether every browser plays a file as films will show it; one that does not by itself can have a proxy."""
    video, sound = info["video"], info["audio"]
    words = PLAYED.get(info["format"])
    if words is None or video["codec"] not in words[0] or video["pix_fmt"] not in ("yuv420p", "yuvj420p"):
        return False
    heard = sound is None or sound["codec"] in words[1]
    return heard and video["fields"] is None and not video["mirrored"] and video["color_transfer"] not in HDR


def summary(info: Mapping[str, Any]) -> Footage:
    """What the row of a raw clip says."""
    return Footage(Fraction(info["video"]["rate"]), Fraction(info["video"]["end"]))
