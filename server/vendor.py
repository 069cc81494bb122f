"""Third-party libraries of the pages: fetched by name, kept in `static/vendor/`, and checked against recorded hashes.

python -m server.vendor fetch     fetches the packages in BUNDLED through npm
python -m server.vendor check     checks the kept files against `VENDOR.json`; needs no network

Modules that import each other by bare names do not load under the pages' policy, which allows no import map. esbuild
therefore bundles them into one file, once at fetch time, so that the application needs no build step.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FOLDER = Path(__file__).parent / "static" / "vendor"
RECORD = FOLDER / "VENDOR.json"
ESBUILD = "0.28.2"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A module bundled by esbuild: its exports, and the packages in it besides the one that names it."""

    exports: str
    also: tuple[str, ...] = ()


BUNDLED = {
    "preact@11.2.0": Bundle(
        'import { h } from "preact"; import htm from "htm"; export const html = htm.bind(h);'
        'export { h, render, Fragment, createContext } from "preact";'
        "export { useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback, useReducer, useContext, useId }"
        ' from "preact/hooks";'
        "export { signal, computed, effect, batch, untracked, useSignal, useComputed, useSignalEffect }"
        ' from "@preact/signals";',
        ("@preact/signals@2.11.4", "@preact/signals-core@1.14.5", "htm@3.1.1"),
    ),
    "interactjs@1.10.28": Bundle('export { default } from "./node_modules/interactjs/dist/interact.min.js";'),
    "sortablejs@1.15.7": Bundle('export { default } from "sortablejs";'),
    "tinykeys@4.0.0": Bundle('export * from "tinykeys";'),
}
"""Packages with their versions, each kept as one module of that name beside the licences of all its parts."""


def fetch() -> None:
    """Fetch every package, make the bundles, and record their hashes."""
    with TemporaryDirectory() as aside:
        workshop = Workshop(Path(aside))
        workshop.equip()
        record = {package: workshop.bundled(package, bundle) for package, bundle in BUNDLED.items()}
    RECORD.write_text(json.dumps(record, indent=2) + "\n")


@dataclass(frozen=True, slots=True)
class Workshop:
    """A folder for fetched packages, laid out as node and esbuild expect it."""

    root: Path

    def equip(self) -> None:
        """Fetch the esbuild for this machine's platform."""
        asked = ["node", "--print", "process.platform + '-' + process.arch"]
        platform = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
        source, _ = self._fetched(f"@esbuild/{platform}@{ESBUILD}")
        (source / "bin" / "esbuild").replace(self.root / "esbuild")

    def bundled(self, package: str, bundle: Bundle) -> dict[str, Any]:
        """Make a bundle and copy the licences of its parts into `static/vendor/`, and return its record."""
        parts = {each: self._fetched(each) for each in (package, *bundle.also)}
        kept = _emptied(package)
        for each, (source, _) in parts.items():
            licence = "LICENSE" if each == package else f"LICENSE.{_name(each).rpartition('/')[2]}"
            (kept / licence).write_bytes((source / "LICENSE").read_bytes())
        (self.root / "entry.js").write_text(bundle.exports)
        options = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=inline")
        made = kept / f"{_name(package)}.js"
        command = [str(self.root / "esbuild"), "entry.js", *options, "--log-level=error", f"--outfile={made}"]
        subprocess.run(command, check=True, cwd=self.root)
        inside = {each: facts for each, (_, facts) in parts.items() if each != package}
        return {**parts[package][1], "with": inside, "sha256": _hashes(kept)}

    def _fetched(self, package: str) -> tuple[Path, dict[str, Any]]:
        """The folder of the unpacked package, and its licence with npm's hash of it."""
        place = self.root / "node_modules" / _name(package)
        command = ["npm", "pack", "--json", "--silent", "--pack-destination", str(self.root), package]
        packed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        (tarball,) = json.loads(packed)
        place.mkdir(parents=True, exist_ok=True)
        with tarfile.open(self.root / tarball["filename"]) as archive:
            archive.extractall(self.root / "unpacked", filter="data")
        (self.root / "unpacked" / "package").replace(place)
        about = json.loads((place / "package.json").read_text())
        return place, {"licence": about["license"], "integrity": tarball["integrity"]}


def _name(package: str) -> str:
    return package.rpartition("@")[0]


def _emptied(package: str) -> Path:
    kept = FOLDER / package.replace("@", "-")
    kept.mkdir(parents=True, exist_ok=True)
    for path in kept.iterdir():
        path.unlink()
    return kept


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def wrong() -> list[str]:
    """The differences between the kept files, `VENDOR.json`, and the packages in BUNDLED."""
    record = json.loads(RECORD.read_text())
    here = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    recorded = {package.replace("@", "-"): facts["sha256"] for package, facts in record.items()}
    both = sorted(here & recorded.keys())
    found = [f"{name}: not in VENDOR.json" for name in sorted(here - recorded.keys())]
    found += [f"{name}: missing" for name in sorted(recorded.keys() - here)]
    found += [f"{name}: files differ from VENDOR.json" for name in both if _hashes(FOLDER / name) != recorded[name]]
    found += [f"{name}: not fetched" for name in sorted(BUNDLED.keys() - record.keys())]
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["fetch"]:
        fetch()
    sys.exit("\n".join(wrong()) or 0)
