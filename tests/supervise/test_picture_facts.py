"""Facts of a picture by the times of its packets."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from av.codec.context import CodecContext

from compiler.errors import ReelError
from compiler.supervise.facts.key_frames import Entry
from compiler.supervise.facts.picture import PictureFacts, _closed_up
from compiler.supervise.facts.shapes import Shape
from compiler.supervise.facts.sound import SoundFacts
from compiler.supervise.facts.whole import Whole
from compiler.timeline.media import BEGINS_LATE, GOES_ON
from tests.supervise.tracks import container, counted, keyed, picture_frame, picture_stream, sound_frame, sound_stream

EVEN = range(0, 4000, 40)
"""The milliseconds at which a hundred frames of 25 a second begin."""


def facts_of(
    ticks: Sequence[int] = EVEN,
    *,
    formats: str = "matroska,webm",
    whole: Whole | None = None,
    sound: SoundFacts | None = None,
    codec: str = "mpeg4",
    tick: Fraction = Fraction(1, 1000),
    first: int | None = None,
    keys: dict[str, Any] | None = None,
    **track: Any,
) -> PictureFacts:
    """The facts of frames at these ticks; every 25th of them is a key frame."""
    stream = picture_stream(codec, tick=tick)
    frame = picture_frame(pts=min(ticks) if first is None else first)
    survey = counted(stream, frame, ticks, [round(1 / tick / 25)] * len(ticks))
    keyed(survey, 25)
    for name, value in (keys or {}).items():
        setattr(survey.keys, name, value)
    for name, value in track.items():
        setattr(survey, name, value)
    return PictureFacts(container(formats), survey, sound, whole or Whole())


def sound_of(begin: int, end: int) -> SoundFacts:
    """A sound of FLAC between two instants in milliseconds."""
    track = counted(
        sound_stream("flac"), sound_frame(pts=begin), range(begin, end, 10), [10] * len(range(begin, end, 10))
    )
    return SoundFacts(container("matroska,webm"), track, Whole(), lambda _: [])


def test_an_even_picture_is_left_as_it_is() -> None:
    facts = facts_of().facts()
    assert (facts["rate"], facts["first"], facts["end"], facts["frames"], facts["ticks"]) == (25, 0, 4, 100, ())
    assert (facts["width"], facts["height"], facts["pix_fmt"], facts["sar"]) == (64, 48, "yuv420p", 1)
    assert (facts["rotation"], facts["mirrored"], facts["fields"]) == (0, False, None)
    assert "straightened" not in facts
    assert [*facts_of().notices()] == []


def test_source_time_zero_is_the_first_frame() -> None:
    picture = facts_of(range(520, 4520, 40))
    assert (picture.zero, picture.end) == (Fraction(13, 25), Fraction(113, 25))
    assert picture.facts()["end"] == 4


def test_frames_at_uneven_times_have_ticks() -> None:
    ticks = [at + 200 * (at >= 2000) for at in EVEN]
    assert facts_of([1000 + at for at in ticks]).facts()["ticks"] == tuple(ticks)


def test_frames_past_the_bytes_of_the_file_do_not_count() -> None:
    facts = facts_of(whole=Whole(until=Fraction(2), missing="is cut short")).facts()
    assert (facts["end"], facts["frames"], facts["straightened"]) == (2, 50, ("it is damaged",))


def test_no_frame_before_the_end_of_the_bytes_is_no_picture() -> None:
    with pytest.raises(ReelError, match="no picture that can be decoded"):
        facts_of(whole=Whole(until=Fraction(0)))


def test_a_picture_without_a_rate_is_refused() -> None:
    stream = picture_stream()
    survey = counted(stream, picture_frame(), EVEN, [40] * 100)
    survey.stream = _Rateless()  # type: ignore[assignment]
    with pytest.raises(ReelError, match="states no frame rate"):
        PictureFacts(container("matroska,webm"), survey, None, Whole())


class _Rateless:
    """As much of a stream as is asked before its rate."""

    average_rate = guessed_rate = base_rate = None
    codec_context = picture_stream().codec_context


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"formats": "mpegts"}, "its container has no index"),
        ({"jumped": True}, "its clock jumps"),
        ({"keys": {"shapes": [(2000, Shape(32, 24, "yuv420p", 1, 2))]}}, "its picture changes shape"),
        ({"unstamped": 3}, "its frames have no times"),
        ({"keys": {"false": 2}}, "it calls frames key frames that are none"),
        ({"corrupt": [9]}, "it is damaged"),
        ({"whole": Whole(forced=True)}, "it is damaged"),
        ({"sound": sound_of(-501, 3999)}, BEGINS_LATE),
        ({"sound": sound_of(0, 4501)}, GOES_ON),
    ],
)
def test_the_reasons_to_straighten_a_picture(change: dict[str, Any], reason: str) -> None:
    assert facts_of(**change).facts()["straightened"] == (reason,)


@pytest.mark.parametrize("sound", [sound_of(-500, 4000), sound_of(0, 4500), sound_of(900, 3000)])
def test_half_a_second_of_sound_alone_changes_nothing(sound: SoundFacts) -> None:
    facts = facts_of(sound=sound).facts()
    assert (facts["first"], facts["end"]) == (0, 4)
    assert "straightened" not in facts


def test_a_picture_that_begins_late_holds_its_first_frame() -> None:
    picture = facts_of(range(2000, 6000, 40), sound=sound_of(500, 6000))
    facts = picture.facts()
    assert (facts["first"], facts["end"], facts["late"]) == (Fraction(1, 2), Fraction(11, 2), True)
    assert facts["ticks"] == (0, *range(1540, 5500, 40))
    assert [*picture.notices()] == [
        "the picture begins 1.5 s after the sound; its first frame is held from the start"
    ]  # fmt: skip


def test_sound_that_goes_on_is_the_end() -> None:
    picture = facts_of(sound=sound_of(0, 5250))
    facts = picture.facts()
    assert (facts["shown"], facts["end"]) == (4, Fraction(21, 4))
    assert facts["ticks"] == tuple(EVEN)
    assert [*picture.notices()] == ["the sound goes on for 1.25 s after the picture; the last frame is held"]


def test_shapes_are_told_by_source_time() -> None:
    small = Shape(32, 24, "yuv420p", 1, 2)
    picture = facts_of(range(1000, 5000, 40), keys={"shapes": [(3500, small)]})
    assert picture.facts()["shapes"] == ((2500, "32x24 yuv420p"),)
    assert [*picture.notices()] == [
        "the picture changes to 32x24 yuv420p at 2.5 s; it is shown in the first size, which crop boxes are in"
    ]


@pytest.mark.parametrize(("jumps", "times"), [([(50, 5000, -40)], "1 time"), ([(50, 1, 2), (60, 3, 4)], "2 times")])
def test_the_owner_reads_how_often_the_clock_jumps(jumps: list[tuple[int, int, int]], times: str) -> None:
    picture = facts_of(jumped=True)
    picture.track.clock.jumps = jumps
    assert [*picture.notices()] == [f"the file's clock jumps {times}; the film goes on without a pause there"]
    assert picture.facts()["jumps"] == tuple(jumps)


def test_entries_of_a_straightened_picture_are_its_key_frames() -> None:
    facts = facts_of(range(500, 4500, 40), jumped=True).facts()
    assert facts["entries"] == (
        *((0, 500, 0, 0), (1000, 1500, 2500, 25)),
        *((2000, 2500, 5000, 50), (3000, 3500, 7500, 75)),
    )


def test_gaps_of_a_file_that_lost_frames_are_held() -> None:
    """Frames 50 to 54 are missing: frame 49 ends at 2 s, and the next begins at 2.2 s."""
    lost = [at for at in EVEN if not 2000 <= at < 2200]
    assert facts_of(lost, whole=Whole(broken=True)).facts()["held"] == ((2, Fraction(11, 5)),)
    assert facts_of(lost, whole=Whole(forced=True)).facts()["held"] == ()


def test_field_order_of_a_straightened_picture_is_stated() -> None:
    """Raw frames do not carry the flag: the container's order is taken, else the usual one."""
    writer: Any = CodecContext.create("mpeg2video", "w")
    writer.width, writer.height, writer.pix_fmt, writer.time_base = 64, 48, "yuv420p", Fraction(1, 25)
    writer.options = {"flags": "+ilme+ildct"}
    reader: Any = CodecContext.create("mpeg2video", "r")
    coded = [*writer.encode(picture_frame()), *writer.encode(None)]
    (frame,) = [frame for packet in (*coded, None) for frame in reader.decode(packet)]
    frame.pts = 0
    picture = facts_of(frame=frame)
    assert picture.facts()["fields"] == "auto"
    picture.track.jumped = True
    assert picture.facts()["fields"] == "tff"


def test_alpha_beside_a_picture_of_vp9_counts() -> None:
    picture = facts_of(codec="libvpx-vp9")
    assert picture.facts()["pix_fmt"] == "yuv420p"
    picture.stream.metadata["alpha_mode"] = "1"
    assert picture.facts()["pix_fmt"] == "yuva420p"
    other = facts_of(codec="mpeg4")
    other.stream.metadata["alpha_mode"] = "1"
    assert other.facts()["pix_fmt"] == "yuv420p"


# AVI counts frames: its packets have decoding times only


FRAME = Fraction(1, 25)


def test_reordered_frames_of_avi_begin_when_they_are_decoded() -> None:
    guessed = [0, 3, 1, 2, 6, 4, 5, 7]
    picture = facts_of(guessed, formats="avi", tick=FRAME, keys={"reordered": True}, stamps=[*range(8)])
    assert picture.unstamped
    assert (picture.track.ticks, picture.end) == ([*range(8)], 8 * FRAME)
    kept = facts_of(guessed, formats="avi", tick=FRAME, stamps=[*range(8)])
    assert (kept.unstamped, kept.track.ticks) == (False, guessed)


def test_h264_in_avi_is_taken_by_its_decoding_times() -> None:
    assert facts_of(range(8), formats="avi", tick=FRAME, codec="libx264").unstamped


def test_packets_of_avi_without_a_decoding_time_each_are_left() -> None:
    picture = facts_of([0, 2, 1], formats="avi", tick=FRAME, keys={"reordered": True}, stamps=[0, 1])
    assert picture.track.ticks == [0, 2, 1]


def test_a_jump_moves_the_decoding_times_too() -> None:
    stream = picture_stream(tick=FRAME)
    survey = counted(stream, picture_frame(), range(8), [1] * 8)
    survey.stamps, survey.clock.jumps = [0, 1, 2, 3, 0, 1, 2, 3], [(4, 400, 4)]
    assert survey.keys
    survey.keys.reordered = True
    assert PictureFacts(container("avi"), survey, None, Whole()).track.ticks == [*range(8)]


def test_a_pause_after_the_first_frames_is_closed() -> None:
    """A muxer writes the first frame at 0 though it is due before, and fills the time with empty chunks."""
    assert _closed_up([0, 3, 4, 5], 1) == [2, 3, 4, 5]
    assert _closed_up([0, 1, 4, 5], 1) == [2, 3, 4, 5]
    assert _closed_up([*range(20), 25], 1) == [*range(20), 25]  # no codec reorders by as many
    assert _closed_up([7], 1) == [7]
    picture = facts_of([0, 3, 4, 5], formats="avi", tick=FRAME)
    assert (picture.unstamped, picture.zero, picture.end) == (True, 2 * FRAME, 6 * FRAME)


def unstamped(**keys: Any) -> PictureFacts:
    return facts_of(range(100), formats="avi", tick=FRAME, keys={"reordered": True, **keys})


def test_entries_among_unstamped_frames_are_counted() -> None:
    """Two frames that follow key frame 25 in the file are shown before it; of an open one nothing can be counted."""
    entries = unstamped(leading={25: 2, 75: 40}, open_entries={50}).facts()["entries"]
    assert [(tick, number) for tick, _, _, number in entries] == [(0, 0), (27, 25), (99, 75)]


def test_a_key_frame_that_has_the_time_of_another_frame_is_no_entry() -> None:
    """Frames that follow it in the file may be shown before it, whatever their times say."""
    ticks = [40 * n for n in range(100)]
    ticks[51] = ticks[50]
    entries = facts_of(ticks, keys={"false": 1}).facts()["entries"]
    assert [number for _, _, _, number in entries] == [0, 25, 75]


def test_frames_of_which_most_have_no_time_are_counted() -> None:
    """100 packets, three of them with a tick: frames begin each 1/25 s from the first of them on."""
    stream = picture_stream()
    survey = counted(stream, picture_frame(pts=80), [80, 1080, 2080], [40] * 3)
    survey._number, survey.unstamped = 99, 97
    picture = PictureFacts(container("matroska,webm"), survey, sound_of(80, 6000), Whole())
    facts = picture.facts()
    assert (facts["frames"], facts["shown"], facts["first"]) == (100, 4, Fraction(2, 25))
    assert facts["ticks"] == tuple(EVEN)


def test_entries_among_frames_without_times_are_where_their_number_says() -> None:
    """Frame 20 is shown after 20 of 1/25 s, however few of those before it have a tick."""
    stream = picture_stream()
    survey = counted(stream, picture_frame(pts=80), [80, 1080, 2080], [40] * 3)
    survey._number, survey.unstamped = 99, 97
    assert survey.keys
    survey.keys.entries[:] = [Entry(0, 80, 0, 80), Entry(20, 1080, 900, 1080)]
    entries = PictureFacts(container("mpeg"), survey, None, Whole()).facts()["entries"]
    assert entries == ((0, 80, 0, 0), (800, 1080, 900, 20))


class HalfGuessed:
    """A stream of which libav guesses half the rate that its frames have on average."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.average_rate, self.guessed_rate = Fraction(30), Fraction(15)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def test_the_rate_of_frames_without_times_is_the_one_by_which_they_last_as_long() -> None:
    survey = counted(picture_stream(), picture_frame(), [0, 1600, 3200], [40] * 3)
    survey.stream = HalfGuessed(survey.stream)  # type: ignore[assignment]
    survey._number, survey.unstamped = 99, 97
    assert PictureFacts(container("mpeg"), survey, None, Whole()).rate == 30
