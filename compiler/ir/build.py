"""What the ffmpeg that will run a graph can do."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.transitions import BLENDS


@dataclass(frozen=True, slots=True)
class Build:
    """One ffmpeg program: where it is, its release, and what it was built with."""

    path: str
    release: tuple[int, int]
    """Major and minor: (5, 1), (7, 0), (9, 0)."""
    version: str
    """The whole version string, as it prints it: part of a film's identity."""
    filters: frozenset[str]
    encoders: frozenset[str]
    transitions: frozenset[str] = frozenset()
    """What its xfade can draw, by xfade's own names."""
    avx512: bool = False
    """Whether the processor it runs on has AVX-512."""

    def draws(self, transition: str) -> bool:
        """Whether it can blend two pictures so: one of `BLENDS`."""
        return BLENDS[transition].drawn in self.transitions

    @property
    def script_option(self) -> str:
        """The option that reads a filtergraph from a file; 9.0 dropped the old one, 5.1 lacks the new one."""
        return "-/filter_complex" if self.release >= (7, 0) else "-filter_complex_script"
