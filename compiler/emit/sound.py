"""Filters of sound: one 48 kHz stereo grid, excerpts to the sample, tempo, exact lengths."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from compiler.emit.numbers import decimal
from compiler.ir import ops
from compiler.ir.infer import Audio
from compiler.timeline.downmix import downmix
from compiler.timeline.instant import SAMPLE_RATE, nearest
from compiler.transitions import LINEAR

GAIN, MEASURED = "gain.txt", "loudness.txt"
"""Files in the folder ffmpeg runs in: a film's gain, and the measured loudness that the gain is computed from."""

LAYOUT = "sample_fmts=fltp:channel_layouts=stereo"

ATEMPO_LOWEST = Fraction(1, 2)
"""atempo's slowest tempo; slower ones are chains of atempo."""

SMEARED = Fraction(1, 2)
"""The speed below which rubberband gets its short window: at speed 1/4 a click was up to 63 ms early with the standard
window and 15 ms with the short one (5.1 and 9.0 alike)."""

RATIO_LIMIT = 96_000
"""Hz: the highest rate in a speed written as a ratio of two rates: exact to four decimals, within 6e-6 beyond."""


def downmixed(src: Audio, name: str) -> list[str]:
    """`pan`: left and right as sums of shares of the numbered channels."""
    left, right = ("+".join(_shares(shares)) for shares in downmix(src.speakers))
    return [f"pan@{name}=stereo|FL={left}|FR={right}"]


def _shares(shares: Sequence[Fraction]) -> list[str]:
    return [f"c{n}" if share == 1 else f"{decimal(share)}*c{n}" for n, share in enumerate(shares) if share]


def resample(name: str) -> list[str]:
    """Gapless, endless stereo on the grid from timestamp 0 on."""
    return [
        f"aresample@{name}={SAMPLE_RATE}:async=1:first_pts=0:min_hard_comp=0.001",
        f"aformat={LAYOUT}",
        "apad",
    ]


def silence(op: ops.Silence) -> list[str]:
    """`op.samples` samples of silence."""
    return [f"anullsrc=r={SAMPLE_RATE}:cl=stereo", f"atrim=end_sample={op.samples}", f"aformat={LAYOUT}"]


def made() -> list[str]:
    """The sounds of the units, one after the other, stamped by their number: the list rounds their times."""
    return [*restamp(), f"aformat={LAYOUT}"]


def excerpt(op: ops.Excerpt, src: Audio, name: str) -> list[str]:
    """Source samples from an instant on, timestamps restarted at 0; no excerpt begins before the first sample. Around a
    window there is silence."""
    opens, closes = (nearest(at * SAMPLE_RATE) for at in src.heard or (Fraction(0), Fraction(0)))
    start = max(opens, nearest((op.start + src.zero) * SAMPLE_RATE))
    if src.heard is None or start + op.length <= closes:
        return [f"atrim@{name}=start_sample={start}:end_sample={start + op.length}", "asetpts=N"]
    return [f"atrim@{name}=start_sample={start}:end_sample={closes}", f"apad=whole_len={op.length}", "asetpts=N"]


def tempo(op: ops.Tempo, name: str) -> list[str]:
    """A sound at another speed, by the op's engine."""
    match op.engine:
        case "varispeed":
            return _varispeed(op.speed, name)
        case "rubberband":
            window = ":window=short" if op.speed < SMEARED else ""
            return [f"rubberband@{name}=tempo={decimal(op.speed)}{window}"]
        case "atempo":
            return _atempo(op.speed, name)
        case _:
            assert_never(op.engine)


def _varispeed(speed: Fraction, name: str) -> list[str]:
    """Samples relabelled to one rate and resampled to another: speed = labelled / resampled."""
    if (speed * SAMPLE_RATE).denominator == 1:
        return [f"asetrate@{name}={speed * SAMPLE_RATE}", f"aresample={SAMPLE_RATE}"]
    ratio = speed.limit_denominator(RATIO_LIMIT)
    scale = max(1, SAMPLE_RATE // max(ratio.numerator, ratio.denominator))
    labelled, resampled = ratio.numerator * scale, ratio.denominator * scale
    return [f"asetrate@{name}={labelled}", f"aresample={resampled}", f"asetrate={SAMPLE_RATE}"]


def _atempo(speed: Fraction, name: str) -> list[str]:
    steps = []
    while speed < ATEMPO_LOWEST:
        steps.append(f"atempo={decimal(ATEMPO_LOWEST)}")
        speed /= ATEMPO_LOWEST
    return [*steps, f"atempo@{name}={decimal(speed)}"]


def exact(op: ops.Exact) -> list[str]:
    """Exactly `op.samples` samples, padded or cut."""
    return ["asetpts=N", f"apad=whole_len={op.samples}", f"atrim=end_sample={op.samples}"]


def volume(op: ops.Volume, name: str) -> list[str]:
    """`volume` by a factor: 20 dB are ten times the amplitude."""
    return [f"{_volume(name)}={decimal(10 ** float(op.decibels / 20))}:precision=float"]


def restamp() -> list[str]:
    """Sample n at n / 48000. Not `N/SR/TB`, which is truncated to whole ticks: slightly below n becomes n - 1."""
    return [f"asettb=1/{SAMPLE_RATE}", "asetpts=N"]


def fade(op: ops.Fade, src: Audio) -> list[str]:
    """Fades from silence and to silence, to the sample."""
    filters = []
    coming, going = ("" if curve == LINEAR else f":curve={curve}" for curve in op.curves)
    if op.entering:
        filters.append(f"afade=t=in:ss=0:ns={op.entering}{coming}")
    if op.leaving:
        filters.append(f"afade=t=out:ss={(src.samples or 0) - op.leaving}:ns={op.leaving}{going}")
    return filters


def crossfade(op: ops.Xfade, name: str) -> list[str]:
    """Two sounds crossfaded over exactly the overlap."""
    return [f"acrossfade@{name}=ns={op.overlap}:c1={op.kind}:c2={op.kind}"]


def finished(op: ops.Loudness | ops.Measure | ops.Pcm, name: str) -> list[str]:
    """The filters of a film's finished sound.

    The gain is read from a file before the first sample; without the file the film would be silent. Loudness and true
    peak are written every 100 ms; padding with silence lets the last measurement reach the end of the sound.
    """
    match op:
        case ops.Loudness():
            return [f"asendcmd=f={GAIN}", f"{_volume(name)}=0:precision=float"]
        case ops.Measure():
            return [
                *(f"apad=pad_len={SAMPLE_RATE // 10}", f"aresample={SAMPLE_RATE}", "aformat=sample_fmts=dbl"),
                f"ebur128@{name}=peak=true:metadata=1:framelog=verbose",
                f"ametadata=mode=print:file={MEASURED}",
            ]
        case ops.Pcm():
            return [f"aresample@{name}={SAMPLE_RATE}", "aformat=sample_fmts=s16:channel_layouts=stereo"]
        case _:
            assert_never(op)


def gain_command(name: str, gain: str) -> str:
    """The content of the gain file: the gain from the first sample on."""
    return f"0 {_volume(name)} volume {gain};\n"


def _volume(name: str) -> str:
    return f"volume@{name}"
