"""The filter of system calls, a BPF program: calls that no decoder and no encoder needs are refused.

Refused calls fail with EPERM, so that a program that merely tries one goes on. Calls that are newer than this list are
answered as a kernel without them would.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from itertools import chain, pairwise

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""The machines with a filter: their column in the tables below, and their number in `struct seccomp_data`."""

NEWEST = 469
"""The last call of Linux 6.18. The calls of the x32 mode of x86_64 have greater numbers."""

# Names, and numbers on x86_64 and aarch64; - where a machine has no such call. A paragraph each for: sockets; other
# processes; programs that are not files; mounts; attributes of files by name, which Landlock does not guard; the
# kernel; the machine's clock and name; users; memory shared between processes; memory of the kernel and room on
# the disk that no limit counts, and a wait for all of the disk; further confinement, whose rules are memory
# of the kernel, and whose filters may write each call to the machine's log.
REFUSED = """
socket 41 198, socketpair 53 199, bind 49 200, connect 42 203, listen 50 201, accept 43 202, accept4 288 242,
sendto 44 206, sendmsg 46 211, sendmmsg 307 269, recvfrom 45 207, recvmsg 47 212, recvmmsg 299 243, shutdown 48 210,
setsockopt 54 208, getsockopt 55 209, getsockname 51 204, getpeername 52 205,

ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, process_madvise 440 440,
process_mrelease 448 448, kcmp 312 272, pidfd_open 434 434, pidfd_getfd 438 438, pidfd_send_signal 424 424,
tkill 200 130, rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240, setsid 112 157, setpgid 109 154, unshare 272 97,
setns 308 268, ioprio_set 251 30,

execveat 322 281, memfd_create 319 279, memfd_secret 447 447, uselib 134 -,

mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, move_mount 429 429, open_tree 428 428,
open_tree_attr 467 467, fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433, mount_setattr 442 442,
statmount 457 457, listmount 458 458, swapon 167 224, swapoff 168 225, quotactl 179 60, quotactl_fd 443 443,
acct 163 89,

truncate 76 45, chmod 90 -, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452, chown 92 -, fchown 93 55, lchown 94 -,
fchownat 260 54, setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, setxattrat 463 463, removexattr 197 14,
lremovexattr 198 15, fremovexattr 199 16, removexattrat 466 466, utime 132 -, utimes 235 -, futimesat 261 -,
utimensat 280 88, file_setattr 469 469, mknod 133 -, mknodat 259 33, openat2 437 437, name_to_handle_at 303 264,
open_by_handle_at 304 265, inotify_init 253 -, inotify_init1 294 26, inotify_add_watch 254 27,
fanotify_init 300 262, fanotify_mark 301 263, lookup_dcookie 212 18,

bpf 321 280, perf_event_open 298 241, userfaultfd 323 282, io_uring_setup 425 425, io_uring_enter 426 426,
io_uring_register 427 427, io_setup 206 0, io_submit 209 2, keyctl 250 219, add_key 248 217, request_key 249 218,
kexec_load 246 104, kexec_file_load 320 294, init_module 175 105, finit_module 313 273, delete_module 176 106,
create_module 174 -, query_module 178 -, get_kernel_syms 177 -, reboot 169 142, syslog 103 116, nfsservctl 180 42,
_sysctl 156 -, sysfs 139 -, ustat 136 -, vhangup 153 58, personality 135 92, modify_ldt 154 -, iopl 172 -,
ioperm 173 -, migrate_pages 256 238, move_pages 279 239, uprobe 336 -, uretprobe 335 -,

sethostname 170 161, setdomainname 171 162, settimeofday 164 170, clock_settime 227 112, clock_adjtime 305 266,
adjtimex 159 171,

setuid 105 146, setgid 106 144, setreuid 113 145, setregid 114 143, setresuid 117 147, setresgid 119 149,
setfsuid 122 151, setfsgid 123 152, setgroups 116 159, capset 126 91,

shmget 29 194, shmat 30 196, shmctl 31 195, shmdt 67 197, msgget 68 186, msgsnd 69 189, msgrcv 70 188,
msgctl 71 187, semget 64 190, semop 65 193, semctl 66 191, semtimedop 220 192, mq_open 240 180, mq_unlink 241 181,
mq_timedsend 242 182, mq_timedreceive 243 183, mq_notify 244 184, mq_getsetattr 245 185,

flock 73 32, epoll_create 213 -, epoll_create1 291 20, fallocate 285 47, sync 162 81, syncfs 306 267,

seccomp 317 277, landlock_create_ruleset 444 444, landlock_add_rule 445 445, landlock_restrict_self 446 446
"""

Numbers = tuple[int | None, ...]

CLONE, CLONE3 = (56, 220), (435, 435)
FORK: Numbers = (57, None)
VFORK: Numbers = (58, None)
KILL, TGKILL, PRLIMIT, PRCTL, IOCTL = (62, 129), (234, 131), (302, 261), (157, 167), (16, 29)
OPEN: Numbers = (2, None)
OPENAT: Numbers = (257, 56)
FCNTL, SETPRIORITY, MMAP = (72, 25), (141, 140), (9, 222)
OF_A_PROCESS = ((142, 118), (144, 119), (203, 122), (314, 274))
"""sched_setparam, sched_setscheduler, sched_setaffinity and sched_setattr: their first argument is a process, 0 for the
caller."""

BESIDE, THREAD, SAME_FILES = 0x7E020000 | 0x8000, 0x10000, 0x400
"""Flags of clone: all that make a namespace or a process beside the caller, whose parent would be the fork server; the
one that makes a thread; the one without which it has open files of its own, as many as the process may have."""

SHARED_MEMORY = 0x21
"""Flags of mmap that together ask for memory which is shared, and so is not counted as the process's own."""

READ_ONLY_OR_NOT, TRUNCATING, FOR_COMMANDS = 0o1003, 0o1000, 0o3
"""Flags of open: the mask of access mode and truncation; a file that is opened to be read, but emptied; a file that is
opened for ioctl and fcntl alone."""

PDEATHSIG, SECCOMP = 1, 22

COMMANDS = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""All that ioctl may do: the state and size of a terminal (TCGETS, TCGETS2, TIOCGWINSZ), which programs ask any file
for; how much can be read; blocking; closing at a start. Others change files by a handle that may only read them."""

COMMANDS_OF_OTHERS = (6, 7, 8, 10, 15, 37, 38, 1024, 1026, 1031)
"""What fcntl may not do: have the kernel send signals for a file, to any process (F_SETOWN, F_SETSIG, F_SETOWN_EX);
hold up whoever opens a file (F_SETLEASE); watch a folder (F_NOTIFY); lock parts of files, of any number (F_SETLK,
F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW); take of the user's share of pipes (F_SETPIPE_SZ)."""

LOAD, AND, EQUAL, GREATER, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x25, 0x35, 0x45, 0x06
NUMBER, MACHINE, ARGUMENTS = 0, 4, 16
"""Offsets in `struct seccomp_data`; of each argument the lower half counts."""

ALLOW, ERROR = 0x7FFF0000, 0x00050000

Instruction = tuple[int, int, int, int]
"""Operation, instructions to skip if the test holds, if it does not, operand."""


def machine() -> str:
    """The name of this machine's instruction set."""
    return os.uname().machine


def has_filter() -> bool:
    """Whether there is a filter for this machine."""
    return machine() in MACHINES and struct.calcsize("P") == 8


def program(pid: int, forks: bool, threads: bool = True) -> bytes:
    """The filter for the process `pid`; with `forks`, for its descendants too, which may not send signals. Without
    `threads` it has none but its first."""
    column, architecture = MACHINES[machine()]
    instructions = [
        (LOAD, 0, 0, MACHINE),
        *_unless(EQUAL, architecture, _error(errno.EPERM)),
        (LOAD, 0, 0, NUMBER),
        *_if(GREATER, NEWEST, _error(errno.ENOSYS)),
    ]
    for numbers, body in _by_argument(pid, forks, threads):
        if (number := numbers[column]) is not None:
            instructions += [(EQUAL, 0, len(body), number), *body]
    refused = _numbers(column) | ({FORK[column], VFORK[column]} if not forks else set())
    for first, last in _ranges(sorted(number for number in refused if number is not None)):
        instructions += [*_unless(AT_LEAST, first, _allow()), *_unless(GREATER, last, _error(errno.EPERM))]
    instructions.append(_allow())
    return struct.pack("<" + "HBBI" * len(instructions), *chain.from_iterable(instructions))


def _by_argument(pid: int, forks: bool, threads: bool) -> Iterator[tuple[Numbers, list[Instruction]]]:
    """Calls whose arguments decide, with the instructions that do."""
    refuse, allow = _error(errno.EPERM), _allow()
    process = [] if forks else _unless(ANY_BIT, THREAD, refuse)
    # What libav takes for a system without threads: it goes on with the one that it has.
    thread = [] if threads else _if(ANY_BIT, THREAD, _error(errno.ENOSYS))
    apart = [(AND, 0, 0, THREAD | SAME_FILES), *_if(EQUAL, THREAD, refuse)]
    yield CLONE, [_argument(0), *_if(ANY_BIT, BESIDE, refuse), *process, *thread, *apart, allow]
    yield CLONE3, [_error(errno.ENOSYS)]  # its flags are in memory; the C library uses clone instead
    for call in (KILL, TGKILL):
        yield call, [_argument(0), *_unless(EQUAL, pid, refuse), allow]
    yield PRLIMIT, [_argument(0), *_unless(EQUAL, 0, refuse), allow]
    if not forks:  # a child must not outlive its parent, nor have filters of its own
        yield PRCTL, [_argument(0), *_if(EQUAL, PDEATHSIG, refuse), *_if(EQUAL, SECCOMP, refuse), allow]
    yield MMAP, [_argument(3), (AND, 0, 0, SHARED_MEMORY), *_if(EQUAL, SHARED_MEMORY, refuse), allow]
    for call in OF_A_PROCESS:
        yield call, [_argument(0), *_unless(EQUAL, 0, refuse), allow]
    yield SETPRIORITY, [_argument(0), *_unless(EQUAL, 0, refuse), _argument(1), *_unless(EQUAL, 0, refuse), allow]
    yield IOCTL, [_argument(1), *chain.from_iterable(_if(EQUAL, command, allow) for command in COMMANDS), refuse]
    yield FCNTL, [_argument(1), *chain.from_iterable(_if(EQUAL, one, refuse) for one in COMMANDS_OF_OTHERS), allow]
    for opening, flags in ((OPEN, 1), (OPENAT, 2)):
        emptied = _if(EQUAL, TRUNCATING, refuse)  # before Linux 6.2 Landlock lets readers empty files
        # Landlock asks only whether a file may be read or written, and opens any file for neither.
        commanded = [(AND, 0, 0, FOR_COMMANDS), *_if(EQUAL, FOR_COMMANDS, refuse)]
        yield opening, [_argument(flags), (AND, 0, 0, READ_ONLY_OR_NOT), *emptied, *commanded, allow]


def _argument(place: int) -> Instruction:
    return LOAD, 0, 0, ARGUMENTS + 8 * place


def _if(test: int, operand: int, then: Instruction) -> list[Instruction]:
    return [(test, 0, 1, operand), then]


def _unless(test: int, operand: int, then: Instruction) -> list[Instruction]:
    return [(test, 1, 0, operand), then]


def _allow() -> Instruction:
    return RETURN, 0, 0, ALLOW


def _error(number: int) -> Instruction:
    return RETURN, 0, 0, ERROR | number


def _numbers(column: int) -> set[int | None]:
    rows = (row.split() for row in REFUSED.replace("\n", " ").split(","))
    return {int(number) for _, *numbers in rows if (number := numbers[column]) != "-"}


def _ranges(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """The runs of consecutive numbers."""
    ends = [at for at, (one, next) in enumerate(pairwise(numbers)) if next != one + 1]
    begins = [0, *(at + 1 for at in ends)]
    return ((numbers[begin], numbers[end]) for begin, end in zip(begins, [*ends, len(numbers) - 1], strict=True))
