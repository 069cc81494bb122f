"""The facts of a file's sound, from the survey of its packets. Runs in the probe child."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice, pairwise
from operator import add, eq
from typing import Any, cast

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from compiler.supervise.facts.display import speakers
from compiler.supervise.facts.key_frames import EVERY
from compiler.supervise.facts.sound_places import Places, Run, is_followed, is_steady, places
from compiler.supervise.facts.survey import StreamSurvey
from compiler.supervise.facts.whole import Whole
from compiler.timeline.media import UNINDEXED

Facts = dict[str, Any]

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000)
"""Sample rates that a sound may change to in midstream, as the length of its packets tells."""

RATE_KNOWN = 0.002
"""The precision of a slope by which it is the ratio of two sample rates, and no drift."""

FRAMES = {"aac": 1024, "mp3": 1152, "mp2": 1152, "ac3": 1536}
"""Samples of a packet, of codecs whose packets all have the same number."""

_PCM = re.compile(r"pcm_(?:[suf](\d+)(?:le|be)?|mulaw|alaw)$")


class SoundFacts:
    """The sound's times: the place of its packets, its first sample and its end, in container time."""

    def __init__(
        self, container: InputContainer, track: StreamSurvey, whole: Whole, count_samples: Callable[[int], list[int]]
    ) -> None:
        assert isinstance(track.frame, AudioFrame)
        self.track, self.stream = track, cast(AudioStream, track.stream)
        self.unindexed = container.format.name.split(",")[0] in UNINDEXED
        self.cut = whole.missing or whole.forced or whole.broken
        self.rate = int(track.frame.sample_rate)
        self.lengths, exact = self._lengths()
        scale = float(track.time_base)
        stamps = [tick * scale for tick in track.ticks]
        self.steady = self._is_joined() or (is_steady if exact else is_followed)(stamps, self.lengths, scale)
        if not self.steady and not exact:
            self.lengths = self._decoded_lengths(count_samples)
        self.places = self._placed(stamps)
        begins = track.first if self.steady else None
        self.first = self._at(self.places.runs[0].start) if begins is None else begins
        self.end = track.end(Fraction(0))
        if whole.until is not None:
            self.end = min(self.end, whole.until)

    def _is_joined(self) -> bool:
        """Whether every packet begins at the tick at which the one before ends, in ticks as fine as samples."""
        track = self.track
        scale = float(track.time_base)
        stated = all(
            abs(each * scale - length) <= 2 * scale
            for each, length in set(zip(track.durations, self.lengths, strict=True))
        )
        fine = track.time_base <= Fraction(1, self.rate)
        return stated and fine and all(map(eq, islice(track.ticks, 1, None), map(add, track.ticks, track.durations)))

    def _placed(self, stamps: list[float]) -> Places:
        """The runs of packets. A slope of the ratio of two sample rates is another rate: packets last longer or
        shorter, and decode to as many samples as before."""
        if self.steady:
            return Places((Run(0, stamps[0], 0.0),), 0.0)
        found = self._heard_places(stamps)
        if not any(map(self._is_other_rate, found.runs)):
            return found
        for run, after in pairwise([*found.runs, Run(len(stamps), 0.0, 0.0)]):
            if self._is_other_rate(run):
                for number in range(run.first, after.first):
                    self.lengths[number] *= 1 + run.slope
        return self._heard_places(stamps)

    def _heard_places(self, stamps: list[float]) -> Places:
        """The runs of the packets that decode to samples; decoders give nothing for the first ones that they take."""
        heard = [number for number, length in enumerate(self.lengths) if length > 0]
        if not heard:
            return places(stamps, self.lengths)
        found = places([stamps[number] for number in heard], [self.lengths[number] for number in heard])
        return replace(found, runs=tuple(replace(run, first=heard[run.first]) for run in found.runs))

    def _is_other_rate(self, run: Run) -> bool:
        ratios = (self.rate / rate for rate in RATES if rate != self.rate)
        return any(abs(1 + run.slope - ratio) < RATE_KNOWN for ratio in ratios)

    def _at(self, seconds: float) -> Fraction:
        """An instant at a whole sample."""
        return Fraction(round(seconds * self.rate), self.rate)

    def _decoded_lengths(self, count_samples: Callable[[int], list[int]]) -> list[float]:
        """Seconds of each packet by its decoded samples, where neither its codec nor its ticks tell them."""
        counted = count_samples(self.stream.index)
        return [samples / self.rate for samples in counted] if len(counted) == len(self.lengths) else self.lengths

    def _lengths(self) -> tuple[list[float], bool]:
        """Seconds of each packet, and whether they are exact: by the number of samples, where all packets have as
        many, since ticks round."""
        track, rate = self.track, self.rate
        codec = self.stream.codec_context.codec.canonical_name
        samples = FRAMES.get(codec)
        if codec == "aac" and track.frame is not None and cast(AudioFrame, track.frame).samples in (960, 1920, 2048):
            samples = cast(AudioFrame, track.frame).samples
        if (bits := _PCM.match(codec)) is not None:
            frame = cast(AudioFrame, track.frame)
            block = frame.layout.nb_channels * (int(bits[1] or 8) // 8)
            return [size / block / rate for size in track.sizes], True
        if samples is None:
            fine = track.time_base <= Fraction(1, rate) or codec == "opus"
            scale = float(track.time_base)
            if not fine and (alike := self._alike(scale)) is not None:
                return alike, True
            return [duration * scale for duration in track.durations], fine
        length, tick = samples / rate, float(track.time_base)
        others = [samples / other for other in RATES if abs(samples / other - length) > 2 * tick]
        exact = {
            duration: next((other for other in others if abs(duration * tick - other) <= tick), length)
            for duration in set(track.durations)
        }
        return [exact[duration] for duration in track.durations], True

    def _alike(self, tick: float) -> list[float] | None:
        """Seconds of each packet by the samples of the first frame, if all packets but the last state the same
        duration, which is that frame's in whole ticks: of WMA and FLAC, whose packets have a frame each."""
        durations, frame = self.track.durations, cast(AudioFrame, self.track.frame)
        lasts = frame.samples / self.rate
        if len(set(durations[:-1])) != 1 or abs(durations[0] * tick - lasts) > tick:
            return None
        return [*(lasts for _ in durations[:-1]), min(lasts, durations[-1] * tick)]

    def reasons(self) -> Iterator[str]:
        """Why the sound is straightened."""
        if self.unindexed:
            yield "its container has no index"
        if self.track.jumped:
            yield "its clock jumps"
        elif not self.steady:
            yield "its timestamps waver" if len(self.places.runs) == 1 else "it has gaps"
        if self.track.corrupt or self.cut:
            yield "it is damaged"

    def notices(self, zero: Fraction) -> Iterator[str]:
        """What its owner should know."""
        track, places, drift = self.track, len(self.track.corrupt), self.places.drift
        if drift:
            pace = "slow" if drift > 0 else "fast"
            yield f"the sound's clock runs {abs(drift):.2%} {pace}; it is stretched to follow its timestamps"
        if places:
            first = track.ticks[min(track.corrupt[0], len(track.ticks) - 1)] * track.time_base - zero
            yield damaged_sound(places, first)

    def facts(self, zero: Fraction) -> Facts:
        """The fields of timeline.media.AudioStream."""
        context, track = self.stream.codec_context, self.track
        straightened = tuple(self.reasons())
        return {
            "index": self.stream.index,
            "codec": context.codec.canonical_name,
            "profile": context.profile or "",
            "sample_rate": context.sample_rate,
            "channels": context.layout.nb_channels,
            "layout": context.layout.name,
            "speakers": speakers(context.layout),
            "time_base": track.time_base,
            "first": self.first,
            "start": track.stated_start,
            "end": self.end - zero,
            **(self._straight(straightened, zero) if straightened else {}),
        }

    def _straight(self, reasons: tuple[str, ...], zero: Fraction) -> Facts:
        """The fields of a straightened sound."""
        frame = cast(AudioFrame, self.track.frame)
        return {
            "sample_rate": self.rate,
            "channels": frame.layout.nb_channels,
            "layout": frame.layout.name,
            "speakers": speakers(frame.layout),
            "straightened": reasons,
            "entries": tuple(self._entries(float(zero))),
            "runs": tuple(
                (*self._packet(run.first), round((run.start - float(zero)) * self.rate), round(run.slope * 10**9))
                for run in self.places.runs
            ),
            "jitter": Fraction(round(self.places.jitter * 10**6), 10**6),
        }

    def _packet(self, number: int) -> tuple[int, int]:
        """A packet's own stamp and byte position."""
        return self.track.stamps[number], self.track.positions[number]

    def _entries(self, zero: float) -> Iterator[tuple[int, int, int]]:
        """About two packets a second, with the source samples at which they begin."""
        runs = [*self.places.runs, Run(len(self.lengths), 0.0, 0.0)]
        every = float(EVERY)
        last = runs[0].start - every  # below 0 in a file whose clock wraps
        for run, after in pairwise(runs):
            at = run.start
            for number in range(run.first, after.first):
                if at - last >= every and (self.track.positions[number] >= 0 or not self.unindexed):
                    yield *self._packet(number), round((at - zero) * self.rate)
                    last = at
                at += self.lengths[number] * (1 + run.slope)


def damaged_sound(places: int, first: Fraction) -> str:
    """What the owner of a damaged sound should know: at how many places it is, and the source time of the first."""
    where = f"at {places} places, first" if places > 1 else "once,"
    return f"the sound is damaged {where} at {float(first):.2f} s; it is silent there"
