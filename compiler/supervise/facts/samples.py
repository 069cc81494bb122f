"""A track's samples as its tables state them, before its edit list."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, compress, islice, repeat
from operator import add, sub

from compiler.supervise.facts.descriptions import check_description, check_references, frame_bytes
from compiler.supervise.facts.movie_index import TrackBoxes, big_endian, entries, time_scale
from compiler.supervise.media.boxes import NotReadError

MAX_SAMPLES = 1 << 21
"""Samples of all tracks of one file that are read: seven hours of 30 pictures a second with AAC."""

LATEST = 1 << 28
"""Ticks that a sample may be shown after or before its turn to be decoded; libavformat ignores tables with more."""

LONGEST = (1 << 32) - 500_000
"""The ticks of a sample from which libavformat takes them for a negative number."""

LARGEST = 0x3FFFFFFF
"""The bytes of the largest sample of which libavformat makes a packet."""

PACKET = 1024
"""The samples of uncompressed sound in one packet of libavformat."""


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of one track, in the order of decoding, one number each in every sequence.

    A sample is decoded at `dts` and shown `delays` later (None: at once). `keys` are numbers of samples. `packed` says
    that this is uncompressed sound, of which every sample here is a packet of several.
    """

    sound: bool
    time_scale: int
    duration: int
    shift: int
    dts: array[int]
    delays: array[int] | None
    durations: array[int]
    sizes: array[int]
    pos: array[int]
    keys: Sequence[int]
    packed: bool = False


class Budget:
    """The samples that may still be read of a file; a track that is given up has spent its own too."""

    def __init__(self) -> None:
        self.left = MAX_SAMPLES

    def spend(self, samples: int) -> None:
        """NotReadError if these are too many."""
        self.left -= samples
        if self.left < 0:
            raise NotReadError("too many samples")


def read_samples(track: TrackBoxes, budget: Budget) -> Samples:
    """The samples of one track; NotReadError if libavformat would not give them as the tables state them."""
    if track.repeated or len(track.handlers) != 1:
        raise NotReadError("neither a picture nor a sound")
    sound = track.handlers == {b"soun"}
    timing = entries(track[b"stts"], 2)
    if max(timing[1::2], default=0) > LONGEST:
        raise NotReadError("a negative duration")
    check_description(track, sound, timing)
    check_references(track)
    if sound and timing[1:] == array("I", [1]):
        return _packets(track, timing, budget)
    return _samples(track, sound, timing, budget)


def _samples(track: TrackBoxes, sound: bool, timing: array[int], budget: Budget) -> Samples:
    sizes = _sizes(track, budget)
    count = len(sizes)
    scale, stated = time_scale(track)
    durations = array("I", islice(_runs(timing[1::2], timing[0::2]), count))
    if len(durations) < count or (sound and track.get(b"ctts") is not None):
        raise NotReadError("samples without a time")
    delays, shift = _delays(track, count)
    return Samples(
        sound=sound,
        time_scale=scale,
        duration=_shorter(stated, sum(durations)),
        shift=shift,
        dts=array("q", accumulate(islice(durations, count - 1), initial=-shift)),
        delays=delays,
        durations=durations,
        sizes=sizes,
        pos=_places(track, sizes),
        keys=_keys(track, sound, count),
    )


def _packets(track: TrackBoxes, timing: array[int], budget: Budget) -> Samples:
    """Uncompressed sound, in the packets of which libavformat makes each chunk."""
    frame = frame_bytes(track)
    offsets, counts = _chunks(track)
    budget.spend(sum(-(-count // PACKET) for count in counts))
    parts = {
        count: [*repeat(PACKET, count // PACKET), *([count % PACKET] if count % PACKET else [])]
        for count in set(counts)
    }
    lengths = array("I", chain.from_iterable(parts[count] for count in counts))
    starts = {count: [n * PACKET * frame for n in range(len(part))] for count, part in parts.items()}
    if not lengths or max(lengths) * frame > LARGEST:
        raise NotReadError("no packets")
    scale, stated = time_scale(track)
    return Samples(
        sound=True,
        time_scale=scale,
        duration=_shorter(stated, timing[0]),
        shift=0,
        dts=array("q", accumulate(islice(lengths, len(lengths) - 1), initial=0)),
        delays=None,
        durations=lengths,
        sizes=array("I", (length * frame for length in lengths)),
        pos=array(
            "q", [offset + start for offset, count in zip(offsets, counts, strict=True) for start in starts[count]]
        ),
        keys=range(len(lengths)),
        packed=True,
    )


def _shorter(stated: int, counted: int) -> int:
    """The track's duration as libavformat states it."""
    return min(stated, counted) if counted else stated


def _runs(values: Iterable[int], counts: Iterable[int]) -> Iterable[int]:
    return chain.from_iterable(map(repeat, values, counts))


def _delays(track: TrackBoxes, count: int) -> tuple[array[int] | None, int]:
    """The ticks from decoding to showing each sample, and the ticks by which decoding begins before 0 for them."""
    content = track.get(b"ctts")
    if content is None:
        return None, 0
    table = entries(content, 2, "i", newest=1)
    values, counts = table[1::2], table[0::2]
    if min(counts, default=1) <= 0 or max(map(abs, values), default=0) > LATEST:
        raise NotReadError("delays that cannot be")
    if not values:
        return None, 0
    shift = max(0, -min(values[:-2], default=0))
    late = chain(_runs(map(add, values, repeat(shift)), counts), repeat(shift))
    return array("q", islice(late, count)), shift


def _sizes(track: TrackBoxes, budget: Budget) -> array[int]:
    compact = track.get(b"stz2")
    content = compact if compact is not None else track[b"stsz"]
    if len(content) < 12 or content[0] or (compact is not None and track.get(b"stsz") is not None):
        raise NotReadError("sizes of an unknown version")
    every, count = struct.unpack_from(">II", content, 4)
    budget.spend(count)
    if compact is not None:
        sizes = _compact(content[12:], every & 0xFF, count)
    elif every:
        sizes = array("I", [every]) * count
    else:
        sizes = big_endian("I", content[12 : 12 + 4 * count])
    if not count or len(sizes) < count or not 0 < min(sizes) <= max(sizes) <= LARGEST:
        raise NotReadError("sizes that cannot be")
    return sizes


def _compact(content: memoryview, bits: int, count: int) -> array[int]:
    if bits == 16:
        return array("I", big_endian("H", content[: 2 * count]))
    if bits == 8:
        return array("I", content[:count])
    if bits == 4:
        return array("I", islice(chain.from_iterable((both >> 4, both & 15) for both in content), count))
    raise NotReadError("sizes of an unknown width")


def _chunks(track: TrackBoxes) -> tuple[array[int], array[int]]:
    """Where each chunk begins in the file, and the number of its samples."""
    wide = track.get(b"co64")
    if wide is not None and track.get(b"stco") is not None:
        raise NotReadError("two tables of chunks")
    offsets = entries(wide, 1, "Q") if wide is not None else entries(track[b"stco"], 1)
    table = entries(track[b"stsc"], 3)
    first, counts, kinds = table[0::3], table[1::3], table[2::3]
    ends = [*first[1:], len(offsets) + 1]
    if (
        len(offsets) > MAX_SAMPLES
        or not first
        or first[0] != 1
        or not all(map(int.__lt__, first, ends))
        or not all(counts)
    ):
        raise NotReadError("chunks that cannot be")
    if max(offsets) >= 1 << 62 or kinds.count(1) < len(kinds):
        raise NotReadError("samples of several descriptions")
    return offsets, array("I", _runs(counts, map(sub, ends, first)))


def _places(track: TrackBoxes, sizes: array[int]) -> array[int]:
    """Where each sample begins in the file."""
    offsets, counts = _chunks(track)
    if sum(counts) != len(sizes):
        raise NotReadError("chunks of other samples")
    before = array("q", accumulate(sizes, initial=0))
    firsts = accumulate(counts, initial=0)
    moves = map(sub, offsets, map(before.__getitem__, firsts))
    return array("q", map(add, before, _runs(moves, counts)))


def _keys(track: TrackBoxes, sound: bool, count: int) -> Sequence[int]:
    """The samples at which decoding can begin, as libavformat reads the tables of them."""
    listed = track.get(b"stss")
    if listed is None:
        return range(count)
    sync, content = entries(listed, 1), track.get(b"stps")
    partial = entries(content, 1) if content is not None else array("I")
    groups = [group for group in track.groups if bytes(group[4:8]) == b"rap "]
    if not sync and not partial and not groups:
        return range(count) if sound else range(1)
    base = int(any(table[:1] > array("I", [0]) for table in (sync, partial)))
    keys = _followed(sync, base, count, ())
    if partial or groups:
        more = _followed(partial, base, count, set(keys))
        return array("I", sorted({*keys, *more, *chain.from_iterable(_group(group, count) for group in groups)}))
    return keys


def _followed(numbers: Iterable[int], base: int, count: int, taken: Container[int]) -> array[int]:
    """The samples that a table names; for libavformat it ends before the first number that is not of a later sample."""
    keys = array("I")
    for number in numbers:
        key = number - base
        if not (keys[-1] if keys else -1) < key < count or key in taken:
            break
        keys.append(key)
    return keys


def _group(group: memoryview, count: int) -> Iterable[int]:
    """The samples of a group that are random access points."""
    head = 4 if group[0] == 1 else 0
    table = entries(memoryview(b"\0" * 4 + bytes(group[8 + head :])), 2)
    if not all(table[0::2]):
        raise NotReadError("a group of nothing")
    return compress(range(count), _runs(table[1::2], table[0::2]))
