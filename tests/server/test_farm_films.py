"""Films that the farm makes are those of this machine, byte for byte, from the command line and from the server."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.server.editing import SMALL, add_clip, export, film, trim
from tests.server.farm import Cluster, cluster, completed
from tests.server.site import Site, add_user
from tests.server.test_http import project, uploaded

CANVAS = {"width": 64, "height": 36, "fps": "30"}


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("farm"), workers=2) as running:
        yield running


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory, embedded: str) -> Path:
    """A folder with a video, a moving image, and a video that is damaged in its middle."""
    folder = tmp_path_factory.mktemp("media")
    quiet = [embedded, "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=30:d=2"]
    sound = ["-f", "lavfi", "-i", "sine=r=48000:d=2", "-c:a", "aac"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    subprocess.run([*quiet, *sound, *coded, str(folder / "clip.mp4")], check=True)
    subprocess.run([*quiet, "-frames:v", "20", str(folder / "moves.gif")], check=True)
    whole = bytearray((folder / "clip.mp4").read_bytes())
    whole[len(whole) // 4 : len(whole) // 2] = bytes(len(whole) // 2 - len(whole) // 4)
    (folder / "damaged.mp4").write_bytes(whole)
    return folder


def render(folder: Path, name: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = ("render", "reel.json", "-o", name, "--no-cache", "--progress", "none", *options)
    return completed(folder, *words, **environment)


def reel(folder: Path, *clips: Mapping[str, Any], **top: Any) -> None:
    document = {"reel": 1, "canvas": CANVAS, "encode": {"preset": "ultrafast"}, **top, "clips": clips}
    (folder / "reel.json").write_text(json.dumps(document))


BOX = [{"time": 0, "x": 0, "y": 0, "width": 20, "height": 36}]
CLIP = {"id": "dunk", "media": "clip.mp4"}
MOVING = {"id": "moves", "media": "moves.gif"}
FILMS: dict[str, tuple[tuple[Mapping[str, Any], ...], dict[str, Any]]] = {
    "a film of several units at a loudness": (
        (CLIP, MOVING, {**CLIP, "id": "again"}),
        {"audio": {"loudness": {"target": -16}}},
    ),
    "a film that is one unit": ((MOVING,), {"audio": {"include": False}}),
    "damage that is concealed": ((CLIP, {"id": "hit", "media": "damaged.mp4"}), {}),
}


@pytest.mark.parametrize(
    "name", [name if not n else pytest.param(name, marks=pytest.mark.further) for n, name in enumerate(FILMS)]
)
def test_the_film_of_the_farm_is_the_local_one(farm: Cluster, media: Path, name: str) -> None:
    clips, top = FILMS[name]
    reel(media, *clips, **top)
    for made in ("here.mp4", "there.mp4"):
        (media / made).unlink(missing_ok=True)
    here = render(media, "here.mp4")
    there = render(media, "there.mp4", "--executor", "dask", "--scheduler", farm.address, REELC_DATA=str(farm.data))
    assert (here.returncode, there.returncode) == (0, 0), here.stderr + there.stderr
    assert (media / "here.mp4").read_bytes() == (media / "there.mp4").read_bytes()
    assert list((farm.data / "objects" / "farm" / "units").iterdir())


@pytest.mark.further
def test_an_error_of_the_farm_is_the_local_one(farm: Cluster, media: Path) -> None:
    """The code, the clip, the field, the file's name and ffmpeg's own words."""
    reel(media, CLIP, {"id": "hit", "media": "damaged.mp4", "damage": "refuse"})
    here = render(media, "refused.mp4")
    there = render(media, "refused.mp4", "--executor", "dask", "--scheduler", farm.address, REELC_DATA=str(farm.data))
    assert here.returncode == there.returncode == 6
    assert 'clip "hit"' in here.stderr
    assert here.stderr == there.stderr


def units_of(farm: Cluster) -> set[str]:
    return {path.name for path in (farm.data / "objects" / "farm" / "units").iterdir()}


@pytest.mark.further
def test_files_and_units_are_in_the_store_once(farm: Cluster, media: Path) -> None:
    reel(media, CLIP, {**CLIP, "id": "again", "volume": 0.5}, {**CLIP, "id": "turned", "turn": 180})
    options = ("--overwrite", "--executor", "dask", "--scheduler", farm.address)
    assert render(media, "once.mp4", *options, REELC_DATA=str(farm.data)).returncode == 0
    made = units_of(farm)
    assert render(media, "once.mp4", *options, REELC_DATA=str(farm.data)).returncode == 0
    assert units_of(farm) == made
    stored = [path for path in (farm.data / "objects" / "farm" / "media").iterdir() if not path.suffix]
    assert {path.name for path in stored} == {hashlib.sha256(path.read_bytes()).hexdigest() for path in stored}
    assert {path.name for path in stored} >= {hashlib.sha256((media / "clip.mp4").read_bytes()).hexdigest()}


@pytest.mark.further
def test_the_server_has_films_made_by_the_farm(farm: Cluster, media: Path, tmp_path: Path) -> None:
    """The same film as of a server that makes all units; units count as the user's and are found again."""
    films: list[bytes] = []
    ways: tuple[dict[str, str], ...] = ({}, {"executor": "dask", "scheduler": farm.address})
    for data, settings in zip((tmp_path / "here", farm.data), ways, strict=True):
        with Site(data, **settings) as site, site.client(add_user(data, "ann")) as ann:
            project_id = project(ann, settings=SMALL)
            raw = uploaded(ann, media / "clip.mp4")
            for start in (0.0, 0.5, 1.0):
                add_clip(ann, project_id, raw, segments_data=trim(start, start + 0.5), crop_data=BOX)
            films.append(film(ann, export(ann, project_id)))
    assert films[0] == films[1]
    assert list((farm.data / "objects" / "users" / "ann" / "units").iterdir())
