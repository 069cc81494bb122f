"""A clip's own turn, mirror, volume and silence, against the reference and against the metadata's turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.cases import cases
from tests.conform.smooth_reels import MEDIA, decoded, facts_of, heard, planes
from tests.conform.studio import compiled, raw_film, rendered
from tests.conform.test_reference import LEAST, check_sound, psnr
from tests.conform.test_sources import reel, run
from tests.footage import read
from tests.reference.edit import edits
from tests.reference.pictures import film
from tests.reference.predict import predict
from tests.reference.sounds import film_sound


def clip(media: str, start: float, *boxes: tuple[float, float, float, float], **edit: Any) -> dict[str, Any]:
    """A clip of 0.6 s with boxes 10 frames apart."""
    names = ("x", "y", "width", "height")
    keys = [{"frame": 10 * n, **dict(zip(names, box, strict=True))} for n, box in enumerate(boxes, start=1)]
    trim = {"version": 2, "trimRange": {"start": start, "end": round(start + 0.6, 3)}, "spans": []}
    return {"media": media, "segments_data": trim, "crop_data": keys, **edit}


DISSOLVE = {"type": "dissolve", "duration": 0.2}
FIRST, SECOND = (20, 60, 270, 480), (70, 100, 270, 480)
REEL = {
    "reel": 1,
    "canvas": {"width": 180, "height": 320, "fps": 30},
    "clips": [
        clip("slow.mov", 0.4, FIRST, SECOND, turn=90, volume=-6),
        {**clip("phone.mov", 0.5, (60, 80, 225, 400), turn=270, mirror=True, rotation=4), "volume": 3.5}
        | {"transition_data": DISSOLVE},
        clip("slow.mov", 1.5, (100, 20, 180, 320), (300, 20, 180, 320), turn=180, mute=True)
        | {"transition_data": DISSOLVE},
        clip("broadcast.mov", 1.1, (200, 0, 180, 320), mirror=True, volume=-60),
    ],
}
"""Every quarter turn and both mirrors; gains and a muted clip in crossfades."""


@pytest.mark.conform
@pytest.mark.both_builds
def test_turned_pictures_and_louder_sounds_are_what_the_edit_means(
    ffmpegs: str, smooth_sources: Path, tmp_path: Path
) -> None:
    facts = facts_of(smooth_sources)
    done, prediction = compiled(REEL, ffmpegs, smooth_sources), predict(REEL, facts)
    pictures, sound = raw_film(done, tmp_path)
    found = planes(np.fromfile(pictures, np.uint8), (180, 320))
    wanted = list(film(REEL, prediction, {name: decoded(smooth_sources / name) for name in MEDIA}))
    assert len(found) == len(wanted) == 60
    apart = [psnr(a, b) for a, b in zip(found, wanted, strict=True)]
    assert min(apart) >= LEAST, f"frame {int(np.argmin(apart))}"
    check_sound(
        sound, *film_sound(edits(REEL, facts), prediction, {name: heard(smooth_sources / name) for name in MEDIA})
    )


BOTH = [("90", 90, True), ("90", 90, False), ("270", 180, True), ("180", 0, True)]
"""A file's own rotation by ffmpeg's option, counter-clockwise, and a clip's turn and mirror. The second is upright."""


@pytest.mark.conform
@pytest.mark.parametrize("turns", cases(BOTH, slow=BOTH[2:], both=BOTH[1:2]), ids=str)
def test_a_clips_turn_follows_the_metadatas(
    turns: tuple[str, int, bool], ffmpegs: str, embedded: str, tmp_path: Path
) -> None:
    """Four quarters of different grey: the film is the player's picture, turned clockwise, then mirrored."""
    stated, turn, mirror = turns
    greys = np.array([[40, 90], [150, 210]])
    drawn = "+".join(
        f"{greys[row, column]}*{('lt', 'gte')[column]}(X,80)*{('lt', 'gte')[row]}(Y,40)"
        for row, column in np.ndindex(2, 2)
    )
    picture = f"color=black:s=160x80:r=30:d=1,format=yuv420p,geq=lum='{drawn}':cb=128:cr=128"
    run(embedded, "-y", "-f", "lavfi", "-i", picture, "-c:v", "libx264", "-qp", "0", tmp_path / "plain.mp4")
    said = ("-display_rotation", stated, "-i", tmp_path / "plain.mp4", "-c", "copy")
    run(embedded, "-y", *said, tmp_path / "turned.mp4")
    quarters = int(stated) // 90 - turn // 90
    wanted = np.rot90(greys, quarters)[:, :: -1 if mirror else 1]
    width, height = (160, 80) if quarters % 2 == 0 else (80, 160)
    edit = reel("turned.mp4", start=0, end=0.5, width=width, height=height)
    edit["clips"][0] |= {"turn": turn, "mirror": mirror}
    output = rendered(edit, ffmpegs, tmp_path / "film.mp4", tmp_path).path
    luma = next(read.luma(output))
    assert luma.shape == (height, width)
    middles = luma[height // 4 :: height // 2, width // 4 :: width // 2]
    assert np.abs(middles.astype(int) - wanted).max() <= 2
    with av.open(str(output)) as container:
        assert next(container.decode(video=0)).rotation == 0
