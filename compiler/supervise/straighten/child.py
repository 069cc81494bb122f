"""The child that straightens media: decodes streams, stamps them in source time, and streams them raw to ffmpeg.

    straighten FEEDS        {"FIFO": SPEC, ...}, a JSON file beside the FIFOs
    straighten SPEC -       one spec, to stdout

A spec is one of `compiler.emit.specs`. Each FIFO gets NUT with raw pictures of one shape at increasing
times, or PCM without a gap, from the source time that the spec states. ffmpeg then counts nothing that the container
made uneven: one model for every version of it. An error is one JSON line on stderr, with exit code 1; a reader that
stops reading is no error.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from compiler.emit.specs import Enter, PacketsSpec, Spec
from compiler.errors import Loc, ReelError
from compiler.supervise.children.child import bind
from compiler.supervise.children.confine import start_no_more
from compiler.supervise.media.admit import opened
from compiler.supervise.media.clock import stamp_of
from compiler.supervise.straighten.image import send_image
from compiler.supervise.straighten.picture import Numbered, send_picture
from compiler.supervise.straighten.sound import count_samples, send_sound
from compiler.timeline.media import UNINDEXED


def main() -> None:
    """Stream what the specs ask for, side by side, since ffmpeg reads its inputs in an order of its own.

    Each has a process: a thread that waits for ffmpeg inside libav would keep the others from running. This one holds
    every FIFO open until its process has ended well: ffmpeg would take the end of a stream that failed for its whole
    end, and could be done before anybody had said so.
    """
    listed = Path(sys.argv[1])
    stated = json.loads(listed.read_text(encoding="utf-8"))
    if sys.argv[2:] == ["-"]:
        sys.exit(_feed(stated, "pipe:1"))
    feeds: dict[str, Spec] = stated
    held = {name: _held(listed.parent / name) for name in feeds}
    running: dict[int, str] = {}
    for name, spec in feeds.items():
        parent, number = os.getpid(), os.fork()
        if number == 0:
            bind(parent)
            for place in held.values():
                os.close(place)
            start_no_more()  # before a byte of the media is read
            os._exit(_feed(spec, f"file:{listed.parent / name}"))
        running[number] = name
    while running:
        number, status = os.wait()
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
            signal.raise_signal(signal.SIGXCPU)  # at its limit of processor time
        if status:  # which is this process's too, before ffmpeg is told of the end
            os._exit(1)
        os.close(held[running.pop(number)])


def _held(fifo: Path) -> int:
    """A FIFO, open for writing, whether anybody reads it or not; it counts as no reader."""
    both = os.open(fifo, os.O_RDWR)
    try:
        return os.open(fifo, os.O_WRONLY)
    finally:
        os.close(both)


def _feed(spec: Spec, output: str) -> int:
    """Stream one spec to an address of libav's; return an exit code."""
    try:
        straighten(spec, output)
    except Exception as error:
        if isinstance(error, MemoryError):
            error = ReelError("RC607", Loc(), "needs more memory than its reader may have", hint="shorten the clip")
        if not isinstance(error, ReelError):
            error = ReelError("RC604", Loc(), "could not be read", detail=repr(error))
        sys.stderr.write(json.dumps({"fifo": PurePath(output).name, "error": error.fields()}) + "\n")
        sys.stderr.flush()
        return 1
    return 0


def straighten(spec: Spec, output: str) -> None:
    """Stream one stream of one file to an address of libav's; RC604 and RC606 as a probe has them."""
    with contextlib.suppress(BrokenPipeError), av.open(output, "w", format="nut") as sink:  # ffmpeg has all it wants
        if spec["kind"] == "audio":
            send_sound(spec, packets(spec), sink)
        elif spec["image"]:
            send_image(spec, sink)
        else:
            send_picture(spec, packets(spec), sink)


def packets(spec: PacketsSpec) -> Numbered:
    """The stream's packets with their numbers, from the stated entry on, or from the file's start."""
    enter = spec["enter"]
    if enter is not None:
        with opened(Path(spec["path"])) as (container, _):
            stream = container.streams[spec["stream"]]
            prepare(stream)
            _seek(container, stream, enter)
            found, number = False, enter["number"]
            for packet in _demuxed(container, stream):
                found = found or _same(packet, enter)
                if found:
                    yield number, packet
                    number += 1
                elif _beyond(packet, enter):
                    break
            if found:
                return
    with opened(Path(spec["path"])) as (container, _):
        stream = container.streams[spec["stream"]]
        prepare(stream)
        yield from enumerate(_demuxed(container, stream))


def sample_counts(path: Path, stream: int) -> list[int]:
    """The number of samples of each packet of a sound, by decoding all of it."""
    return count_samples(packets({"path": str(path), "stream": stream, "enter": None}))


def prepare(stream: Stream) -> None:
    """One thread, so that errors are at the frames that have them."""
    if stream.codec_context is not None:
        stream.codec_context.thread_count = 1


def _demuxed(container: InputContainer, stream: Stream) -> Iterator[Packet[Any]]:
    """The stream's packets; a file that breaks off ends there."""
    try:
        yield from container.demux(stream)
    except av.error.FFmpegError:
        return


def _seek(container: InputContainer, stream: Stream, enter: Enter) -> None:
    if container.format.name.split(",")[0] in UNINDEXED:
        container.seek(enter["sought"], unsupported_byte_offset=True, stream=stream)
    else:
        container.seek(enter["stamp"], stream=stream, backward=True)


def _same(packet: Packet[Any], enter: Enter) -> bool:
    """Whether this is the packet to enter at."""
    return stamp_of(packet) == enter["stamp"] and (packet.pos is None or packet.pos == enter["position"])


def _beyond(packet: Packet[Any], enter: Enter) -> bool:
    """Whether the seek has led past the packet to enter at."""
    if packet.pos is not None and enter["position"] >= 0:
        return packet.pos > enter["position"]
    stamp = stamp_of(packet)
    return stamp is not None and stamp > enter["stamp"]


if __name__ == "__main__":
    main()
