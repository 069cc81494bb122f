"""The processor time of short commands and of the server's start, beside a start of Python: `python -m bench.start`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from compiler.supervise.ffmpeg import find_build

ROUNDS = 5
PYTHON = "pass"
REELC = "from server.cli import main; main()"
COMMANDS = (["--version"], ["--help"], ["schema"], ["compile", "reel.json"])
COUNTED = """\
import atexit, resource, sys
atexit.register(lambda: print(*resource.getrusage(resource.RUSAGE_SELF)[:2], file=sys.stderr))
"""

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=30:d=2")
SOUND = ("-f", "lavfi", "-i", "sine=r=48000:d=2")


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as folder:
        _make_reel(Path(folder))
        print("\n".join(start_table(folder)))


def start_table(folder: str) -> Iterator[str]:
    """A row for Python, for each command, and for the server until it is ready; the median of some rounds."""
    programs = [("python -c pass", PYTHON, []), *((f"reelc {' '.join(each)}", REELC, each) for each in COMMANDS)]
    rounds = [
        [*(_seconds(folder, program, *arguments) for _, program, arguments in programs), _until_ready(folder)]
        for _ in range(ROUNDS)
    ]
    found = [median(each) for each in zip(*rounds, strict=True)]
    yield "| command | processor time | starts of Python |"
    yield "| --- | --- | --- |"
    for name, seconds in zip([*(name for name, _, _ in programs), "reelc serve"], found, strict=True):
        yield f"| `{name}` | {seconds:.3f} s | {seconds / found[0]:.1f} |"


def _seconds(folder: str, program: str, *arguments: str) -> float:
    """User and system seconds of the process itself, without its children."""
    command = [sys.executable, "-c", COUNTED + program, *arguments]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return sum(map(float, ended.stderr.split()))


def _until_ready(folder: str) -> float:
    """User and system seconds of a server until it answers that it is ready."""
    command = [sys.executable, "-c", REELC, "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        link = urlsplit(server.stdout.readline().strip())
        while not _is_ready(f"{link.scheme}://{link.netloc}/readyz"):
            time.sleep(0.01)
        fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
        server.terminate()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def _is_ready(address: str) -> bool:
    try:
        return bool(urlopen(address).status == 200)
    except URLError:
        return False


def _make_reel(folder: Path) -> None:
    """A reel of one small clip."""
    command = [find_build().path, "-v", "error", *PICTURE, *SOUND, "-preset", "ultrafast", str(folder / "clip.mp4")]
    subprocess.run(command, check=True)
    canvas = {"width": 64, "height": 64, "fps": "30"}
    reel = {"reel": 1, "canvas": canvas, "clips": [{"media": "clip.mp4"}]}
    (folder / "reel.json").write_text(json.dumps(reel))


if __name__ == "__main__":
    main()
