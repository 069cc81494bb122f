"""Footage in the object store: the uploaded file, and its facts beside it.

`users/<uid>/media/<raw clip>` is the file, `users/<uid>/media/<raw clip>.json` its facts as they were probed, with the
file's checksums and a hash of the document itself; documents of before have fewer. Facts can be long (the time of
every frame, at a variable frame rate), so the database holds only a summary.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from compiler.supervise.record import NOT_FACTS, Media, checked_media, is_image, media_of, recorded
from server.checksums import Checksums
from server.problem import storage_problem
from server.storage.again import undamaged
from server.storage.objects import DamagedObject, Missing, ObjectStore
from server.tables.raw_clips import RawClipRow
from server.threads import computed

PLAYED = {
    "mov": (("h264", "av1", "vp9"), ("aac", "mp3", "opus", "flac")),
    "matroska": (("vp8", "vp9", "av1"), ("opus", "vorbis")),
}
"""The video and audio codecs that browsers play, by container."""

CHECKSUM, BLOCKS, SEAL = "sha256", "blocks", "seal"
"""The members of a document of facts that are no facts: the file's checksum, those of its blocks, and the hash of the
text before it."""

_SEAL = re.compile(rb'(.*), "seal": "[0-9a-f]{64}"\}', re.DOTALL)

HDR = ("smpte2084", "arib-std-b67")


@dataclass(frozen=True, slots=True)
class Footage:
    """The facts that saving a clip needs: the frame rate, the duration in seconds, and whether it is an image."""

    rate: Fraction
    duration: Fraction
    image: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """The stored facts of a file; a checksum is None for a file that was stored before such checksums were."""

    media: Media
    sha256: str | None
    blocks: bytes | None = None
    """The checksums of the file's blocks."""


def media_key(uid: str, raw_clip_id: str) -> str:
    """The key of a raw clip's file, or of a film."""
    return f"users/{uid}/media/{raw_clip_id}"


def facts_key(object_key: str) -> str:
    """The key of a file's facts."""
    return f"{object_key}.json"


async def write_facts(store: ObjectStore, object_key: str, media: Media, checksums: Checksums) -> dict[str, Any]:
    """Store the facts of a file and its checksums, and return the facts' summary for the database."""
    facts = await computed(recorded, media)
    await store.put(facts_key(object_key), await computed(_sealed, facts, checksums))
    return _summarised(facts)


def media_info(media: Media) -> dict[str, Any]:
    """The summary of facts for the database, without the work of recording the time of every frame."""
    few = replace(media.video, ticks=media.video.ticks[:1], keys=())
    return _summarised(recorded(replace(media, video=few)))


def _summarised(facts: dict[str, Any]) -> dict[str, Any]:
    ticks = facts["video"].pop("ticks")
    del facts["video"]["keys"]
    return {**facts, "video": {**facts["video"], "variable": bool(ticks)}}


async def store_footage(
    store: ObjectStore, uid: str, raw_clip_id: str, name: str, path: Path, media: Media, checksums: Checksums, now: str
) -> RawClipRow:
    """Store a file and its facts, and return the row that names them; 503 if the store kept another size."""
    key = media_key(uid, raw_clip_id)
    stat = await store.put_file(key, path)
    if stat.size != media.size:
        raise storage_problem("the object store kept a different number of bytes than was sent")
    info = await write_facts(store, key, media, checksums)
    return {
        "id": raw_clip_id,
        "name": name,
        "object_key": key,
        "etag": stat.etag,
        "size": stat.size,
        "media_info": info,
        "start_time": None,
        "end_time": None,
        "created_at": now,
    }


async def read_facts(store: ObjectStore, object_key: str, path: Path) -> Facts:
    """The facts of a file whose copy is at `path`; Missing if none are stored, DamagedObject if they are damaged."""
    key = facts_key(object_key)

    async def read() -> Facts:
        return await computed(facts_in, await store.get(key), key, path)

    return await undamaged(read, key)


async def whole_facts(store: ObjectStore, object_key: str) -> Facts | None:
    """The facts of a file without a copy; None if they are missing or damaged."""
    try:
        return await read_facts(store, object_key, Path(object_key))
    except (Missing, DamagedObject):
        return None


async def stated_checksum(store: ObjectStore, object_key: str) -> str | None:
    """The SHA-256 of a file that its facts state; None if they state none, or are missing or damaged."""
    facts = await whole_facts(store, object_key)
    return None if facts is None else facts.sha256


def facts_in(document: bytes, key: str, path: Path) -> Facts:
    """The facts in a stored document; DamagedObject if it is damaged."""
    try:
        stored = json.loads(document)
        sha256 = stored.get(CHECKSUM)
        if sha256 is None and SEAL not in stored:
            return Facts(checked_media(media_of(path, stored)), None)
        sealed = _SEAL.fullmatch(document)
        if sealed is not None and _hash(sealed[1]) == stored[SEAL]:
            blocks = stored.get(BLOCKS)
            return Facts(media_of(path, stored), sha256, None if blocks is None else base64.b64decode(blocks))
    except NOT_FACTS as error:
        raise DamagedObject(key) from error
    raise DamagedObject(key)


async def add_checksums(store: ObjectStore, object_key: str, checksums: Checksums) -> None:
    """Store the checksums of a file with its facts, which are older than them."""
    key = facts_key(object_key)
    facts = await computed(json.loads, await store.get(key))
    await store.put(key, await computed(_sealed, facts, checksums))


def _sealed(facts: dict[str, Any], checksums: Checksums) -> bytes:
    """The document of these facts: the last member is the hash of all text before it."""
    sums = {CHECKSUM: checksums.sha256, BLOCKS: base64.b64encode(checksums.blocks).decode()}
    body = json.dumps({name: value for name, value in (facts | sums).items() if name != SEAL}).encode()[:-1]
    return body + f', "{SEAL}": "{_hash(body)}"}}'.encode()


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def playable(row: RawClipRow) -> bool:
    """Whether every browser plays the file and shows it as films do; other files can have a proxy. A window has no file
    that holds nothing else."""
    if row["start_time"] is not None or row["end_time"] is not None:
        return False
    info = row["media_info"]
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
