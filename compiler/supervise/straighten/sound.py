"""Straightens a sound: PCM without a gap, every sample at its place."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

import av.error
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.codec.context import CodecContext
from av.container import OutputContainer
from av.packet import Packet

from compiler.emit.specs import SoundSpec
from compiler.supervise.media.admit import unreadable
from compiler.supervise.media.clock import stamp_of
from compiler.supervise.straighten.picture import Numbered

SOFT = Fraction(3, 1000)
"""Seconds faded before and after a gap or an overlap, so that nothing clicks."""

ROUNDED = Fraction(3, 1000)
"""Seconds by which a frame may be off its running place by the rounding of timestamps; it is not moved."""

FINEST = 1_000_000
"""Hertz: both rates of a drift are stated as multiples near it, the most that libswresample reduces exactly."""

FLOAT = {"mp1": "mp1float", "mp2": "mp2float"}
"""Decoders without the rounding of libav's usual ones for these codecs, which carry its error from sample to sample."""

NOISY = frozenset({"ac3", "eac3"})
"""Codecs whose decoders put noise where no bits are, which an option makes depend on the packet alone."""

BLOCK = 4096
"""Samples sent at a time."""


def send_sound(spec: SoundSpec, numbered: Numbered, sink: OutputContainer) -> None:
    """Send every sample from `begin` on, source samples of the stream's own rate, silence where there is none."""
    sender = _Sender(spec, sink)
    for place, data in _placed(spec, numbered):
        sender.take(place, data)
    sender.finish()


def silent_from(spec: SoundSpec, numbered: Numbered, until: int) -> list[int]:
    """The source samples from `begin` to `until` at which packets begin that do not decode."""
    silent: list[int] = []
    for place, _ in _placed(spec, numbered, silent.append):
        if place >= until:
            break
    return [place for place in silent if spec["begin"] <= place < until]


def _placed(
    spec: SoundSpec, numbered: Numbered, on_lost: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[int, array[float]]]:
    """The decoded samples of each packet, interleaved, and the source sample at which they begin; `on_lost` is told
    where one begins that does not decode."""
    decoder = _Decoder(strict=spec["strict"], watched=spec["watched"])
    anchors = {(stamp, position): (sample, drift) for stamp, position, sample, drift in spec["anchors"]}
    shape, due = _Shaper(spec, 0), None
    tick = Fraction(spec["time_base"]) * spec["rate"]
    for _, packet in numbered:
        stamp = stamp_of(packet)
        known = anchors.get((stamp, -1 if packet.pos is None else packet.pos)) if stamp is not None else None
        if known is not None:
            if due is not None:
                yield due, shape.rest()
            due, shape = known[0], _Shaper(spec, known[1])
        if due is None:
            continue
        if stamp is not None:
            packet.pts = packet.dts = round(due / tick)
        length = round((packet.duration or 0) * tick)
        frames = decoder.frames(packet)
        if decoder.lost:
            on_lost(due)
        for frame in frames:
            at = due if frame.pts is None else round(frame.pts * tick)
            at = due if abs(at - due) <= ROUNDED * spec["rate"] else at
            if not shape.takes(frame):
                rest = shape.rest()
                yield due, rest
                shape = _Shaper(spec, shape.drift)
                shape.takes(frame)
            data = shape(frame)
            yield at, data
            due, length = at + len(data) // spec["channels"], 0
        due += length  # of a packet that did not decode
    if due is not None:
        yield due, shape.rest()


def count_samples(numbered: Numbered) -> list[int]:
    """The number of samples that each packet decodes to."""
    decoder = _Decoder(strict=False, watched=False)
    return [sum(frame.samples for frame in decoder.frames(packet)) for _, packet in numbered if packet.size]


class _Shaper:
    """Brings frames to the first layout and rate of the stream, and stretches them by a drift, in billionths."""

    def __init__(self, spec: SoundSpec, drift: int) -> None:
        fine = max(1, FINEST // spec["rate"]) if drift else 1
        self._fine, self._channels = fine, spec["channels"]
        self._resampler = AudioResampler(
            "flt", spec["layout"], round(spec["rate"] * fine * (1 + Fraction(drift, 10**9)))
        )
        self._rate = spec["rate"]
        self._form: tuple[str, str, int] | None = None
        self.drift = drift
        self._plain = AudioResampler("flt", spec["layout"], spec["rate"]) if drift else None

    def takes(self, frame: AudioFrame) -> bool:
        """Whether a frame is of the form of those before it."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        self._form = self._form or form
        return form == self._form

    def __call__(self, frame: AudioFrame) -> array[float]:
        frame.pts = None
        if self._plain is None:
            return self._joined(self._resampler.resample(frame))
        parts = self._plain.resample(frame)
        for part in parts:  # the same samples, called faster: what is resampled back to the real rate is stretched
            part.pts, part.sample_rate = None, self._rate * self._fine
        return self._joined(each for part in parts for each in self._resampler.resample(part))

    def rest(self) -> array[float]:
        """The samples that the resamplers still hold."""
        return self._joined(self._resampler.resample(None))

    def _joined(self, frames: Iterable[AudioFrame]) -> array[float]:
        data = array("f")
        for part in frames:
            data.frombytes(bytes(part.planes[0])[: part.samples * self._channels * 4])
        return data


class _Decoder:
    """Decodes packets to samples that do not depend on the packets from which decoding began, but for the noise that
    AAC asks for and no option of its decoder fixes."""

    def __init__(self, *, strict: bool, watched: bool) -> None:
        self._strict, self._watched = strict, watched
        self._context: Any = None
        self._seen = False
        self.lost = False
        """Whether the last packet did not decode whole."""

    def frames(self, packet: Packet[Any]) -> list[AudioFrame]:
        """The frames of a packet that decode whole; RC604 for others if they are an error."""
        if self._context is None:
            self._context = _context_of(packet)
        self.lost, is_error = False, self._strict or (self._watched and self._seen)
        try:
            frames = [frame for frame in self._context.decode(packet) if isinstance(frame, AudioFrame)]
        except av.error.FFmpegError as error:
            if is_error:
                raise unreadable("is damaged", str(error.strerror)) from error
            self.lost = True
            return []
        whole = [frame for frame in frames if not frame.is_corrupt]
        self.lost, self._seen = len(whole) < len(frames), self._seen or bool(whole)
        if is_error and self.lost:
            raise unreadable("is damaged: its sound does not decode whole")
        return whole


def _context_of(packet: Packet[Any]) -> Any:
    """The decoder of a packet's stream."""
    context: Any = packet.stream.codec_context
    codec = context.codec.canonical_name
    if codec in FLOAT:
        context = CodecContext.create(FLOAT[codec], "r")
        context.thread_count = 1
    elif codec in NOISY:
        context.options = {**context.options, "cons_noisegen": "1"}
    return context


class _Sender:
    """Sends samples in order, without a gap; the last 3 ms are held back until it is known what follows them."""

    def __init__(self, spec: SoundSpec, sink: OutputContainer) -> None:
        self._channels, self._rate = spec["channels"], spec["rate"]
        self._soft = round(SOFT * self._rate)
        self._sink, self._first = sink, spec["begin"]
        self._stream: Any = sink.add_stream("pcm_f32le", rate=self._rate, layout=spec["layout"])
        self._stream.time_base = Fraction(1, self._rate)
        self._end = self._first
        """The source sample that follows the samples taken."""
        self._held = array("f")
        self._sent = 0

    def take(self, place: int, data: array[float]) -> None:
        """Take samples that begin at source sample `place`."""
        if place < self._end:
            overlap = min(self._end - place, len(data) // self._channels)
            data, place = data[overlap * self._channels :], place + overlap
            if self._sent or self._held:
                self._fade(data, rising=True)
                self._fade(self._held, rising=False)
        if not data:
            return
        if place > self._end:
            self._fade(self._held, rising=False)
            self._pause(place - self._end)
            if place > self._first:
                self._fade(data, rising=True)
        self._append(data)
        self._end = place + len(data) // self._channels

    def _pause(self, samples: int) -> None:
        for begin in range(0, samples, BLOCK):
            self._append(array("f", bytes(4 * self._channels * min(BLOCK, samples - begin))))

    def finish(self) -> None:
        """Send what was held back."""
        self._send(self._held)

    def _append(self, data: array[float]) -> None:
        self._held.extend(data)
        keep = self._soft * self._channels
        if len(self._held) > keep:
            self._send(self._held[:-keep])
            self._held = self._held[-keep:]

    def _fade(self, data: array[float], *, rising: bool) -> None:
        """Fade in the first 3 ms, or fade out the last."""
        length = min(self._soft, len(data) // self._channels)
        start = 0 if rising else len(data) // self._channels - length
        for k in range(length):
            share = (k + 1) / (length + 1) if rising else (length - k) / (length + 1)
            for channel in range(self._channels):
                data[(start + k) * self._channels + channel] *= share

    def _send(self, data: array[float]) -> None:
        for begin in range(0, len(data), BLOCK * self._channels):
            part = data[begin : begin + BLOCK * self._channels]
            packet = Packet(part.tobytes())
            packet.stream, packet.time_base = self._stream, Fraction(1, self._rate)
            packet.pts = packet.dts = self._sent
            self._sink.mux(packet)
            self._sent += len(part) // self._channels
