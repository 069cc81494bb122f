"""The plan: predictions of the film and of the resources its render needs."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from compiler.costs import BUILT_IN, Costs
from compiler.errors import Notice
from compiler.ir import ops
from compiler.ir.graph import Graph
from compiler.ir.text import number
from compiler.lower import Placed, held_in
from compiler.model import Encode, LoudnessTarget, Reel
from compiler.passes.crops import CropPlan, plan_crop
from compiler.pipeline.cuts import mixed_runs
from compiler.pipeline.forecast import Forecast, Shown, bits, picture_forecast, sound_forecast, together
from compiler.pipeline.memory import picture_memory
from compiler.pipeline.units import sound_spans, unit_spans
from compiler.profiles import PROFILES
from compiler.timeline.colour import reading
from compiler.timeline.instant import SAMPLE_RATE, sample_at
from compiler.timeline.window import preceding

MIXING = {"blend": 0.003, "interpolate": 0.3}
"""Seconds of one processor for a frame and a million pixels of the source, measured with 1080p: 0.003 and 0.24 on
ffmpeg 9.0, 0.003 and 0.37 on 5.1."""

SOUND_MEMORY = 100
"""MiB of an ffmpeg that makes sound alone, of seven inputs."""

PLAN_VERSION = 1


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """One clip of the plan: its place, its timing, and the precision of its crop."""

    placed: Placed
    crop: CropPlan
    mixed: int
    """The number of blended or interpolated frames."""

    @property
    def seconds(self) -> float:
        """Seconds of processor time for mixed frames."""
        pixels = math.prod(self.placed.framing.picture)
        return self.mixed * pixels / 1e6 * MIXING.get(self.placed.clip.motion, 0)

    def frames_in(self, first: int, until: int) -> int:
        """The number of its frames among the frames [first, until) of the film."""
        return max(0, min(until, self.placed.first + self.placed.frames) - max(first, self.placed.first))

    def held(self, fps: Fraction) -> int:
        """The number of frames of the longest freeze."""
        return math.ceil(max(pace.hold for pace in self.placed.timing.warp.paces) * fps)

    def _straightened(self) -> dict[str, object]:
        """The members of a clip whose media is read by reelc itself."""
        media, warp = self.placed.media, self.placed.timing.warp
        video, audio = media.video, media.audio
        members: dict[str, object] = {}
        if video.straightened:
            held = held_in(media, warp.start, warp.end)
            members["held"] = [[number(first), number(until)] for first, until in held]
            members["picture"] = {"straightened": list(video.straightened)}
        if audio is not None and audio.straightened:
            placing = {"jitter_ms": float(audio.jitter * 1000), "drift_ppm": float(audio.drift * 10**6)}
            members["sound"] = {"straightened": list(audio.straightened), **placing}
        return members

    def _window(self) -> dict[str, object]:
        """The member of a clip whose media is a window: the times in the file at which the window begins and ends."""
        video, begins = self.placed.media.video, preceding(self.placed.media)
        return {"window": [number(begins), number(begins + video.end)]} if video.skipped else {}

    def as_json(self, fps: Fraction) -> dict[str, object]:
        """The clip's members of plan.json."""
        placed, warp = self.placed, self.placed.timing.warp
        return {
            "id": placed.clip.id,
            "first_frame": placed.first,
            "frames": placed.frames,
            "record_in": number(placed.first / fps),
            **self._window(),
            "source_in": number(warp.start),
            "source_out": number(warp.end),
            "transition": {"type": placed.join.kind, "frames": placed.join.frames},
            "colour": reading(placed.media.video),
            "crop": {"class": self.crop.kind, "chain": self.crop.chain, "max_error_px": round(self.crop.error, 4)},
            "motion": {"kind": placed.clip.motion, "mixed_frames": self.mixed, "processor_s": round(self.seconds, 1)},
            **self._straightened(),
            "warnings": [str(notice) for notice in placed.notices],
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """The predicted film."""

    frames: int
    fps: Fraction
    width: int
    height: int
    samples: int | None
    """48 kHz samples of its sound; None without sound."""
    clips: tuple[ClipPlan, ...]
    inputs: int
    units: tuple[tuple[int, int], ...]
    """The spans [first, until) of frames that are rendered separately, if there is more than one."""
    sounds: tuple[tuple[int, int], ...]
    """The clips [first, until) whose sounds are made together; separately from the rest if `parted`."""
    encode: Encode
    loudness: LoudnessTarget | None
    costs: Costs = BUILT_IN
    """The costs of work that forecasts count with."""

    @property
    def parted(self) -> bool:
        """Whether the film is made in units. Then its sound is too: it is kept, and made while pictures are."""
        return len(self.units) > 1 or len(self.sounds) > 1

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.frames / self.fps

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Every warning, clip by clip."""
        return tuple(notice for clip in self.clips for notice in clip.placed.notices)

    def memory_of(self, first: int, until: int) -> int:
        """The predicted memory of the ffmpeg that makes the frames [first, until), MiB."""
        clips = self._clips_in(first, until)
        opened = [clip.placed.media.video for clip in clips]
        held = max((clip.held(self.fps) for clip in clips), default=0)
        return picture_memory(until - first, self.width * self.height, opened, self.encode, held)

    def _clips_in(self, first: int, until: int) -> tuple[ClipPlan, ...]:
        """The clips that show any of the frames [first, until); they begin in order, and end in order."""
        begin = bisect_right(self.clips, first, key=lambda clip: clip.placed.first + clip.placed.frames)
        return self.clips[begin : bisect_left(self.clips, until, key=lambda clip: clip.placed.first)]

    @property
    def memory(self) -> int:
        """The predicted memory of the largest ffmpeg, MiB."""
        return max(self.memory_of(first, until) for first, until in self.units)

    def forecast(self, first: int, until: int) -> Forecast:
        """The forecast of the ffmpeg that makes the pictures of the frames [first, until)."""
        shown = [
            Shown(clip.placed, frames, clip.crop.kind == "zoom", clip.seconds * frames / clip.placed.frames)
            for clip in self._clips_in(first, until)
            if (frames := clip.frames_in(first, until))
        ]
        memory = self.memory_of(first, until)
        return picture_forecast(
            until - first, self.fps, (self.width, self.height), shown, self.encode, self.costs, memory
        )

    def sound_forecast(self, first: int, until: int) -> Forecast:
        """The forecast of the ffmpeg that makes the sounds of clips [first, until)."""
        frames = sum(clip.placed.frames for clip in self.clips[first:until])
        return sound_forecast(frames / self.fps, until - first, self.costs, SOUND_MEMORY)

    @property
    def whole_sound(self) -> Forecast:
        """The forecast of the ffmpeg that encodes or measures the whole sound."""
        size = round(self.duration * bits(self.encode.audio_bitrate) / 8) if self.samples is not None else 0
        return sound_forecast(
            self.duration if self.samples is not None else Fraction(0), 0, self.costs, SOUND_MEMORY, size
        )

    @property
    def joining(self) -> Forecast:
        """The forecast of the ffmpeg that joins the units, which only copies."""
        return sound_forecast(Fraction(0), 0, self.costs, SOUND_MEMORY)

    @property
    def forecasts(self) -> tuple[Forecast, ...]:
        """The forecast of each unit of pictures."""
        return tuple(self.forecast(first, until) for first, until in self.units)

    @property
    def sound_forecasts(self) -> tuple[Forecast, ...]:
        """The forecast of each unit of sound."""
        return tuple(self.sound_forecast(first, until) for first, until in self.sounds)

    def whole(self, jobs: int = 1) -> Forecast:
        """The forecast of the film, made from nothing by so many ffmpegs at once."""
        return self._together(self.forecasts, self.sound_forecasts, jobs)

    def _together(self, pictures: Sequence[Forecast], sounds: Sequence[Forecast], jobs: int = 1) -> Forecast:
        return together([*pictures, *sounds, self.whole_sound], self.costs, jobs)

    def as_json(self) -> Mapping[str, object]:
        """The content of plan.json; times without a decimal form are fractions, as text."""
        pictures, sounds = self.forecasts, self.sound_forecasts
        return {
            "plan": PLAN_VERSION,
            "frames": self.frames,
            "fps": f"{self.fps.numerator}/{self.fps.denominator}" if self.fps.denominator > 1 else str(self.fps),
            "duration": number(self.duration),
            "width": self.width,
            "height": self.height,
            "samples": self.samples,
            "encode": _encode(self.encode),
            **({"loudness": _loudness(self.loudness)} if self.loudness and self.samples is not None else {}),
            "clips": [clip.as_json(self.fps) for clip in self.clips],
            "units": [list(span) for span in self.units],
            "warnings": [str(notice) for notice in self.notices],
            "predicted": {
                "inputs": self.inputs,
                "sample_rate": SAMPLE_RATE,
                **self._together(pictures, sounds).as_json(),
                "peak_memory_mib": self.memory,
                "units": [each.as_json() for each in pictures],
                "sounds": [each.as_json() for each in sounds],
            },
        }


def make_plan(reel: Reel, placed: Sequence[Placed], graph: Graph, costs: Costs = BUILT_IN) -> Plan:
    """The plan of a legal graph, with forecasts by the costs of a machine."""
    last = placed[-1]
    frames, fps = last.first + last.frames, reel.canvas.fps
    return Plan(
        frames,
        fps,
        reel.canvas.width,
        reel.canvas.height,
        sample_at(frames, fps) if graph.audio else None,
        tuple(ClipPlan(clip, _crop_plan(clip), _mixed(clip, fps)) for clip in placed),
        sum(isinstance(define.op, ops.Source) for define in graph),
        unit_spans(placed, fps) if PROFILES[reel.encode.codec].joined else ((0, frames),),
        sound_spans(placed) if graph.audio else (),
        reel.encode,
        reel.audio.loudness,
        costs,
    )


def _loudness(wanted: LoudnessTarget) -> dict[str, object]:
    """The target, and the passes that reach it."""
    return {
        "target_lufs": number(wanted.target),
        "true_peak_dbtp": number(wanted.true_peak),
        "passes": [
            "measure the film's own sound, before anything is rendered",
            "render at one gain: to the target, or as near from below as the true peak allows",
        ],
    }


def _encode(encode: Encode) -> dict[str, object]:
    """The encoding's numbers, as given or by the quality."""
    members = {
        "codec": encode.codec,
        "film": PROFILES[encode.codec].title,
        "quality": encode.quality if PROFILES[encode.codec].qualities else None,
        "preset": encode.preset,
        "crf": None if encode.crf is None else number(encode.crf),
        "bitrate": encode.bitrate,
    }
    return {name: value for name, value in members.items() if value is not None}


def _crop_plan(placed: Placed) -> CropPlan:
    framing = placed.framing
    return plan_crop(framing.path, *framing.picture, framing.width, framing.height)


def _mixed(placed: Placed, fps: Fraction) -> int:
    """The number of a clip's frames that are not frames of its source."""
    return sum(until - first for first, until in mixed_runs(placed, fps))
