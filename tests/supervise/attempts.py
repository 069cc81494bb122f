"""The program of a child that runs hostile code: it tries every way out that is known."""

# The program gets the folder of the test. It prints the outcome of each attempt: "done", or the name of the error.
ATTEMPTS = r"""
import ctypes, errno, fcntl, json, mmap, os, platform, resource, socket, sys, threading
folder, parent = sys.argv[1], os.getppid()
libc = ctypes.CDLL(None, use_errno=True)
page = ctypes.create_string_buffer(256)

def call(number, *arguments):
    if libc.syscall(number, *map(ctypes.c_long, arguments)) < 0:
        raise OSError(ctypes.get_errno(), "")

def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")

def read(path):
    with open(path, "rb") as file:
        file.read()

def write(path):
    with open(path, "wb") as file:
        file.write(b"x")

def empty_a_readable_file():
    os.close(os.open(folder + "/in/given", os.O_RDONLY | os.O_TRUNC))

def command_a_file(path, access):  # to leave it out of dumps, or to take that back
    flags = ctypes.create_string_buffer(8)
    file = os.open(path, access)
    checked(libc.ioctl(file, ctypes.c_ulong(0x80086601), flags))
    flags[0] = bytes([flags.raw[0] ^ 0x40])
    checked(libc.ioctl(file, ctypes.c_ulong(0x40086602), flags))

def hold_up_who_writes():
    file = os.open(folder + "/in/given", os.O_RDONLY)
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    os.close(file)

def have_a_signal_sent(to):
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, to)
    fcntl.fcntl(reading, fcntl.F_SETSIG, 0)

def connect(address, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_UNIX, kind) as one:
        one.connect(address)

def listen():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))

def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", ("127.0.0.1", 9))

def start_a_process():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)

def mount():
    place = (folder + "/out").encode()
    checked(libc.mount(b"none", place, b"tmpfs", 0, None))
    libc.umount2(place, 2)

def old_call():  # getpid as a 32-bit program calls it, which would go past a filter of 64-bit numbers
    code = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    entry = ctypes.addressof(ctypes.c_char.from_buffer(code))
    result = ctypes.CFUNCTYPE(ctypes.c_int)(entry)()
    if result < 0:
        raise OSError(-result, "")

def write_beyond_its_length():  # which RLIMIT_FSIZE does not count
    file = os.open(folder + "/out/long", os.O_RDWR | os.O_CREAT)
    checked(libc.fallocate(file, 1, ctypes.c_long(0), ctypes.c_long(1 << 20)))

def rules_of_its_own():
    rights = ctypes.create_string_buffer(bytes([1, 0, 0, 0, 0, 0, 0, 0]), 8)
    call(444, ctypes.addressof(rights), 8, 0)

def filter_of_its_own():
    allowing = ctypes.create_string_buffer(b"\x06\0\0\0\0\0\xff\x7f", 8)
    words = (word.to_bytes(8, "little") for word in (1, ctypes.addressof(allowing)))
    filter = ctypes.create_string_buffer(b"".join(words), 16)
    checked(libc.prctl(22, 2, filter, 0, 0))

def lock_parts(of):
    with open(of, "r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX, 1, 7)

def thread():
    one = threading.Thread(target=int)
    one.start()
    one.join()

attempts = {
    "parent's environment": lambda: read(f"/proc/{parent}/environ"),
    "parent's memory": lambda: os.close(os.open(f"/proc/{parent}/mem", 0)),
    "list of processes": lambda: os.listdir("/proc"),
    "another file of the folder": lambda: read(folder + "/in/other"),
    "through a link": lambda: read(folder + "/out/link"),
    "list of the folder": lambda: os.listdir(folder + "/in"),
    "passwd": lambda: read("/etc/passwd"),
    "write outside": lambda: write(folder + "/in/made"),
    "write to the given file": lambda: write(folder + "/in/given"),
    "truncate": lambda: os.truncate(folder + "/in/given", 0),
    "empty a readable file": empty_a_readable_file,
    "open for commands": lambda: os.close(os.open(folder + "/in/other", 3)),
    "open a system file for commands": lambda: os.close(os.open("/etc/passwd", 3)),
    "empty a file by commands": lambda: os.close(os.open(folder + "/in/lost", 3 | os.O_TRUNC)),
    "command to the given file": lambda: command_a_file(folder + "/in/given", os.O_RDONLY),
    "command to another file": lambda: command_a_file(folder + "/in/other", 3),
    "lease of a file": hold_up_who_writes,
    "remove the given file": lambda: os.unlink(folder + "/in/lost"),
    "mode of a file": lambda: os.chmod(folder + "/in/other", 0o600),
    "times of a file": lambda: os.utime(folder + "/in/other"),
    "owner of a file": lambda: os.chown(folder + "/in/other", os.getuid(), os.getgid()),
    "attribute of a file": lambda: os.setxattr(folder + "/in/other", "user.x", b"x"),
    "hard link": lambda: os.link(folder + "/in/other", folder + "/out/hard"),
    "symbolic link": lambda: os.symlink("/etc/passwd", folder + "/out/soft"),
    "watch of a folder": lambda: checked(libc.inotify_add_watch(libc.inotify_init1(0), folder.encode(), 0x100)),
    "bind": listen,
    "send": send,
    "abstract socket": lambda: connect("\0" + folder[-100:]),
    "socket pair": lambda: [one.close() for one in socket.socketpair()],
    "trace the parent": lambda: checked(libc.ptrace(0x4206, parent, 0, 0)),
    "signal the parent": lambda: os.kill(parent, 0),
    "signal the parent by a pipe": lambda: have_a_signal_sent(parent),
    "signal everybody": lambda: os.kill(-1, 0),
    "priority of the parent": lambda: os.setpriority(os.PRIO_PROCESS, parent, os.getpriority(os.PRIO_PROCESS, parent)),
    "priority of the user": lambda: libc.setpriority(2, os.getuid(), 21) and checked(-1),
    "processors of the parent": lambda: os.sched_setaffinity(parent, os.sched_getaffinity(parent)),
    "policy of the parent": lambda: os.sched_setscheduler(parent, os.SCHED_OTHER, os.sched_param(0)),
    "disk of the parent": lambda: call({"x86_64": 251}.get(platform.machine(), 30), 1, parent, 2 << 13 | 4),
    "handle of the parent": lambda: os.close(os.pidfd_open(parent)),
    "limits of the parent": lambda: resource.prlimit(parent, resource.RLIMIT_NOFILE),
    "read the parent's memory": lambda: checked(libc.process_vm_readv(parent, None, 0, None, 0, 0)),
    "outlive the parent": lambda: checked(libc.prctl(1, 0, 0, 0, 0)),
    "process": start_a_process,
    "mount": mount,
    "namespace": lambda: checked(libc.unshare(0x08000000)),
    "connections of the machine": lambda: read("/proc/self/net/tcp"),
    "sockets of the machine": lambda: read("/proc/self/net/unix"),
    "memory that no limit counts": lambda: mmap.mmap(-1, 4096),
    "room that no limit counts": write_beyond_its_length,
    "locks without number": lambda: lock_parts(folder + "/out/kept"),
    "lock of a library": lambda: fcntl.flock(os.open(os.__file__, 0), 2),
    "pipes of the user": lambda: fcntl.fcntl(os.pipe()[0], 1031, 1 << 17),
    "watches of the user": lambda: checked(libc.epoll_create1(0)),
    "disks of the machine": lambda: checked(libc.syncfs(os.open(folder + "/in/given", 0))),
    "rules of its own": rules_of_its_own,
    "program in memory": lambda: os.close(os.memfd_create("x")),
    "shared memory": lambda: checked(libc.shmget(0, 4096, 0o1600)),
    "keys": lambda: call({"x86_64": 250}.get(platform.machine(), 219), 0, -3, 1),
    "io_uring": lambda: call(425, 1, ctypes.addressof(page)),
    "fault handler": lambda: call({"x86_64": 323}.get(platform.machine(), 282), 1),
}
if platform.machine() == "x86_64":
    attempts["32-bit call"] = old_call
attempts["filter of its own"] = filter_of_its_own  # the last: without the sandbox it stays

granted = {
    "read": lambda: read(folder + "/in/given"),
    "write": lambda: write(folder + "/out/made"),
    "rename": lambda: os.rename(folder + "/out/made", folder + "/out/moved"),
    "thread": thread,
    "randomness": lambda: read("/dev/null") or os.urandom(8),
    "signal itself": lambda: os.kill(os.getpid(), 0),
}

def outcome(attempt):
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

print(json.dumps([{name: outcome(one) for name, one in each.items()} for each in (attempts, granted)]))
"""

NAMES = [line.split('"')[1] for line in ATTEMPTS.splitlines() if line.startswith('    "')]
GRANTED = NAMES[-6:]
NAMES = [*NAMES[:-6], "32-bit call", "filter of its own"]
