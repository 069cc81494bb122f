"""Every transition of a build: the film's frame count is exact, and frames outside the overlap are unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from compiler.passes.widen_blends import OPPOSITE
from compiler.pipeline import compile_reel
from compiler.supervise.ffmpeg import find_build
from compiler.timeline.media import Media
from compiler.transitions import BLENDS
from tests.passes.conftest import small
from tests.passes.render import MEDIA, Bench, Pixels, reel

__all__ = ["small"]

OVERLAP = 9
LEFT, RIGHT = {"play": (1, 1.7)}, {"play": (3, 3.7)}
"""21 frames each of 30 a second."""

SILENT = {"include": False}


@pytest.fixture
def benches(small: Media, tmp_path: Path, ffmpegs: str) -> Bench:
    """Renders with every available ffmpeg in turn."""
    return Bench(small, find_build(ffmpegs), tmp_path)


def drawn(bench: Bench, *clips: Mapping[str, object]) -> Pixels:
    """The film's frames before encoding, one per row."""
    made = compile_reel(reel(*clips, audio=SILENT), {MEDIA: bench.media}, bench.build, checked=True)
    return bench.pixels(made.legal)


@pytest.mark.further
@pytest.mark.conform
def test_a_transition_changes_its_overlap_alone(benches: Bench) -> None:
    """All in one film: the two clips in turn, a transition between each pair."""
    first, second = drawn(benches, LEFT), drawn(benches, RIGHT)
    names = [name for name in BLENDS if benches.build.draws(name)]
    assert len(names) >= 46
    clips = [{**(LEFT, RIGHT)[n % 2], "into": (name, OVERLAP / 30)} for n, name in enumerate(names, start=1)]
    film = drawn(benches, LEFT, *clips)
    assert len(film) == 21 + len(names) * (21 - OVERLAP)
    seen: dict[bytes, str] = {}
    for n, name in enumerate(names):
        leaving, entering = (first, second) if n % 2 == 0 else (second, first)
        begins = (n + 1) * (21 - OVERLAP)
        own, blended = film[begins - 3 : begins], film[begins : begins + OVERLAP]
        assert np.array_equal(own, leaving[OVERLAP : 21 - OVERLAP]), f"{name}: before the overlap"
        for clip in (leaving[21 - OVERLAP :], entering[:OVERLAP]):
            assert (blended[3:7] != clip[3:7]).any(axis=1).all(), f"{name}: the middle differs from both clips"
        other = seen.setdefault((n % 2).to_bytes() + blended.tobytes(), name)
        assert other == name, f"{name} is drawn as {other}"
    assert np.array_equal(film[-3:], (first, second)[len(names) % 2][18:])


@pytest.mark.conform
@pytest.mark.parametrize(("kind", "part"), [("wipeleft", np.s_[:, :80]), ("wiperight", np.s_[:, 82:])])
def test_a_wipe_has_passed_the_middle_halfway(kind: str, part: tuple[slice, slice], benches: Bench) -> None:
    """Frame 5 of 10 of a wipe to the left still shows the leaving clip in the left half, and to the right the other."""
    long: Mapping[str, object] = {"into": (kind, 10 / 30)}
    film, left, right = (drawn(benches, *clips) for clips in ((LEFT, {**RIGHT, **long}), (LEFT,), (RIGHT,)))
    at, out, come = (pixels[:, : 160 * 90].reshape(-1, 90, 160) for pixels in (film, left, right))
    assert np.abs(at[16][part].astype(int) - out[16][part]).max() <= 1
    rest = np.s_[:, 81:] if kind == "wipeleft" else np.s_[:, :79]
    assert np.abs(at[16][rest].astype(int) - come[5][rest]).max() <= 1


@pytest.mark.conform
@pytest.mark.both_builds
def test_a_slide_begins_with_the_leaving_clip(benches: Bench) -> None:
    """xfade's own first frame has a line of whatever is in the memory."""
    kinds = [kind for kind in OPPOSITE if benches.build.draws(kind)]
    clips: list[Mapping[str, object]] = [
        {**(LEFT, RIGHT)[n % 2], "into": (kind, OVERLAP / 30)} for n, kind in enumerate(kinds, start=1)
    ]
    film, first, second = (drawn(benches, *each) for each in ((LEFT, *clips), (LEFT,), (RIGHT,)))
    for n, kind in enumerate(kinds):
        assert np.array_equal(film[(n + 1) * (21 - OVERLAP)], (first, second)[n % 2][21 - OVERLAP]), kind


@pytest.mark.conform
@pytest.mark.both_builds
def test_a_fade_goes_through_its_colour(benches: Bench) -> None:
    """Red is luma 63, chroma 102 and 240 in BT.709; the clips' other frames are unchanged."""
    into = {"type": "fade", "duration": 10 / 30, "colour": "#ff0000"}
    film, left, right = (
        drawn(benches, *clips) for clips in ((LEFT, {**RIGHT, "transition_data": into}), (LEFT,), (RIGHT,))
    )
    assert len(film) == 42
    assert np.array_equal(film[:17], left[:17])
    assert np.array_equal(film[26:], right[5:])
    luma, blue, red = np.split(film[21], [160 * 90, 160 * 90 * 5 // 4])
    assert ({*luma}, {*blue}, {*red}) == ({63}, {102}, {240})
    share = np.arange(5)[:, None] / 5
    plate = film[21].astype(np.int16)
    assert np.abs(film[16:21] - (left[16:] * (1 - share) + plate * share)).max() < 1.01
    assert np.abs(film[21:26] - (plate * (1 - share) + right[:5] * share)).max() < 1.01
