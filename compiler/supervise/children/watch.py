"""Has the reads of this process watched: before each of them the kernel asks the parent, which fills what is read.

The launcher uses it in the child, before it becomes the command. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import struct
from itertools import chain

from compiler.supervise.children.system_calls import (
    ALLOW,
    ANY_BIT,
    ARGUMENTS,
    EQUAL,
    LOAD,
    MACHINES,
    NUMBER,
    RETURN,
    machine,
)
from compiler.supervise.children.system_calls import MACHINE as ARCHITECTURE

LIBC = ctypes.CDLL(None, use_errno=True)

ASK = 0x7FC00000
"""The filter's answer that leaves a call to the listener (SECCOMP_RET_USER_NOTIF)."""

SECCOMP = {"x86_64": 317, "aarch64": 277}
SET_FILTER, NEW_LISTENER = 1, 8
"""The number of the call, its operation and its flag."""

WHOLE, FROM_POSITION, AT_OFFSET = range(3)
"""The part of a file that a call reads: any of it; `count` bytes from the position; `count` bytes from an offset."""

READS = {
    "x86_64": {0: FROM_POSITION, 17: AT_OFFSET, 19: WHOLE, 295: WHOLE, 327: WHOLE, 9: WHOLE, 40: WHOLE, 275: WHOLE}
    | {326: WHOLE, 276: WHOLE},
    "aarch64": {63: FROM_POSITION, 67: AT_OFFSET, 65: WHOLE, 69: WHOLE, 286: WHOLE, 222: WHOLE, 71: WHOLE, 76: WHOLE}
    | {285: WHOLE, 77: WHOLE},
}
"""The calls that read a file: read, pread64, readv, preadv, preadv2, mmap, sendfile, splice, copy_file_range, tee."""

MMAP, SENDFILE = {"x86_64": 9, "aarch64": 222}, {"x86_64": 40, "aarch64": 71}
ANONYMOUS = 0x20
"""The flag of mmap that asks for memory and no file."""

SOL_SOCKET, SCM_RIGHTS = 1, 1


def place_of_file(call: int) -> int:
    """The place of the argument that is the file which a call reads."""
    return 4 if call == MMAP[machine()] else 1 if call == SENDFILE[machine()] else 0


def be_watched(socket: int) -> None:
    """Have every read of this process and of its threads asked for; send the listener through `socket`, which is
    closed. OSError if the kernel refuses."""
    import _socket  # the module around it takes milliseconds to import

    instructions = _program()
    kept = ctypes.create_string_buffer(instructions, len(instructions))
    filter = struct.pack("<HxxxxxxQ", len(instructions) // 8, ctypes.addressof(kept))
    number = ctypes.c_long(SECCOMP[machine()])
    listener = LIBC.syscall(number, ctypes.c_long(SET_FILTER), ctypes.c_long(NEW_LISTENER), filter)
    if listener < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    with_parent = _socket.socket(fileno=socket)
    with_parent.sendmsg([b"."], [(SOL_SOCKET, SCM_RIGHTS, struct.pack("i", listener))])
    with_parent.close()
    os.close(listener)


def _program() -> bytes:
    """The filter; calls of another machine's kind are left to the filter of all calls, which refuses them."""
    _, architecture = MACHINES[machine()]
    allow = (RETURN, 0, 0, ALLOW)
    instructions = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), allow, (LOAD, 0, 0, NUMBER)]
    for call in READS[machine()]:
        ask = [(RETURN, 0, 0, ASK)]
        if call == MMAP[machine()]:
            ask = [(LOAD, 0, 0, ARGUMENTS + 8 * 3), (ANY_BIT, 0, 1, ANONYMOUS), allow, *ask]
        instructions += [(EQUAL, 0, len(ask), call), *ask]
    instructions.append(allow)
    return struct.pack("<" + "HBBI" * len(instructions), *chain.from_iterable(instructions))
