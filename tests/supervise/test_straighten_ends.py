"""The end of a straightened stream: ffmpeg is told of it once it is known that all of the stream was sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FEEDING = """
import sys
from compiler.supervise.straighten import child
def feed(spec, output):
    with open(output.removeprefix("file:"), "wb") as fifo:
        fifo.write(b"sent")
    print("closed", flush=True)
    sys.stdin.readline()
    return spec
child._feed = feed
child.main()
"""
"""A child that sends a part of a stream, waits, and ends with the exit code that its spec states."""


@pytest.mark.parametrize("exit_code", [0, 1])
def test_a_stream_ends_once_its_process_has_ended_well(tmp_path: Path, exit_code: int) -> None:
    """A failed one ends with the child. Before, a short film was done with what came before a damaged packet, and
    silence or a still picture after it, while the child was about to say so."""
    listed, fifo = tmp_path / "feeds.json", tmp_path / "0.nut"
    listed.write_text(json.dumps({fifo.name: exit_code}))
    os.mkfifo(fifo)
    with subprocess.Popen(
        [sys.executable, "-c", FEEDING, str(listed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin
        assert child.stdout
        reader = os.open(fifo, os.O_RDONLY)
        try:
            assert child.stdout.readline() == "closed\n"
            assert os.read(reader, 100) == b"sent"
            os.set_blocking(reader, False)
            with pytest.raises(BlockingIOError):
                os.read(reader, 100)  # no end of the stream
            os.set_blocking(reader, True)
            child.stdin.write("\n")
            child.stdin.close()
            assert os.read(reader, 100) == b""
            assert child.wait() == exit_code
        finally:
            os.close(reader)
