"""Makes odd files: a container, a codec, and one oddity, by a seed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from tests.field import edits
from tests.field.make import Maker
from tests.field.odd_kinds import CONTAINERS, PICTURES, SOUNDS, Odd, Words


class Writer:
    """Writes one odd file, with parts beside it."""

    def __init__(self, make: Maker, one: Odd, out: Path) -> None:
        self.make, self.one, self.out = make, one, out
        self.kind = CONTAINERS[one.container]
        self.chance = Random(one.seed)
        self.seconds = 3
        self.count = round(self.seconds * eval_rate(one.rate))

    def write(self) -> None:
        """Write the file."""
        how = ODDITIES.get(self.one.oddity)
        if how:
            how(self)
        else:
            self.plain(self.out)

    def part(self, name: str, ending: str | None = None) -> Path:
        """The path of a part."""
        return self.out.with_name(f"{self.out.stem}-{name}{ending or self.kind.ending}")

    def plain(
        self, out: Path, *words: object, first: int = 0, count: int | None = None, heard: float | None = None,
        size: tuple[int, int] = (160, 90), coding: Words = (), muxing: Words | None = None,
    ) -> None:  # fmt: skip
        """Write pictures and, if the file has any, sound."""
        count = self.count if count is None else count
        silent = self.one.sound == "none"
        sound = None if silent else self.make.chirp(heard or count / eval_rate(self.one.rate))
        coded = (*PICTURES[self.one.picture], *coding, *SOUNDS[self.one.sound], *words)
        muxed = self.kind.words if muxing is None else muxing
        self.make.numbered(
            out,
            range(first, first + count),
            "-threads",
            "1",
            *coded,
            *muxed,
            rate=self.one.rate,
            size=size,
            sound=sound,
        )

    def copied(self, out: Path, *words: object, inputs: Words = (), muxing: bool = True) -> None:
        """Copy the plain file, with other options."""
        part = self.part("plain")
        self.plain(part)
        self.make.run(*inputs, "-i", part, "-map", "0", "-c", "copy", *words, *(self.kind.words if muxing else ()), out)

    def halves(self, *second: object, **changed: object) -> tuple[Path, Path]:
        """The file in two halves, the second with a clock of its own."""
        one, two, half = self.part("one"), self.part("two"), self.count // 2
        self.plain(one, count=half)
        self.plain(two, *second, first=half, count=self.count - half, **changed)  # type: ignore[arg-type]
        return one, two


def eval_rate(rate: str) -> float:
    """Frames a second."""
    over, _, under = rate.partition("/")
    return float(over) / float(under or 1)


def _back(to: Writer) -> None:
    half = 1500
    if to.kind.ending in (".mkv", ".webm"):
        to.plain(to.part("plain"))
        whole = to.part("plain").read_bytes()
        to.out.write_bytes(edits.clusters_moved(whole, lambda at: at if at < half else at - half))
    elif to.kind.ending == ".flv":
        to.plain(to.part("plain"))
        whole = to.part("plain").read_bytes()
        tags = [edits.Tag(tag.kind, tag.time - half * (tag.time >= half), tag.body) for tag in edits.flv_tags(whole)]
        to.out.write_bytes(edits.flv(whole, tags))
    else:
        _join(to, *to.halves())


def _join(to: Writer, *parts: Path) -> None:
    to.out.write_bytes(b"".join(part.read_bytes() for part in parts))


def _ahead(to: Writer) -> None:
    _join(to, *to.halves("-output_ts_offset", "5000"))


def _size(to: Writer) -> None:
    _changed(to, size=(320, 180))


def _format(to: Writer) -> None:
    chroma = "yuv422p" if to.one.picture in ("h264", "h264b", "h264long", "hevc", "mpeg2", "mjpeg") else "yuv420p"
    _changed(to, coding=("-pix_fmt", chroma if to.one.picture != "mjpeg" else "yuvj422p"))


def _changed(to: Writer, **changed: object) -> None:
    """Two halves on one clock; H.264 and HEVC through transport streams, so that each brings its parameters."""
    half = to.count // 2
    through = ".ts" if to.one.picture in ("h264", "h264b", "h264long", "hevc", "mpeg2") else to.kind.ending
    one, two = to.part("one", through), to.part("two", through)
    clock = (10, 10 + half / eval_rate(to.one.rate))  # late enough for no muxer to shift it
    offsets = [("-output_ts_offset", at) if through == ".ts" else () for at in clock]
    to.plain(one, *offsets[0], count=half, muxing=())
    to.plain(two, *offsets[1], first=half, count=to.count - half, muxing=(), **changed)  # type: ignore[arg-type]
    if to.kind.ending == ".ts":
        _join(to, one, two)
        return
    listed = to.part("list", ".txt")
    listed.write_text(f"file '{one}'\nfile '{two}'\n")
    to.make.run("-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", *to.kind.words, to.out)


def _gap(to: Writer) -> None:
    at, missing = to.chance.randint(20, to.count - 40), to.chance.randint(12, 30)
    to.plain(to.out, "-vf", f"setpts='N+{missing}*gt(N,{at})'", "-fps_mode", "passthrough", count=to.count - missing)


def _uneven(to: Writer) -> None:
    shifts = "+".join(f"{to.chance.randint(1, 5)}*gt(mod(N,{step}),{step // 2})" for step in (3, 7))
    lasts = 1200 / eval_rate(to.one.rate)
    timed = f"settb=1/1000,setpts='N*{lasts}+{min(4, int(lasts / 11))}*({shifts})'"  # no time is before the last one
    timed = f"{timed},format=gray" if to.one.picture == "gif" else timed
    to.plain(to.out, "-vf", timed, "-fps_mode", "passthrough", "-enc_time_base:v", "1/1000")


def _jitter(to: Writer) -> None:
    ticks = 90 if to.kind.ending in (".ts", ".m2ts") else 1
    step, span = to.chance.choice((5, 7, 11)), to.chance.choice((5, 9, 31))
    shift = f"{ticks}*(mod(N*{step},{span})-{span // 2})"
    to.copied(to.out, "-bsf:a", f"setts=pts='PTS+{shift}':dts='DTS+{shift}'")


def _drift(to: Writer) -> None:
    slope = to.chance.choice((0.985, 1.012, 1.03))
    to.copied(to.out, "-bsf:a", f"setts=pts=PTS*{slope}:dts=DTS*{slope}")


def _late(kind: str) -> Callable[[Writer], None]:
    def write(to: Writer) -> None:
        part = to.part("plain", ".mkv")
        to.plain(part, muxing=())
        by = to.chance.choice((0.2, 0.7, 1.3))
        inputs = ("-i", part, "-itsoffset", by, "-i", part)
        maps = ("-map", "1:v", "-map", "0:a") if kind == "v" else ("-map", "0:v", "-map", "1:a")
        to.make.run(*inputs, *maps, "-c", "copy", *to.kind.words, to.out)

    return write


def _sound_long(to: Writer) -> None:
    to.plain(to.out, heard=to.seconds + to.chance.choice((0.3, 1.5)))


def _lost_packet(to: Writer) -> None:
    to.plain(to.part("plain"))
    to.out.write_bytes(edits.without_packet(to.part("plain").read_bytes(), to.chance.uniform(0.3, 0.8)))


def _lost_bytes(to: Writer) -> None:
    to.plain(to.part("plain"))
    whole = bytearray(to.part("plain").read_bytes())
    at = int(len(whole) * to.chance.uniform(0.35, 0.75))
    whole[at : at + 300] = bytes(300)
    to.out.write_bytes(whole)


def _truncated(to: Writer) -> None:
    index_first = ("-movflags", "+faststart") if to.one.container in ("mp4", "mov") else ()
    to.plain(to.part("plain"), *index_first)
    whole = to.part("plain").read_bytes()
    to.out.write_bytes(whole[: int(len(whole) * to.chance.uniform(0.5, 0.9))])


def _edit_list(to: Writer) -> None:
    to.copied(to.out, inputs=("-ss", f"{to.chance.uniform(0.2, 1.4):.3f}"))


def _duplicate(to: Writer) -> None:
    to.copied(to.out, "-bsf:v", "setts=pts='PTS-eq(mod(N,9),8)*DURATION':dts='DTS-eq(mod(N,9),8)*DURATION'")


def _streams(to: Writer) -> None:
    part, text = to.part("plain", ".mkv"), to.part("text", ".srt")
    to.plain(part, muxing=())
    text.write_text("1\n00:00:00,000 --> 00:00:01,000\nhi\n")
    sounds = [] if to.one.sound == "none" else ["-map", "0:a", "-map", "0:a"]
    words = {".mp4": "mov_text", ".mov": "mov_text", ".mkv": "srt", ".webm": "webvtt"}
    subtitles = ["-map", "1", "-c:s", words[to.kind.ending]] if to.kind.ending in words else []
    to.make.run("-i", part, "-i", text, *subtitles[:2], *sounds, "-map", "0:v", "-c", "copy", *subtitles[2:], to.out)


def _mid_gop(to: Writer) -> None:
    to.plain(to.part("plain"))
    whole = to.part("plain").read_bytes()
    if to.kind.ending == ".flv":
        tags = edits.flv_tags(whole)
        heads = [tag for tag in tags if tag.time == 0 and (tag.kind == 18 or tag.body[1:2] == b"\0")]
        to.out.write_bytes(edits.flv(whole, heads + [tag for tag in tags if tag.time > 400]))
        return
    size = 188 if to.kind.ending == ".ts" else 2048
    to.out.write_bytes(whole[len(whole) // 7 // size * size :])


ODDITIES: Mapping[str, Callable[[Writer], None]] = {
    "back": _back,
    "ahead": _ahead,
    "size": _size,
    "format": _format,
    "gap": _gap,
    "uneven": _uneven,
    "sound jitter": _jitter,
    "sound drift": _drift,
    "picture late": _late("v"),
    "sound late": _late("a"),
    "sound long": _sound_long,
    "lost packet": _lost_packet,
    "lost bytes": _lost_bytes,
    "truncated": _truncated,
    "edit list": _edit_list,
    "duplicate": _duplicate,
    "streams": _streams,
    "mid-GOP": _mid_gop,
}


def write(make: Maker, one: Odd) -> Path:
    """The file, made in the maker's folder."""
    out = make.folder / f"odd-{one.seed}{CONTAINERS[one.container].ending}"
    part = make.folder / f"{os.getpid()}-odd-{one.seed}{CONTAINERS[one.container].ending}"
    Writer(make, one, part).write()
    os.replace(part, out)
    return out
