"""Frame values with stays read as the same values written out frame by frame."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from compiler.timeline.frame_values import FrameValues, Stay

Spans = list[tuple[bool, int]]
SPANS = st.lists(st.tuples(st.booleans(), st.integers(1, 6)), min_size=1, max_size=8)


def sampled(spans: Spans) -> tuple[FrameValues[int], list[int]]:
    """FrameValues of stays (True) and changes of so many frames, and all their values written out."""
    values: list[int] = []
    written: list[int] = []
    stays: list[Stay] = []
    for still, frames in spans:
        if still:
            stays.append(Stay(len(written), len(written) + frames, len(values)))
        written += [len(values)] * frames if still else range(len(values), len(values) + frames)
        values += range(len(values), len(values) + (1 if still else frames))
    return FrameValues(values, stays), written


@given(SPANS)
def test_every_frame_has_its_value(spans: Spans) -> None:
    samples, written = sampled(spans)
    assert samples.frames == len(written)
    assert [samples.at(n) for n in range(samples.frames)] == written


@given(SPANS, st.data())
def test_a_part_reads_as_it_was_written_out(spans: Spans, data: st.DataObject) -> None:
    samples, written = sampled(spans)
    first = data.draw(st.integers(0, len(written) - 1))
    until = data.draw(st.integers(first + 1, len(written)))
    at, found = first, list[int]()
    for low, high, values in samples.between(first, until):
        assert low == at < high
        found += [values[0]] * (high - low) if len(values) == 1 else values
        at = high
    assert (at, found) == (until, written[first:until])


def test_other_values_have_the_same_stays() -> None:
    samples, _ = sampled([(False, 2), (True, 1_000_000), (False, 1)])
    doubled = samples.along([2 * value for value in samples.values])
    assert [doubled.at(n) for n in (0, 1, 2, 1_000_001, 1_000_002)] == [0, 2, 4, 4, 6]
