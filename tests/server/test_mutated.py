"""Uploads of randomly damaged media: each is accepted or refused as the API describes, and the server is unharmed.

REELC_MUTATIONS sets their number; run thousands before a release.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.editing import SMALL, add_clip, export, trim
from tests.server.site import add_user, serving
from tests.server.test_http import project, refused

pytestmark = pytest.mark.fault

COUNT = int(os.environ.get("REELC_MUTATIONS", "60"))
RENDERED = 8
"""The number of accepted uploads that are rendered."""
SEEDS = ("short60.mp4", "ntsc.mp4", "pal25.mp4", "silent30.mp4", "late30.mkv", "film24.mov")


def flipped(media: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 8, 64, 512])):
        media[chance.randrange(len(media))] ^= 1 << chance.randrange(8)


def head_flipped(media: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 4, 16])):
        media[chance.randrange(min(4096, len(media)))] = chance.randrange(256)


def tail_flipped(media: bytearray, chance: random.Random) -> None:
    """The place of the index in most MP4 files."""
    for _ in range(chance.choice([1, 4, 16])):
        media[-1 - chance.randrange(min(4096, len(media)))] = chance.randrange(256)


def cut_short(media: bytearray, chance: random.Random) -> None:
    del media[chance.randrange(len(media)) :]


def torn_out(media: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(media))
    del media[start : start + chance.randrange(1, 5000)]


def put_in(media: bytearray, chance: random.Random) -> None:
    media[(start := chance.randrange(len(media))) : start] = chance.randbytes(chance.randrange(1, 5000))


def huge(media: bytearray, chance: random.Random) -> None:
    """Four bytes that may be a size or a count."""
    start = chance.randrange(len(media) - 4)
    media[start : start + 4] = chance.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\0"])


DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(flipped, head_flipped, tail_flipped, cut_short, torn_out, put_in, huge),
)


def test_damaged_media_are_taken_or_refused_and_nothing_else(tmp_path: Path, footage: Path) -> None:
    seeds, chance = [(footage / name).read_bytes() for name in SEEDS], random.Random(11)
    damaged = []
    for number in range(COUNT):
        media = bytearray(seeds[number % len(seeds)])
        chance.choice(DAMAGES)(media, chance)
        damaged.append(bytes(media))
    data = tmp_path / "data"
    token, seen, taken = add_user(data, "ann"), Counter[int](), list[str]()
    with serving(data, upload_limit="3000000") as site, site.client(token) as ann, ThreadPoolExecutor(2) as pool:

        def upload(media: bytes) -> None:
            answer = ann.post("/api/raw-clips", content=media, headers={"Content-Type": "video/mp4"})
            seen[answer.status_code] += 1
            if answer.status_code == 201:
                taken.append(answer.json()["id"])
            else:
                refused(answer, 422, "unreadable_media")

        list(pool.map(upload, damaged))
        assert min(seen[201], seen[422]) > COUNT // 10
        made = project(ann, settings=SMALL)
        for raw in random.Random(12).sample(sorted(taken), min(RENDERED, len(taken))):
            clip = add_clip(ann, made, raw, segments_data=trim(0.1, 0.3))
            answer = export(ann, made)
            assert answer.status_code in (200, 422) or refused(answer, 500, "render_error"), answer.text
            assert ann.delete(f"/api/clips/projects/{made}/clips/{clip}").status_code == 200
        assert len(ann.get("/api/raw-clips").json()["raw_clips"]) == seen[201]
        assert list((data / "local" / "temporary").iterdir()) == []
    assert "Traceback" not in (tmp_path / "data.log").read_text()
