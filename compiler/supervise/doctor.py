"""The abilities of this machine as rows of facts, for `reelc doctor`."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

from compiler.errors import ReelError
from compiler.ir.build import Build
from compiler.profiles import PROFILES
from compiler.supervise.calibrate import costs_path, kept_costs
from compiler.supervise.children.level import MODES, REMEDY, VARIABLE, level, mode
from compiler.supervise.children.reach import Reach, python_files
from compiler.supervise.children.sandbox import ENVIRONMENT, ChildLimits, launcher
from compiler.supervise.ffmpeg import find_build

State = Literal["ok", "warn", "fail"]

OLDEST_PYTHON = (3, 11)
CALIBRATE = "run reelc doctor --calibrate"
ROOMY = 2 << 30
"""Free bytes below which the folder for temporary files gets a warning."""

WISHES = {
    "rubberband": "sound through speed changes keeps its pitch less well",
    "zscale": "HDR sources cannot be rendered",
    "tonemap": "HDR sources cannot be rendered",
    "bwdif": "interlaced sources cannot be rendered",
}
"""Filters that only some films need, and the consequence of their absence."""

# A child prints its state: no_new_privs, the signal it gets when its parent dies, the limits that were set, and whether
# it can list the root folder and open a socket.
ASKED = ChildLimits(data=1 << 30, file=78_000, files=77, cpu=76, nice=0)
WITNESS = """
import ctypes, os, resource
from _socket import socket
def can(attempt):
    try:
        attempt()
    except OSError:
        return False
    return True
prctl, signal = ctypes.CDLL(None).prctl, ctypes.c_int()
prctl(2, ctypes.byref(signal), 0, 0, 0)
kinds = resource.RLIMIT_DATA, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU
print(prctl(39, 0, 0, 0, 0), signal.value, ",".join(str(resource.getrlimit(kind)[0]) for kind in kinds))
print(can(lambda: os.listdir("/")), can(socket))
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of this machine, with its state, and a `remedy` unless the state is ok."""

    name: str
    state: State
    value: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Checkup:
    """All facts of this machine, in reading order."""

    rows: tuple[Row, ...]

    @property
    def state(self) -> State:
        """The worst state of the rows."""
        states = {row.state for row in self.rows}
        return "fail" if "fail" in states else "warn" if "warn" in states else "ok"


def examine(ffmpeg: str | None = None) -> Checkup:
    """Check everything that a render depends on; `ffmpeg` as in `find_build`. Faults are rows, not exceptions."""
    return Checkup((*_ours(), *_ffmpeg(ffmpeg), *_sandbox(), _temporary(), _forecasts()))


def _ours() -> tuple[Row, ...]:
    state: State = "ok" if sys.version_info >= OLDEST_PYTHON else "fail"
    return (
        Row("python", state, platform.python_version(), "" if state == "ok" else "install Python 3.11 or newer"),
        Row("reelc", "ok", _version("reelc") or "a source checkout"),
        _library("av", "probing"),
    )


def _ffmpeg(override: str | None) -> tuple[Row, ...]:
    try:
        build = find_build(override)
    except ReelError as error:
        return (Row("ffmpeg", "fail", "; ".join(filter(None, (error.message, error.detail))), error.hint),)
    wishes = (_wish(name, cost, build) for name, cost in WISHES.items())
    known = {encoder for profile in PROFILES.values() for encoder in profile.encoders}
    encoders = ", ".join(sorted(build.encoders & known))
    return (
        Row("ffmpeg", "ok", f"{build.version} (release {build.release[0]}.{build.release[1]})"),
        Row("ffmpeg path", "ok", build.path),
        *wishes,
        Row("encoders", "ok", encoders),
    )


def _wish(name: str, cost: str, build: Build) -> Row:
    if name in build.filters:
        return Row(f"filter {name}", "ok", "present")
    return Row(f"filter {name}", "warn", f"absent: {cost}", f"use an ffmpeg built with {name}")


def _sandbox() -> tuple[Row, ...]:
    witness = [sys.executable, "-I", "-S", "-c", WITNESS]
    try:
        command = launcher(witness, ASKED, Reach(witness[:1], python_files()))
    except ReelError as error:
        return (Row("sandbox", "fail", "; ".join(filter(None, (error.message, error.detail))), error.hint),)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=ENVIRONMENT, check=False)
    privileges, signal, limits, listed, connected = (done.stdout.decode().split() + ["?"] * 5)[:5]
    asked = ",".join(map(str, (ASKED.data, ASKED.file, ASKED.files, ASKED.cpu)))
    return (
        _level(listed == "False", connected == "False"),
        _held("children end with reelc", signal == "9"),
        _held("children gain no privileges", privileges == "1"),
        _held("children's resources are limited", limits == asked),
    )


def _level(files: bool, calls: bool) -> Row:
    """The level of the sandbox, from what the witness met: whether files and system calls were refused."""
    if mode() == MODES[-1]:
        return Row("sandbox", "warn", f"off, by {VARIABLE}", f"unset {VARIABLE}")
    reached = level()
    if (files, calls) != (bool(reached.landlock), reached.filtered):
        return Row("sandbox", "fail", f"it does not hold: {reached}", "report this with the kernel's version")
    if reached.lacks:
        return Row("sandbox", "warn", f"{reached}; {reached.lacks}", REMEDY)
    return Row("sandbox", "ok", str(reached))


def _held(name: str, holds: bool) -> Row:
    return Row(name, "ok", "yes") if holds else Row(name, "warn", "no", "run on Linux to have media opened safely")


def _temporary() -> Row:
    try:
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Row("temporary files", "warn", f"none can be made: {error.strerror}", "name a folder in TMPDIR")
    value = f"{folder}, {free / 1e9:.1f} GB free"
    return Row("temporary files", "ok", value) if free >= ROOMY else Row("temporary files", "warn", value, "free space")


def _forecasts() -> Row:
    """Whether forecasts count with costs of this machine."""
    if (costs := kept_costs()) is not None:
        fitted = f"{1 / costs.encoding:.0f} megapixels of H.264 encoded for a second of processor time"
        return Row("forecasts", "ok", f"by costs fitted on this machine: {fitted}")
    if costs_path().exists():
        return Row("forecasts", "warn", f"by built-in costs: {costs_path()} is damaged", CALIBRATE)
    return Row("forecasts", "ok", f"by built-in costs; to fit them to this machine, {CALIBRATE}")


def _library(name: str, purpose: str) -> Row:
    version = _version(name)
    return Row(name, "ok", version) if version else Row(name, "fail", f"absent: no {purpose}", "install reelc again")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
