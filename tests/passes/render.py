"""Renders and decodes graphs in one step: every frame as a hash, every sample as a number."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.emit.argv import film_command, words
from compiler.emit.encoders import Encoding
from compiler.emit.filters import spell
from compiler.emit.script import script
from compiler.ir.build import Build
from compiler.ir.graph import Graph
from compiler.model import Reel, read_reel
from compiler.timeline.media import Media

MEDIA = "small.mov"
ENCODING = Encoding(Fraction(30), "ultrafast", Fraction(20), "128k", sound=True)
DECODED = ("-fps_mode", "passthrough", "-pix_fmt", "yuv420p")
Stored = Mapping[str, Any]
Samples = NDArray[np.float32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Rendered:
    """The output of a graph: its frames' ticks and hashes, and its samples, two channels."""

    ticks: tuple[int, ...]
    frames: tuple[str, ...]
    samples: Samples


class Bench:
    """Renders graphs over one small file, with one ffmpeg, in one folder."""

    def __init__(self, media: Media, build: Build, folder: Path) -> None:
        self.media, self.build, self.folder = media, build, folder

    def render(self, graph: Graph) -> Rendered:
        """The output of the graph; subprocess.CalledProcessError when ffmpeg refuses it."""
        md5, sound = self.folder / "frames.md5", self.folder / "sound.f32"
        sound.write_bytes(b"")
        md5.write_bytes(b"")
        seen = ("-map", f"[{graph.video}]", *DECODED, "-f", "framemd5", str(md5)) if graph.video else ()
        heard = ("-map", f"[{graph.audio}]", "-f", "f32le", str(sound)) if graph.audio else ()
        self._run(graph, *seen, *heard)
        rows = [line.split(",") for line in md5.read_text().splitlines() if not line.startswith("#")]
        ticks, frames = tuple(int(row[2]) for row in rows), tuple(row[5].strip() for row in rows)
        return Rendered(ticks, frames, np.fromfile(sound, np.float32).reshape(-1, 2))

    def pixels(self, graph: Graph) -> Pixels:
        """Every frame's bytes, one row each; the graph has no sound."""
        raw = self.folder / "frames.yuv"
        self._run(graph, "-map", f"[{graph.video}]", *DECODED, "-f", "rawvideo", str(raw))
        return np.fromfile(raw, np.uint8).reshape(-1, 160 * 90 * 3 // 2)

    def _run(self, graph: Graph, *outputs: str) -> None:
        text = self.folder / "script.txt"
        text.write_text(script(graph, spell(graph)))
        command = film_command(graph, ENCODING, self.build, str(text), "film.mp4")
        reading = takewhile(lambda group: group[0] != self.build.script_option, command)
        whole = [*words([*reading]), self.build.script_option, str(text), *outputs]
        subprocess.run(whole, check=True, capture_output=True, timeout=60)

    def said(self, command: Sequence[str]) -> str:
        """ffmpeg's verbose log of a command."""
        loud = [*command[: command.index("-v")], "-v", "verbose", *command[command.index("-v") + 2 :]]
        return subprocess.run(loud, check=True, capture_output=True, timeout=60).stderr.decode()

    def rgb(self, command: Sequence[str]) -> bytes:
        """The picture that a command writes, as 8-bit RGB."""
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        decode = [
            self.build.path,
            "-v",
            "error",
            "-i",
            command[-1].removeprefix("file:"),
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "pipe:1",
        ]
        return subprocess.run(decode, check=True, capture_output=True, timeout=60).stdout


def reel(*clips: Stored, **top: Any) -> Reel:
    """A reel of the small file at its own size, with each clip's `play` in the form of `play`."""
    canvas = {"width": 160, "height": 90, "fps": "30", **top.pop("canvas", {})}
    stored = [{"media": MEDIA, **_stored(clip)} for clip in clips]
    return read_reel(json.dumps({"reel": 1, "canvas": canvas, **top, "clips": stored}))


def play(start: float, end: float, *spans: tuple[float, float, Any] | tuple[float, float]) -> dict[str, object]:
    """A stored trim with speeds: (from, to, speed); and freezes: (at, seconds)."""
    names = {3: ("start", "end", "speed"), 2: ("at", "freeze")}
    stored = [dict(zip(names[len(span)], span, strict=True)) for span in spans]
    return {"version": 2, "trimRange": {"start": start, "end": end}, "spans": stored}


def _stored(clip: Stored) -> dict[str, Any]:
    kept = {name: value for name, value in clip.items() if name not in ("play", "into")}
    if "play" in clip:
        kept["segments_data"] = play(*clip["play"])
    if "into" in clip:
        kind, seconds = clip["into"]
        kept["transition_data"] = {"type": kind, "duration": seconds}
    return kept
