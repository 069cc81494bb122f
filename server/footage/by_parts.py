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
    if not media.indexed and not (media.unindexed and _is_entered(media)):
        return f"{media.format} is read up to a clip: no places are known at which it could be entered"
    if facts.blocks is None or len(facts.blocks) != -(-stat.size // BLOCK) * SUM:
        return "its blocks have no checksums yet"
    return None


def _is_entered(media: Media) -> bool:
    """Whether reelc's own reader enters the streams of a file at late places, which its facts know."""
    streams = (media.video, media.audio) if media.audio else (media.video,)
    return all(stream.straightened and len(stream.entries) > 1 for stream in streams)
