"""Compiling golden cases: the reel beside the goldens, over made-up media, for a stated ffmpeg."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from compiler.ir.build import Build
from compiler.model import Reel, read_reel
from compiler.pipeline import Compiled, compile_reel
from tests.golden.media import FIVE, MEDIA, NINE

GOLDEN = Path(__file__).parents[2] / "golden"

BUILDS: dict[str, Build] = {
    "atempo_on_5_1": FIVE,
    "err_rc401_hdr_without_zscale": replace(NINE, filters=NINE.filters - {"zscale", "tonemap"}),
    "err_rc403_cover_on_5_1": FIVE,
    "err_rc404_no_svt_av1": replace(NINE, encoders=NINE.encoders - {"libsvtav1"}),
    "err_rc401_rotation_without_rotate": replace(NINE, filters=NINE.filters - {"rotate"}),
}
"""The cases that are not compiled for 9.0."""

REELS = sorted(path.parent.name for path in GOLDEN.glob("*/clips.json"))
ERRORS = [case for case in REELS if case.startswith("err_")]
FILMS = [case for case in REELS if case not in ERRORS]


def reel_of(case: str) -> Reel:
    """The case's reel."""
    return read_reel((GOLDEN / case / "clips.json").read_bytes())


def compile_case(case: str) -> Compiled:
    """The compiled case, verified between all passes."""
    return compile_reel(reel_of(case), MEDIA, BUILDS.get(case, NINE), checked=True)
