"""Footage in the object store: the uploaded file, and its facts beside it.

`users/<uid>/media/<raw clip>` is the file, `users/<uid>/media/<raw clip>.json` its facts as they were probed. Facts
can be long (the time of every frame, at a variable frame rate), so the database holds only a summary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from compiler.supervise.record import Media, is_image, media_of, recorded
from server.problem import storage_problem
from server.storage.objects import ObjectStore
from server.tables.raw_clips import RawClipRow

PLAYED = {
    "mov": (("h264", "av1", "vp9"), ("aac", "mp3", "opus", "flac")),
    "matroska": (("vp8", "vp9", "av1"), ("opus", "vorbis")),
}
"""The video and audio codecs that browsers play, by container."""

HDR = ("smpte2084", "arib-std-b67")


@dataclass(frozen=True, slots=True)
class Footage:
    """The facts that saving a clip needs: the frame rate, the duration in seconds, and whether it is an image."""

    rate: Fraction
    duration: Fraction
    image: bool


def media_key(uid: str, raw_clip_id: str) -> str:
    """The key of a raw clip's file, or of a film."""
    return f"users/{uid}/media/{raw_clip_id}"


def facts_key(object_key: str) -> str:
    """The key of a file's facts."""
    return f"{object_key}.json"


async def write_facts(store: ObjectStore, object_key: str, media: Media) -> dict[str, Any]:
    """Store the facts of a file, and return their summary for the database."""
    facts = recorded(media)
    await store.put(facts_key(object_key), json.dumps(facts).encode())
    ticks = facts["video"].pop("ticks")
    return {**facts, "video": {**facts["video"], "variable": bool(ticks)}}


async def store_footage(
    store: ObjectStore, uid: str, raw_clip_id: str, name: str, path: Path, media: Media, now: str
) -> RawClipRow:
    """Store a file and its facts, and return the row that names them; 503 if the store kept another size."""
    key = media_key(uid, raw_clip_id)
    stat = await store.put_file(key, path)
    if stat.size != media.size:
        raise storage_problem("the object store kept a different number of bytes than was sent")
    info = await write_facts(store, key, media)
    return {
        "id": raw_clip_id,
        "name": name,
        "object_key": key,
        "etag": stat.etag,
        "size": stat.size,
        "media_info": info,
        "created_at": now,
    }


async def read_facts(store: ObjectStore, object_key: str, path: Path) -> Media:
    """The facts of a file whose copy is at `path`; Missing if none are stored."""
    return media_of(path, json.loads(await store.get(facts_key(object_key))))


def playable(info: Mapping[str, Any]) -> bool:
    """Whether every browser plays the file and shows it as films do; other files can have a proxy."""
    video, sound = info["video"], info["audio"]
    codecs = PLAYED.get(info["format"])
    if codecs is None or video["codec"] not in codecs[0] or video["pix_fmt"] not in ("yuv420p", "yuvj420p"):
        return False
    if any(video.get("crop") or ()):  # browsers show what the container cuts off
        return False
    audible = sound is None or sound["codec"] in codecs[1]
    return audible and video["fields"] is None and not video["mirrored"] and video["color_transfer"] not in HDR


def summary(info: Mapping[str, Any]) -> Footage:
    """The footage's facts from the summary in a raw clip's row."""
    return Footage(Fraction(info["video"]["rate"]), Fraction(info["video"]["end"]), is_image(info))
