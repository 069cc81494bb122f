"""Decides which footage is fetched in parts, when ffmpeg reads it, and which whole, before that."""

from __future__ import annotations

from dataclasses import replace

from compiler.supervise.children.watching import can_watch
from compiler.supervise.record import Media
from server.checksums import BLOCK, SUM
from server.footage.cache import MediaCache
from server.footage.facts import Facts
from server.footage.parts import PartialFiles
from server.logs import logger
from server.storage.objects import Stat

INDEXED = ("mov", "matroska")
"""The containers with an index, by which ffmpeg finds a place without reading up to it."""

SMALLEST = 4 << 20
"""Bytes of the smallest file that is fetched in parts; smaller ones cost more in requests than in bytes."""

UNWATCHED = "the kernel does not let this process watch the reads of its children"


async def placed(cache: MediaCache, stat: Stat, facts: Facts) -> Facts:
    """The facts, leading to a copy with holes if the footage can be fetched in parts; logs why it cannot."""
    if stat.size < SMALLEST or not cache.absent([stat]):
        return facts
    reason = _reason(stat, facts) or (None if await can_watch(PartialFiles(())) else UNWATCHED)
    if reason is not None:
        logger.info("footage is fetched whole", extra={"key": stat.key, "bytes": stat.size, "why": reason})
        return facts
    return replace(facts, media=replace(facts.media, path=str(cache.partial_path(stat))))


def _reason(stat: Stat, facts: Facts) -> str | None:
    """Why footage is fetched whole; None for footage that can be fetched in parts."""
    media = facts.media
    if media.format not in INDEXED:
        return f"{media.format} has no index, so that ffmpeg reads the file up to a clip's place"
    if _is_straightened(media):
        return "it is decoded by reelc's own reader, whose reads are not watched"
    if facts.blocks is None or len(facts.blocks) != -(-stat.size // BLOCK) * SUM:
        return "its blocks have no checksums yet"
    return None


def _is_straightened(media: Media) -> bool:
    return bool(media.video.straightened or (media.audio and media.audio.straightened))
