"""Windows of footage: raw clips that are a part of a file, which they share with others.

The previews of a window are stored beside the file, as `users/<uid>/media/<file>.w<hash of the window>.strip.jpg` and
so on, so that they go with the file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, cast

from compiler.pipeline.windows import part_of
from compiler.supervise.record import Media
from server.footage.facts import media_info
from server.ids import new_id
from server.tables.raw_clips import RawClipRow


@dataclass(frozen=True, slots=True)
class Part:
    """A stored file, or a window of it in seconds of its source time."""

    key: str
    """The key of the file."""
    start: float | None = None
    end: float | None = None

    @classmethod
    def of(cls, row: RawClipRow) -> Part:
        """The footage of a raw clip."""
        return cls(row["object_key"], row["start_time"], row["end_time"])

    @property
    def is_window(self) -> bool:
        """Whether it is a window, and not the whole file."""
        return self.start is not None or self.end is not None

    @property
    def previews(self) -> str:
        """The beginning of the keys of its previews."""
        if not self.is_window:
            return self.key
        named = json.dumps([self.start, self.end])
        return f"{self.key}.w{hashlib.sha256(named.encode()).hexdigest()[:16]}"

    def of_file(self, media: Media) -> Media:
        """The facts of this part, from the file's."""
        return part_of(media, self.start, self.end)


def window_row(row: RawClipRow, media: Media, part: Part, name: str, now: str) -> RawClipRow:
    """The row of a part of a raw clip's file; `media` are the facts of the file. ReelError for a part that it has not.

    It is arithmetic on the time of every frame, and for a thread.
    """
    info = media_info(part.of_file(media))
    times = {"start_time": part.start or 0.0, "end_time": part.end}
    return cast(RawClipRow, {**row, "id": new_id("r"), "name": name, "media_info": info, **times, "created_at": now})


def window_json(row: RawClipRow) -> dict[str, Any] | None:
    """The `window` of a reel file's clip; None for the whole file."""
    return {"start": row["start_time"], "end": row["end_time"]} if Part.of(row).is_window else None
