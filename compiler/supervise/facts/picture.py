"""The facts of a file's picture, from the survey of its packets. Runs in the probe child."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any, cast

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from compiler.supervise.facts.colour import colours
from compiler.supervise.facts.display import turn
from compiler.supervise.facts.sound import SoundFacts
from compiler.supervise.facts.survey import StreamSurvey
from compiler.supervise.facts.whole import Whole
from compiler.supervise.media.admit import unreadable
from compiler.timeline.media import BEGINS_LATE, GOES_ON, INDEXED, MOST_REORDERED, UNINDEXED

Facts = dict[str, Any]

FIELDS = {2: "tff", 3: "bff", 4: "tff", 5: "bff"}
"""By AVFieldOrder (0 unknown, 1 progressive), the field that is displayed first, whichever is stored first."""

NTSC = Fraction(1001, 1000)
"""What film and television at "29.97" and its relatives are slowed by."""

MOST_KEYS = 1 << 14
"""Key frames that are listed: nine hours of one every two seconds. Streams of key frames alone need no list."""

APART = Fraction(1, 2)
"""Seconds by which a picture may begin after its sound, or end before it, without a change of source time (ADR 43)."""


class PictureFacts:
    """The picture's times: source time 0, its frames, its end."""

    def __init__(self, container: InputContainer, track: StreamSurvey, sound: SoundFacts | None, whole: Whole) -> None:
        assert track.keys is not None
        self.track, self.stream, self.keys = track, cast(VideoStream, track.stream), track.keys
        self.unindexed = container.format.name.split(",")[0] in UNINDEXED
        self.indexed = container.format.name.split(",")[0] in INDEXED
        self.found = container.format.name.startswith("mov")
        """Whether a seek to the time at which a key frame is shown finds it. Others are sought by decoding times."""
        entries = track.keys.entries
        self.headless = container.format.name == "flv" and bool(entries) and entries[0].number > 0
        """Whether the first key frame comes late in FLV, which ffmpeg 9.0 then enters at a wrong place."""
        self.unstamped = bool(track.unstamped)
        self._use_decoding_times(container)
        if whole.until is not None:
            track.ticks = [tick for tick in track.ticks if tick * track.time_base < whole.until]
        if track.first is None or not track.ticks:
            raise unreadable("has no picture that can be decoded")
        begins = min(track.ticks) * track.time_base if self.unstamped else track.first
        self.off_grid = track.uneven()
        # by the first packet: a recording that was joined amid its frames begins with some that cannot be decoded
        self.late = sound is not None and min(track.ticks) * track.time_base - sound.first > APART
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
        track, codec = self.track, self.stream.codec_context.codec
        if container.format.name != "avi" or len(track.ticks) != len(track.stamps):
            return
        stamps = [stamp + track.clock.offset_of(number) for number, stamp in enumerate(track.stamps)]
        closed = _closed_up(stamps, self._ticks_a_frame()) if codec.reorder else stamps
        moved = closed != stamps or self.keys.reordered or codec.canonical_name in ("h264", "hevc")
        self.unstamped = self.unstamped or moved
        if self.unstamped:
            track.ticks = closed
            track.last = max(zip(closed, track.durations, strict=True))

    def _tick_at(self, at: Fraction) -> int:
        return int(at // self.track.time_base)

    def _is_uneven(self) -> bool:
        return not self._counted and self.off_grid

    @property
    def _counted(self) -> bool:
        """Whether frames are only counted, since most have no time at all."""
        return len(self.track.ticks) < self.track.packets and self.unstamped

    def _rate(self) -> Fraction:
        stream, track = self.stream, self.track
        measured = self.off_grid and not track.clock.jumps and not self._counted
        rate = (stream.average_rate if measured else stream.guessed_rate) or stream.average_rate or stream.base_rate
        if self._counted and stream.average_rate and rate:  # a guess by the few frames that have times
            lasted = (track.last[0] - min(track.ticks)) * track.time_base
            rate = min(rate, stream.average_rate, key=lambda stated: abs(stated * lasted - track.packets))
        if not rate:
            raise unreadable("states no frame rate")
        several = len(track.ticks) > 1
        return self._rate_of_pairs() if track.fields and several and not measured else Fraction(rate)

    def _rate_of_pairs(self) -> Fraction:
        """The rate of frames whose fields are packets, which libav counts as frames: a whole number, or one by 1.001,
        if that fits the frames' times to half a frame."""
        ticks = self.track.ticks
        lasted = max((max(ticks) - min(ticks)) * self.track.time_base, self.track.time_base)
        frames = len(set(ticks)) - 1
        near = frames / lasted
        fitting = min(Fraction(round(near)), Fraction(round(near * NTSC)) / NTSC, key=lambda rate: abs(rate - near))
        return fitting if fitting and abs(fitting * lasted - frames) < Fraction(1, 2) else near

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
        if self.headless:
            yield "its first frame is no key frame"
        if self.keys.shapes:
            yield "its picture changes shape"
        if self.unstamped:
            yield "its frames have no times"
        if self.keys.false:
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
        for tick, shape in self.keys.shapes:
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
            "ahead": self._ahead,
            "keys": () if straightened or self._ahead is None else self._keys,
            **colours(context),
            **(self._straight(straightened, frame) if straightened else {}),
        }

    @property
    def _ahead(self) -> Fraction | None:
        """Seconds by which key frames are decoded before they are shown; a seek among packets of single fields may land
        between the two of a frame, and is right some frames later only."""
        return self.keys.ahead * self.track.time_base if self.indexed and not self.track.fields else None

    @property
    def _keys(self) -> tuple[int, ...]:
        """The ticks at which key frames are shown, if they are of use: all of them are true and can be found."""
        listed = self.found and not self.keys.false and len(self.keys.shown) <= MOST_KEYS
        return tuple(sorted(self.keys.shown)) if listed else ()

    def _straight(self, reasons: tuple[str, ...], frame: VideoFrame) -> Facts:
        """The fields of a straightened picture."""
        track = self.track
        zero = round(self.zero / track.time_base)
        return {
            "pix_fmt": frame.format.name,
            "straightened": reasons,
            "entries": tuple(self._entries(zero)),
            "jumps": tuple(track.clock.jumps),
            "shapes": tuple((tick - zero, str(shape)) for tick, shape in self.keys.shapes),
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
        """The key frames, by the times that count. One that has the time of another frame may be shown after some that
        cannot be decoded without those before it."""
        ordered = sorted(self.track.ticks)
        twice = {tick for tick, after in pairwise(ordered) if tick == after}
        for entry in self.keys.entries:
            if not self.unstamped:
                if entry.tick not in twice:
                    yield entry.tick - zero, entry.stamp, entry.position, entry.number
            elif entry.number not in self.keys.open_entries:  # which frame of the display it is can be counted
                shown = entry.number + self.keys.leading.get(entry.number, 0)
                yield self._tick_of(shown, zero), entry.stamp, entry.position, entry.number

    def _tick_of(self, shown: int, zero: int) -> int:
        """The tick after `zero` of a frame of the display, in a file whose frames have no times of their own."""
        if self._counted:
            return round(shown / self._step)
        ticks = self.track.ticks
        return (ticks[shown] if shown < len(ticks) else ticks[-1]) - zero


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
