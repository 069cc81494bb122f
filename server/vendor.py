"""Libraries of others that pages use: fetched by name, kept in `static/vendor/`, and held against what is written down.

python -m server.vendor fetch     what PACKAGES names, through npm
python -m server.vendor check     that what is kept is what was fetched; needs no network
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FOLDER = Path(__file__).parent / "static" / "vendor"
RECORD = FOLDER / "VENDOR.json"
PACKAGES = {
    "swagger-ui-dist@5.35.0": (
        *("LICENSE", "NOTICE", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css"),
    )
}
"""Each package with its version, and the files of it that are kept, its licence among them."""


def fetch() -> None:
    """Fetch every package and write down what it is."""
    record: dict[str, Any] = {}
    for package, names in PACKAGES.items():
        with TemporaryDirectory() as aside:
            command = ["npm", "pack", "--silent", "--pack-destination", aside, package]
            subprocess.run(command, check=True, capture_output=True)
            (archive,) = Path(aside).iterdir()
            record[package] = _kept(archive, FOLDER / package.replace("@", "-"), names)
    RECORD.write_text(json.dumps(record, indent=2) + "\n")


def _kept(archive: Path, folder: Path, names: tuple[str, ...]) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as packed:
        about = json.loads(_read(packed, "package.json"))
        for name in names:
            (folder / name).write_bytes(_read(packed, name))
    return {"licence": about["license"], "sha256": _hashes(folder)}


def _read(packed: tarfile.TarFile, name: str) -> bytes:
    file = packed.extractfile(f"package/{name}")
    assert file is not None
    return file.read()


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def wrong() -> list[str]:
    """What differs between what is kept and what is written down of it."""
    record = json.loads(RECORD.read_text())
    here = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    told = {package.replace("@", "-"): facts["sha256"] for package, facts in record.items()}
    found = [f"{name}: nothing is written down of it" for name in sorted(here - told.keys())]
    found += [f"{name}: it is not there" for name in sorted(told.keys() - here)]
    found += [f"{name}: other files" for name in sorted(here & told.keys()) if _hashes(FOLDER / name) != told[name]]
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["fetch"]:
        fetch()
    sys.exit("\n".join(wrong()) or 0)
