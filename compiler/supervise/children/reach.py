"""The files that a child may reach, and those that every child needs: libraries, and facts of the machine."""

from __future__ import annotations

import os
import struct
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from compiler.supervise.children.child import JOIN

READ, WRITE, RUN = "r", "w", "x"
"""The kinds of rules that the launcher knows: `r/folder` allows reading everything below a folder. JOIN is a
further one."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The only files that a child may touch besides libraries; a folder stands for everything below it."""

    runs: Sequence[str | Path]
    """Programs that it may execute."""
    reads: Sequence[str | Path] = ()
    writes: Sequence[str | Path] = ()
    """Files, FIFOs and folders that exist when it starts; it may also read them."""
    forks: bool = False
    """Whether it may start further processes, as confined as itself."""
    threads: bool = True
    """Whether it may start threads."""
    group: Path | None = None
    """The cgroup that it joins."""


OWN = ("auxv", "cgroup", "cmdline", "comm", "exe", "fd", "maps", "mountinfo", "stat", "statm", "status")
"""The files in /proc/self by which libraries find out about their process. Others tell of the machine: all its
connections are in /proc/self/net."""

MACHINE = (
    *(f"/proc/self/{name}" for name in OWN),
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/filesystems",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/dev/null",
    "/dev/urandom",
)
"""Files by which libraries count processors and memory; those in /proc/self are the child's own."""

LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store", "/gnu/store")
FOUND_BY_LOADERS = "/etc/ld.so.cache"
"""The file in which the system lists its shared libraries."""

LISTED = Path("/etc/ld.so.conf.d")
"""The folder of lists of further library folders."""

ELF, INTERPRETER = b"\x7fELF\x02\x01", 3
"""The first bytes of a 64-bit little-endian program, and the kind of the header that names its loader."""


def rules(reach: Reach) -> list[str]:
    """The launcher's rules for a reach; paths that do not exist are left to the child to miss."""
    read = (*MACHINE, *_libraries(), *map(os.path.abspath, reach.reads))
    run = [os.path.abspath(path) for path in reach.runs]
    loaders = [loader for path in run if (loader := loader_of(path))]
    return [
        *(READ + path for path in dict.fromkeys(read)),
        *(WRITE + os.path.abspath(path) for path in reach.writes),
        *(RUN + path for path in dict.fromkeys([*run, *loaders])),
        *([JOIN + str(reach.group)] if reach.group else []),
    ]


@cache
def python_files() -> tuple[str, ...]:
    """The files of this interpreter, of its installed packages and of the compiler."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = (*map(sysconfig.get_path, names), sysconfig.get_config_var("LIBDIR"), str(Path(__file__).parents[2]))
    return (*dict.fromkeys(filter(None, folders)), os.path.join(sys.prefix, "pyvenv.cfg"))


@cache
def _libraries() -> tuple[str, ...]:
    return (*LIBRARIES, *_listed(), FOUND_BY_LOADERS)


def _listed() -> Iterator[str]:
    """The library folders that the system's administrator has added."""
    for path in sorted(LISTED.glob("*.conf")):
        try:
            lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        except OSError:
            continue
        yield from (line.strip() for line in lines if line.startswith("/"))


def loader_of(path: str) -> str | None:
    """The dynamic loader that the kernel executes for a program; None for a static one, a script, or no program."""
    try:
        with open(path, "rb") as program:
            start = program.read(4096)
    except OSError:
        return None
    if not start.startswith(ELF):
        return None
    (table,), (size, count) = struct.unpack_from("<Q", start, 32), struct.unpack_from("<HH", start, 54)
    for at in range(table, min(table + size * count, len(start) - 56), size):
        kind, _, place, _, _, length = struct.unpack_from("<IIQQQQ", start, at)
        if kind == INTERPRETER:
            return os.fsdecode(start[place : place + length].rstrip(b"\0"))
    return None
