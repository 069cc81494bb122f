"""The software that the server uses: programs, Python packages and libraries of the pages, with their licences."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

from compiler.supervise.ffmpeg import find_build
from server.web.pages import STATIC

VENDORED = STATIC / "vendor"


@dataclass(frozen=True, slots=True)
class Library:
    """A third-party package; `text` is the address of its licence, empty if this server does not have it."""

    name: str
    version: str
    licence: str
    text: str = ""


@cache
def versions() -> dict[str, str]:
    """The versions of reelc, Python and ffmpeg; it runs ffmpeg, so call it in a thread."""
    build = find_build()
    return {
        "reelc": distribution("reelc").version,
        "Python": platform.python_version(),
        "ffmpeg": " ".join(build.version.split()[:1]),
    }


@cache
def libraries() -> list[Library]:
    """The third-party libraries of the pages from `VENDOR.json`, with the parts of each bundle."""
    record = json.loads((VENDORED / "VENDOR.json").read_text())
    found = []
    for package, facts in record.items():
        folder = f"/static/vendor/{package.replace('@', '-')}"
        found.append(_library(package, facts["licence"], f"{folder}/LICENSE"))
        for each, about in facts.get("with", {}).items():
            short = each.rpartition("@")[0].rpartition("/")[2]
            found.append(_library(each, about["licence"], f"{folder}/LICENSE.{short}"))
    return found


def _library(package: str, licence: str, text: str) -> Library:
    name, _, version = package.rpartition("@")
    return Library(name, version, licence, text)


@cache
def packages() -> list[Library]:
    """The Python packages that reelc requires, as installed."""
    wanted = [re.match(r"[A-Za-z0-9._-]+", line) for line in distribution("reelc").requires or ()]
    return [_package(found[0]) for found in wanted if found]


def _package(name: str) -> Library:
    try:
        about = distribution(name).metadata
    except PackageNotFoundError:  # an optional one
        return Library(name, "not installed", "")
    stated = next((about[each] for each in ("License-Expression", "License") if each in about), "")
    licence = stated.partition("\n")[0][:60] or _classified(about.get_all("Classifier") or [])
    return Library(name, about["Version"], licence)


def _classified(classifiers: list[str]) -> str:
    return ", ".join(each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License ::"))
