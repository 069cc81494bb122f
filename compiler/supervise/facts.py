"""The facts of a file's picture and sound, from the surveys of their packets. Runs in the probe child."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from operator import add, eq
from typing import Any, cast

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from compiler.supervise import survey
from compiler.supervise.admit import unreadable
from compiler.supervise.colour import colours
from compiler.supervise.display import speakers, turn
from compiler.supervise.sound_places import Places, Run, is_followed, is_steady, places
from compiler.supervise.survey import StreamSurvey
from compiler.timeline.media import BEGINS_LATE, GOES_ON, UNINDEXED

Facts = dict[str, Any]

FIELDS = {2: "tff", 3: "bff", 4: "tff", 5: "bff"}
"""By AVFieldOrder (0 unknown, 1 progressive), the field that is displayed first, whichever is stored first."""

MOST_REORDERED = 16
"""Frames by which codecs reorder, at most."""

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000)
"""Sample rates that a sound may change to in midstream, as the length of its packets tells."""

STEEPEST = 0.02
"""The steepest drift of a recorder's clock; 44,100 samples a second for 48,000 are 0.088."""

APART = Fraction(1, 2)
"""Seconds by which a picture may begin after its sound, or end before it, without a change of source time (ADR 43)."""

_PCM = re.compile(r"pcm_(?:[suf](\d+)(?:le|be)?|mulaw|alaw)$")

FRAMES = {"aac": 1024, "mp3": 1152, "mp2": 1152, "ac3": 1536}
"""Samples of a packet, of codecs whose packets all have the same number."""


@dataclass(frozen=True, slots=True)
class Whole:
    """How much of a file there is: the container time up to which it has its bytes, if not all, and what is missing."""

    until: Fraction | None = None
    missing: str = ""
    broken: bool = False
    """Whether the demuxer met bytes that it could not read, and went on after them."""
    forced: bool = False
    """Whether streams are straightened although nothing of their packets is odd, since decoding them failed."""


class Picture:
    """The picture's times: source time 0, its frames, its end."""

    def __init__(self, container: InputContainer, track: StreamSurvey, sound: Sound | None, whole: Whole) -> None:
        self.track, self.stream = track, cast(VideoStream, track.stream)
        self.unindexed = container.format.name.split(",")[0] in UNINDEXED
        self.unstamped = bool(track.unstamped)
        self._use_decoding_times(container)
        if whole.until is not None:
            track.ticks = [tick for tick in track.ticks if tick * track.time_base < whole.until]
        if track.first is None or not track.ticks:
            raise unreadable("has no picture that can be decoded")
        begins = min(track.ticks) * track.time_base if self.unstamped else track.first
        self.late = sound is not None and begins - sound.first > APART
        self.zero = self._tick_at(sound.first) * track.time_base if sound and self.late else begins
        self.rate = self._rate()
        self.cut = whole.missing or whole.forced or whole.broken
        self.broken = whole.broken
        own = self._end(begins, whole)
        self.shown = own if sound is not None and sound.end - own > APART else None
        self.end = sound.end if sound is not None and self.shown is not None else own
        self.uneven = self.late or self.shown is not None or self._is_uneven()

    def _ticks_a_frame(self) -> int:
        return round(1 / ((self.stream.average_rate or self.stream.guessed_rate or 1) * self.track.time_base))

    def _use_decoding_times(self, container: InputContainer) -> None:
        """Take the decoding times of AVI, which states no others, where libav's guess of presentation times is wrong:
        where frames are reordered, or the first one's time is."""
        track, codec = self.track, self.stream.codec_context.codec.canonical_name
        if container.format.name != "avi" or len(track.ticks) != len(track.stamps):
            return
        stamps = [stamp + track.clock.offset_of(number) for number, stamp in enumerate(track.stamps)]
        closed = _closed_up(stamps, self._ticks_a_frame())
        self.unstamped = self.unstamped or closed != stamps or track.reordered or codec in ("h264", "hevc")
        if self.unstamped:
            track.ticks = closed
            track.last = max(zip(closed, track.durations, strict=True))

    def _tick_at(self, at: Fraction) -> int:
        return int(at // self.track.time_base)

    def _is_uneven(self) -> bool:
        return not self._counted and self.track.uneven()

    @property
    def _counted(self) -> bool:
        """Whether frames are only counted, since most have no time at all."""
        return len(self.track.ticks) < self.track.packets and self.unstamped

    def _rate(self) -> Fraction:
        stream, track = self.stream, self.track
        measured = track.uneven() and not track.clock.jumps and not self._counted
        rate = (stream.average_rate if measured else stream.guessed_rate) or stream.average_rate or stream.base_rate
        if not rate:
            raise unreadable("states no frame rate")
        return Fraction(rate)

    def _end(self, begins: Fraction, whole: Whole) -> Fraction:
        if self._counted:
            return begins + self.track.packets / self.rate
        end = self.track.end(1 / self.rate)
        return end if whole.until is None else min(end, (max(self.track.ticks) + 1 / self._step) * self.track.time_base)

    @property
    def _step(self) -> Fraction:
        return self.rate * self.track.time_base

    @property
    def ticks(self) -> tuple[int, ...]:
        """The ticks at which frames begin, if they come at uneven times."""
        if not self.uneven:
            return ()
        ticks = self.track.ticks_from(self.zero)
        if self._counted:
            ticks = tuple(round(n / self._step) for n in range(self.track.packets))
        return (0, *ticks[1:]) if self.late else ticks

    def reasons(self) -> Iterator[str]:
        """Why the picture is straightened."""
        track = self.track
        if self.unindexed:
            yield "its container has no index"
        if track.jumped:
            yield "its clock jumps"
        if track.shapes:
            yield "its picture changes shape"
        if self.unstamped:
            yield "its frames have no times"
        if track.false_keys:
            yield "it calls frames key frames that are none"
        if track.corrupt or self.cut:
            yield "it is damaged"
        if self.late:
            yield BEGINS_LATE
        if self.shown is not None:
            yield GOES_ON

    def notices(self) -> Iterator[str]:
        """What its owner should know."""
        zero = round(self.zero / self.track.time_base)
        for tick, shape in self.track.shapes:
            at = float((tick - zero) * self.track.time_base)
            yield f"the picture changes to {shape} at {at:g} s; it is shown in the first size, which crop boxes are in"
        if self.track.clock.jumps:
            count = len(self.track.clock.jumps)
            yield f"the file's clock jumps {count} time{'s' * (count > 1)}; the film goes on without a pause there"
        if self.late:
            begins = float((self.track.first or 0) - self.zero)
            yield f"the picture begins {begins:g} s after the sound; its first frame is held from the start"
        if self.shown is not None:
            yield f"the sound goes on for {float(self.end - self.shown):g} s after the picture; the last frame is held"

    def facts(self) -> Facts:
        """The fields of timeline.media.VideoStream."""
        track, context, frame = self.track, self.stream.codec_context, cast(VideoFrame, self.track.frame)
        degrees, mirrored = turn(frame)
        straightened = tuple(self.reasons())
        fields = "auto" if frame.interlaced_frame else FIELDS.get(context.field_order)
        if straightened and fields == "auto":  # raw frames do not carry the flag
            fields = FIELDS.get(context.field_order, "bff" if context.name == "dvvideo" else "tff")
        return {
            "index": self.stream.index,
            "codec": context.codec.canonical_name,
            "width": frame.width,  # the decoder's own, since a container or a header may state another size
            "height": frame.height,
            "rate": self.rate,
            "time_base": track.time_base,
            "first": self.zero,
            "start": track.stated_start,
            "end": self.end - self.zero,
            "ticks": self.ticks,
            "frames": track.packets if self._counted else len(track.ticks),
            "sar": Fraction(self.stream.sample_aspect_ratio or 1),
            "rotation": degrees,
            "mirrored": mirrored,
            "pix_fmt": "yuva420p" if _hidden_alpha(self.stream) else context.pix_fmt,
            "fields": fields,
            **colours(context),
            **(self._straight(straightened, frame) if straightened else {}),
        }

    def _straight(self, reasons: tuple[str, ...], frame: VideoFrame) -> Facts:
        """The fields of a straightened picture."""
        track = self.track
        zero = round(self.zero / track.time_base)
        return {
            "pix_fmt": frame.format.name,
            "straightened": reasons,
            "entries": tuple(self._entries(zero)),
            "jumps": tuple(track.clock.jumps),
            "shapes": tuple((tick - zero, str(shape)) for tick, shape in track.shapes),
            "shown": None if self.shown is None else self.shown - self.zero,
            "held": tuple(self._gaps()) if self.broken else (),
            "late": self.late,
            "tags": (int(frame.colorspace), int(frame.color_range)),
            "unstamped": self.unstamped,
        }

    def _gaps(self) -> Iterator[tuple[Fraction, Fraction]]:
        """The source times between frames that are farther apart than a frame lasts, in a file that lost some."""
        ordered, step = sorted(self.track.ticks), 1 / self._step
        for before, after in pairwise(ordered):
            if after - before > step * 3 / 2:
                yield (before + step) * self.track.time_base - self.zero, after * self.track.time_base - self.zero

    def _entries(self, zero: int) -> Iterator[tuple[int, int, int, int]]:
        """The key frames, by the times that count."""
        track = self.track
        for entry in track.entries:
            if not self.unstamped:
                yield entry.tick - zero, entry.stamp, entry.position, entry.number
            elif entry.number not in track.open_entries:  # which frame of the display it is can be counted
                shown = entry.number + track.leading.get(entry.number, 0)
                tick = track.ticks[shown] if shown < len(track.ticks) else track.ticks[-1]
                yield tick - zero, entry.stamp, entry.position, entry.number


def _hidden_alpha(stream: VideoStream) -> bool:
    """Whether the container states an alpha plane that the decoder in use leaves out: of VP8 and VP9 in WebM."""
    return stream.metadata.get("alpha_mode") == "1" and stream.codec_context.codec.canonical_name in ("vp8", "vp9")


def _closed_up(stamps: list[int], step: int) -> list[int]:
    """Decoding times without the pause after the first frames of a stream that reorders them: muxers write the first
    at 0 though it is due before, and fill the time with empty chunks."""
    closed = list(stamps)
    for later in range(min(MOST_REORDERED, len(closed) - 1), 0, -1):
        if closed[later] - closed[later - 1] > step:
            closed[later - 1] = closed[later] - step
    return closed


class Sound:
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
        fine = track.time_base <= Fraction(1, self.rate)
        return fine and all(map(eq, islice(track.ticks, 1, None), map(add, track.ticks, track.durations)))

    def _placed(self, stamps: list[float]) -> Places:
        """The runs of packets. A slope too steep for a clock is another sample rate: packets last longer or shorter."""
        if self.steady:
            return Places((Run(0, stamps[0], 0.0),), 0.0)
        found = places(stamps, self.lengths)
        if all(abs(run.slope) < STEEPEST for run in found.runs):
            return found
        for run, after in pairwise([*found.runs, Run(len(stamps), 0.0, 0.0)]):
            if abs(run.slope) >= STEEPEST:
                for number in range(run.first, after.first):
                    self.lengths[number] *= 1 + run.slope
        return places(stamps, self.lengths)

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
            return [duration * scale for duration in track.durations], fine
        length, tick = samples / rate, float(track.time_base)
        others = [samples / other for other in RATES if abs(samples / other - length) > 2 * tick]
        exact = {
            duration: next((other for other in others if abs(duration * tick - other) <= tick), length)
            for duration in set(track.durations)
        }
        return [exact[duration] for duration in track.durations], True

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
            first = float(track.ticks[min(track.corrupt[0], len(track.ticks) - 1)] * track.time_base - zero)
            where = f"at {places} places, first" if places > 1 else "once,"
            yield f"the sound is damaged {where} at {first:.2f} s; it is silent there"

    def facts(self, zero: Fraction) -> Facts:
        """The fields of timeline.media.AudioStream."""
        context, track = self.stream.codec_context, self.track
        straightened = tuple(self.reasons())
        return {
            "index": self.stream.index,
            "codec": context.codec.canonical_name,
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
        every = float(survey.EVERY)
        last = -every
        for run, after in pairwise(runs):
            at = run.start
            for number in range(run.first, after.first):
                if at - last >= every and (self.track.positions[number] >= 0 or not self.unindexed):
                    yield *self._packet(number), round((at - zero) * self.rate)
                    last = at
                at += self.lengths[number] * (1 + run.slope)
