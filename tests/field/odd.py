"""Random odd files: rendered, and judged by an independent decode.

    python -m tests.field.odd --seeds 0:500 --keep DIR

prints the verdict of each seed, a table of all, and the command that makes each fault again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import av
import imageio_ffmpeg

from tests.conftest import SYSTEM_FFMPEG
from tests.field.compare import Clip, clicks, misplaced, wrong_count, wrong_frames
from tests.field.desk import Ended, trim
from tests.field.judge import Decoded, decode
from tests.field.make import Maker
from tests.field.odd_files import write
from tests.field.odd_kinds import Odd, odd

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-c", "from compiler.cli import main; main()")
PATIENCE = 90.0
"""Seconds after which a render of three seconds hangs."""
FPS = 30
FAULTS = ("RC901", "RC607", "RC610", "RC608")
"""Codes that are faults on any file that the probe accepts."""
TRIMS = {"whole": 4, "start": 2, "middle": 3, "end": 3, "beyond": 2, "past": 1, "tiny": 2}
"""The places of a clip in its source, and how often each is chosen."""
OF_TRIMS = "/segments_data"
"""Part of a notice that says nothing of the file."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one odd file; a fault unless it was rendered right or with a notice, or refused."""

    seed: int
    one: Odd
    place: str
    build: str
    word: str
    detail: str = ""

    @property
    def fault(self) -> bool:
        return self.word not in ("right", "noticed", "refused")

    def __str__(self) -> str:
        return f"{self.seed:5} {self.word:9} {self.build:8} {self.place:6} {self.one}  {self.detail}".rstrip()


def judged(seed: int, folder: Path, build: str | None = None) -> Verdict:
    """Make the odd file of a seed, render it, and judge the film; all files stay in the folder."""
    chance = Random(seed)
    one, place = odd(chance, seed), chance.choices(list(TRIMS), list(TRIMS.values()))[0]
    build = build or ("system" if seed % 2 and SYSTEM_FFMPEG.exists() else "embedded")
    media = write(Maker(folder, str(imageio_ffmpeg.get_ffmpeg_exe())), one)
    source = decoded(media)
    clip = placed(place, chance, source)
    word, detail = verdict(media, source, clip, place, folder / f"film-{seed}.mov", build)
    return Verdict(seed, one, place, build, word, detail)


def decoded(media: Path) -> Decoded:
    """The independent decode; no pictures if the file cannot be opened."""
    try:
        return decode(media)
    except (av.error.FFmpegError, StopIteration):
        return Decoded([], [], 0.0)


def placed(place: str, chance: Random, source: Decoded) -> Clip:
    """The clip at a place of the source."""
    length, at = source.length, round(chance.uniform(0.2, 0.8), 3)
    start, end = {
        "whole": (0.0, length),
        "start": (0.0, 0.8),
        "middle": (length * at * 0.6, length * at * 0.6 + 0.8),
        "end": (length - 0.7, length),
        "beyond": (length - 0.6, length + 1.0),
        "past": (length + 2.0, length + 3.0),
        "tiny": (length * at, length * at + 0.02),
    }[place]
    start = max(round(start, 3), 0.0)
    return Clip(start, min(round(end, 3), length) - start, FPS, to_end=end > length - 0.05)


def verdict(media: Path, source: Decoded, clip: Clip, place: str, film: Path, build: str) -> tuple[str, str]:
    """A word, and its detail."""
    try:
        ended = rendered(media, clip, place, film, build)
    except subprocess.TimeoutExpired:
        return "HANG", f"not done after {PATIENCE:g} s"
    if ended.exit_code:
        return refusal(ended, media, source, clip, build)
    numbers, faults = ended.frames, []
    if not source.pictures:
        return "WRONG", "a film of a file in which nothing can be decoded"
    if wrong_count(len(numbers), clip):
        faults.append(f"{len(numbers)} frames for {clip.seconds:.3f} s")
    if wrong := wrong_frames(numbers, source, clip):
        faults.append(f"{len(wrong)} wrong frames, first {wrong[0]}")
    if off := misplaced(ended.sound, source, clip):
        faults.append(f"sound off at {off[:5]}")
    if broken := clicks(ended.sound, source, clip):
        faults.append(f"{len(broken)} clicks at {broken[:5]}")
    notices = [notice for notice in ended.notices if OF_TRIMS not in notice]
    if not faults:
        return "right", "; ".join(notices)[:150]
    return ("noticed" if notices else "WRONG"), "; ".join(faults + notices)[:300]


def refusal(ended: Ended, media: Path, source: Decoded, clip: Clip, build: str) -> tuple[str, str]:
    """A word for an end without a film."""
    said = " ".join(ended.stderr.split())[:300]
    if "Traceback" in ended.stderr or not ended.codes:
        return "CRASH", said
    code = ended.codes[0]
    if code == "RC901":
        return "CRASH", said
    if code in FAULTS and not run(["probe", str(media)], build).exit_code:
        return code, said
    plays = any(
        picture.sure for picture in source.pictures if clip.start <= picture.at < clip.start + max(clip.seconds, 0.04)
    )
    if code == "RC201" and clip.start < source.length - 0.1:
        return "LENGTH", said
    return ("PLAYS", said) if code == "RC604" and plays and clip.seconds > 0 else ("refused", said)


def rendered(media: Path, clip: Clip, place: str, film: Path, build: str) -> Ended:
    """The end of `reelc render` of the clip."""
    end = clip.start + 1.0 if place == "past" else clip.start + clip.seconds + (place == "beyond")
    ranged = {} if place == "whole" else {"segments_data": trim(clip.start, round(end, 3))}
    reel = {"reel": 1, "canvas": {"width": 160, "height": 90, "fps": FPS}, "encode": {"codec": "prores"}}
    path = film.with_suffix(".json")
    path.write_text(json.dumps(reel | {"clips": [{"media": str(media), **ranged}]}))
    words = ["render", str(path), "-o", str(film), "--overwrite", "--progress", "none", "--json"]
    return run(words, build, film)


def run(words: list[str], build: str, film: Path = ROOT) -> Ended:
    """Run a command as a process of its own."""
    ffmpeg = str(SYSTEM_FFMPEG if build == "system" else imageio_ffmpeg.get_ffmpeg_exe())
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "REELC_FFMPEG": ffmpeg}
    done = subprocess.run([*PROGRAM, *words], capture_output=True, text=True, env=environment, timeout=PATIENCE)
    return Ended(done.returncode, done.stdout, done.stderr, film)


def main() -> None:
    """Judge a range of seeds, print the verdicts, and end with 1 if there was a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.field.odd")
    parser.add_argument("--seeds", default="0:50", help="the first seed, and the one after the last")
    parser.add_argument("--keep", type=Path, help="a folder for the files and films; otherwise they are removed")
    parser.add_argument(
        "--build", choices=["embedded", "system"], help="one ffmpeg; otherwise odd seeds have the system's"
    )
    parser.add_argument("--faults", action="store_true", help="print faults only")
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition(":")
    verdicts = []
    with tempfile.TemporaryDirectory() as spare:
        folder = asked.keep or Path(spare)
        folder.mkdir(parents=True, exist_ok=True)
        for seed in range(int(first), int(last or int(first) + 1)):
            verdicts.append(judged(seed, folder, asked.build))
            if verdicts[-1].fault or not asked.faults:
                print(verdicts[-1], flush=True)
    print_table(verdicts)
    sys.exit(any(verdict.fault for verdict in verdicts))


def print_table(verdicts: list[Verdict]) -> None:
    """Print how many files of each container and oddity ended how, and how to make each fault again."""
    words = sorted({verdict.word for verdict in verdicts})
    print(f"\n{'':14}" + "".join(f"{word:>9}" for word in words))
    rows = {
        row: Counter[str]()
        for part in ("container", "oddity")
        for row in sorted({getattr(v.one, part) for v in verdicts})
    }
    for verdict in verdicts:
        for row in (verdict.one.container, verdict.one.oddity):
            rows[row][verdict.word] += 1
    for row, counts in (*rows.items(), ("all", Counter(verdict.word for verdict in verdicts))):
        print(f"{row:14}" + "".join(f"{counts[word] or '':>9}" for word in words))
    for verdict in verdicts:
        if verdict.fault:
            keep = f"--seeds {verdict.seed} --build {verdict.build} --keep odd-{verdict.seed}"
            print(f"{verdict.word:9} python -m tests.field.odd {keep}")


if __name__ == "__main__":
    main()
