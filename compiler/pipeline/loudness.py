"""The loudness of a film: its own sound is measured first, then all of it is multiplied by one gain.

A limiter would always reach the target, but would change the sound; a gain changes only its level.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import log10

from compiler.emit.filters import spell
from compiler.emit.script import script
from compiler.emit.sound import GAIN, MEASURED, gain_command
from compiler.ir import ops
from compiler.ir.graph import Def, Graph, drop_unread
from compiler.ir.ops import Value

QUIETEST = -70.0
"""LUFS: R128's absolute gate. A film no louder than this counts as silence and stays unchanged."""

STEP = 0.0005
"""Half the step of the peaks that ffmpeg writes, of full scale: the true peak is at most that much higher."""

_INTEGRATED = re.compile(r"^lavfi\.r128\.I=(\S+)$", re.MULTILINE)
_PEAK = re.compile(r"^lavfi\.r128\.true_peaks_ch\d=(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Measuring:
    """The first pass: the film's sound up to its gain, its own legal graph and its script."""

    graph: Graph
    script: str
    value: Value
    """The sound that the gain applies to."""
    target: float
    peak: float

    def gain(self, report: str) -> Gain:
        """The gain that follows from the report of the first pass."""
        loudness, peak = float(_INTEGRATED.findall(report)[-1]), max(map(float, _PEAK.findall(report))) + STEP
        if loudness <= QUIETEST:
            return Gain(0.0, loudness, limited=False)
        wanted, most = self.target - loudness, self.peak - _decibels(peak)
        return Gain(min(wanted, most), loudness, limited=most < wanted)

    def file(self, report: str) -> str:
        """The gain file for the second pass."""
        return gain_command(self.value, f"{self.gain(report).factor:.6f}")

    @property
    def shell(self) -> str:
        """The shell command that makes the gain file from the report."""
        line = gain_command(self.value, "%.6f").replace("\n", "\\n")
        return (
            "awk -F= '/r128[.]I=/ { i = $2 } /true_peaks_ch/ && $2 > p { p = $2 } END {\n"
            f"  g = 10 ^ (({self.target:g} - i) / 20); m = 10 ^ ({self.peak:g} / 20) / (p + {STEP:g})\n"
            f"  if (g > m) g = m; if (i <= {QUIETEST:g}) g = 1\n"
            f'  printf "{line}", g }}\' {MEASURED} > {GAIN}\n'
        )


@dataclass(frozen=True, slots=True)
class Gain:
    """One gain for a whole film, and the film's loudness without it, LUFS."""

    decibels: float
    measured: float
    limited: bool
    """Whether the true peak decided, and not the target."""

    @property
    def factor(self) -> float:
        """The factor of every sample."""
        return float(10 ** (self.decibels / 20))

    @property
    def reached(self) -> float:
        """The film's loudness with the gain, LUFS."""
        return self.measured + self.decibels


def measuring_of(film: Graph) -> Measuring | None:
    """The first pass of a film's graph; None if no loudness is asked for."""
    for define in film:
        if isinstance(op := define.op, ops.Loudness):
            end = Def(Value(f"{define.name}.measured"), ops.Measure(op.src), define.loc)
            graph = drop_unread(Graph((*film.defs, end), None, end.name))
            return Measuring(graph, script(graph, spell(graph)), define.name, float(op.target), float(op.peak))
    return None


def _decibels(amplitude: float) -> float:
    return 20 * log10(amplitude)
