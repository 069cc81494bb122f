"""Renders one clip by the command line, and reads the film back with PyAV alone."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from compiler.cli import main
from tests.footage import read

CANVAS = {"width": 160, "height": 90, "fps": 30}
ENCODE = {"codec": "prores"}
"""Its sound is PCM: what is heard is what was made."""
CODE = re.compile(r"^error\[(RC\d{3})\]", re.MULTILINE)
RATE = 48_000

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Ended:
    """The end of a command: its exit code, its output, and the film if it made one."""

    exit_code: int
    stdout: str
    stderr: str
    film: Path

    @property
    def codes(self) -> list[str]:
        """The codes of the errors, in order."""
        return CODE.findall(self.stderr)

    @cached_property
    def answer(self) -> Any:
        """The answer in JSON."""
        assert self.exit_code == 0, self.stderr
        return json.loads(self.stdout)

    @property
    def plan(self) -> Any:
        """The film's plan."""
        return self.answer["plan"]

    @property
    def notices(self) -> list[str]:
        """Every notice: the reel's, its clips', the film's."""
        own = [str(notice) for clip in self.plan["clips"] for notice in clip["warnings"]]
        return [*own, *map(str, self.plan["warnings"]), *map(str, self.answer["warnings"])]

    @property
    def held(self) -> list[Any]:
        """The ranges of source time for which the first clip holds a picture because of damage."""
        return list(self.plan["clips"][0].get("held", ()))

    @cached_property
    def frames(self) -> list[int | None]:
        """The number in every picture of the film."""
        assert self.exit_code == 0, self.stderr
        return [frame.codes[0] for frame in read.frames(self.film)]

    @cached_property
    def sound(self) -> Samples:
        """The film's sound, left and right averaged."""
        assert self.exit_code == 0, self.stderr
        heard, rate = read.samples(self.film)
        assert rate == RATE
        return heard

    @property
    def onsets(self) -> list[float]:
        """Seconds at which sound begins after 30 ms below the threshold, to a millisecond."""
        return onsets(self.sound)

    def picture(self, frame: int) -> NDArray[np.uint8]:
        """The planes of one picture in 8-bit 4:2:0, as PyAV lays them out."""
        assert self.exit_code == 0, self.stderr
        with av.open(str(self.film)) as film:
            for number, picture in enumerate(film.decode(video=0)):
                if number == frame:
                    return np.asarray(picture.to_ndarray(format="yuv420p"), np.uint8)
        raise IndexError(frame)


@dataclass(frozen=True)
class Desk:
    """A folder to render in."""

    folder: Path
    made: list[Path] = field(default_factory=list)

    def run(self, *arguments: str, out: Path | None = None) -> Ended:
        """Run a command in this process."""
        said, errors = io.StringIO(), io.StringIO()
        exit_code = 0
        with redirect_stdout(said), redirect_stderr(errors):
            try:
                main(arguments)
            except SystemExit as end:
                exit_code = end.code if isinstance(end.code, int) else 1
        return Ended(exit_code, said.getvalue(), errors.getvalue(), out or self.folder)

    def reel(self, *clips: dict[str, Any], **top: Any) -> str:
        """Write a reel of these clips on a small canvas; its path."""
        path = self.folder / f"reel-{len(self.made)}.json"
        self.made.append(path)
        whole = {"reel": 1, "canvas": CANVAS, "encode": ENCODE} | top | {"clips": clips}
        path.write_text(json.dumps(whole))
        return str(path)

    def render(
        self, media: Path | str, start: float | None = None, end: float | None = None, *, reel: Any = None, **clip: Any
    ) -> Ended:
        """Render one clip: the file, or its source time from `start` to `end`."""
        ranged = {} if start is None else {"segments_data": trim(start, end)}
        path = self.reel({"media": str(media), **ranged, **clip}, **(reel or {}))
        top = json.loads(Path(path).read_text())
        out = Path(path).with_suffix(ENDINGS[top["encode"].get("codec", "h264")])
        return self.run("render", path, "-o", str(out), "--progress", "none", "--json", out=out)

    def probe(self, media: Path) -> Any:
        """The facts of a file."""
        ended = self.run("probe", str(media), "--json")
        assert ended.exit_code == 0, ended.stderr
        return json.loads(ended.stdout)


ENDINGS = {"prores": ".mov", "h264": ".mp4", "wav": ".wav"}


def trim(start: float, end: float | None) -> dict[str, Any]:
    """Stored segments that play `start` to `end` at speed 1."""
    return {"version": 2, "trimRange": {"start": start, "end": end}, "spans": []}


def onsets(heard: Samples, threshold: float = 0.05, quiet: float = 0.03) -> list[float]:
    """Seconds at which sound begins after `quiet` seconds below the threshold."""
    loud = np.flatnonzero(np.abs(heard) > threshold)
    starts = loud[np.diff(loud, prepend=-RATE) > quiet * RATE]
    return [round(float(start) / RATE, 3) for start in starts]


def near(measured: Sequence[float], wanted: Sequence[float], within: float = 0.005) -> bool:
    """Whether there are as many instants as wanted, each within so many seconds of its place."""
    return len(measured) == len(wanted) and all(abs(a - b) <= within for a, b in zip(measured, wanted, strict=True))


def clicks(heard: Samples, pitch: float = 440) -> list[float]:
    """Seconds of every break in a steady tone, away from the ends: what no sine of that pitch explains."""
    turn = 2 * np.cos(2 * np.pi * pitch / RATE)
    broken = np.abs(heard[2:] - turn * heard[1:-1] + heard[:-2]) > 0.01
    broken[: RATE // 20] = broken[-RATE // 20 :] = False
    places = np.flatnonzero(broken)
    starts = places[np.diff(places, prepend=-RATE) > RATE // 500]
    return [round(float(start) / RATE, 3) for start in starts]
