"""Take away from the running process what an answer does not need. Linux only; standard library only.

Called in a process that is already inside the jail, after its trusted modules are loaded and before the learner's code
runs. Nothing here can be undone by the process itself.
"""

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Iterable

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000  # linux/sched.h
CLONE_NEWUTS, CLONE_NEWUSER, CLONE_NEWNET = 0x04000000, 0x10000000, 0x40000000
CLONE_THREAD = 0x00010000
AF_UNIX = 1
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND = 1, 2, 4, 32, 4096  # sys/mount.h
MS_KEPT = {
    os.ST_NOSUID: 2,
    os.ST_NOEXEC: 8,
    os.ST_NOATIME: 1024,
    os.ST_NODIRATIME: 2048,
    os.ST_RELATIME: 2**21,
}
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")  # bubblewrap binds the host's own
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 24, 38, 22  # linux/prctl.h
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
PR_SET_DUMPABLE = 4
LAST_CAP = 63
CAPABILITY_VERSION_3 = 0x20080522
SCRATCH_BYTES = 2**26
OPEN_FILES = 128
PROCESSES = 256
SIGNALS = 4096  # waiting ones; timers count too

# seccomp(2): numbers of system calls on x86-64 and on 64-bit ARM (asm-generic).
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE = {"x86_64": 56, "aarch64": 220}
SOCKET = {"x86_64": 41, "aarch64": 198}
SOCKETPAIR = {"x86_64": 53, "aarch64": 199}
FCNTL = {"x86_64": 72, "aarch64": 25}
# Locks, leases and notices on a file (asm-generic/fcntl.h, linux/fcntl.h): on one of the system's, the host sees them.
FILE_LOCKS = (6, 7, 37, 38, 1024, 1026)
PRCTL = {"x86_64": 157, "aarch64": 167}
FLOCK = {"x86_64": 73, "aarch64": 32}  # would lock files of the system, which other jails and the host see
REFUSED = {  # answered with "not permitted"
    "x86_64": (
        57, 58,  # fork, vfork
        59, 322,  # execve, execveat
        101, 310, 311, 312, 440,  # ptrace, process_vm_readv, process_vm_writev, kcmp, process_madvise
        165, 166, 155, 428, 429, 430, 431, 432, 433, 442,  # mounting, old and new
        272, 308,  # unshare, setns
        248, 249, 250,  # keys
        321, 298, 323, 319, 447,  # bpf, perf_event_open, userfaultfd, memfd_create, memfd_secret
        425, 426, 427,  # io_uring
        246, 320, 175, 176, 313,  # kexec, modules
        169, 167, 168, 163, 179,  # reboot, swap, accounting, quotas
        135, 161, 29, 68, 64,  # personality, chroot, shmget, msgget, semget
        206, 253, 294, 300,  # io_setup, inotify, fanotify: what the whole machine, or a user, has few of
        303, 304, 212, 240, 103, 256, 279,  # file handles, dcookies, mq_open, syslog, migrate_pages, move_pages
    ),
    "aarch64": (
        221, 281, 117, 270, 271, 272, 440, 40, 39, 41, 428, 429, 430, 431, 432, 433, 442, 97, 268, 217, 218, 219,
        280, 241, 282, 279, 447, 425, 426, 427, 104, 294, 105, 106, 273, 142, 224, 225, 89, 60, 92, 51, 194, 186, 190,
        0, 26, 262, 264, 265, 18, 180, 116, 238, 239,
    ),
}  # fmt: skip
MISSING = (435,)  # clone3: answered with "no such call", so that the C library falls back on clone
NEWEST = 463  # the first call that this list does not know; x86-64's other numbering (x32) lies above too

_libc = ctypes.CDLL(None, use_errno=True)


def _must(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def new_namespaces() -> None:
    """Move this process to its own namespaces for mounts, IPC and the network, and its next child to one for processes.

    Two submissions that share a network could communicate, and one could leave ports in use for the next.
    """
    flags = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWPID
    _must(_libc.unshare(flags), "unshare")


def own_user() -> None:
    """Go into a user namespace of its own where the system allows it: limits per user then count this process alone."""
    _libc.unshare(CLONE_NEWUSER)


def own_nowhere() -> None:
    """Open /dev/null again as 0, 1 and 2: flags and locks of an inherited descriptor would outlive this process."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def own_scratch(path: str = "/scratch") -> None:
    """Lay an empty folder in memory over `path`, which no other process sees."""
    options = f"size={SCRATCH_BYTES},nr_inodes=4096,mode=0700".encode()
    flags = MS_NOSUID | MS_NODEV
    _must(_libc.mount(b"tmpfs", path.encode(), b"tmpfs", flags, options), f"mount {path}")


def hide(files: Iterable[str]) -> None:
    """Mount the empty device over each of these files, for this process only."""
    for path in files:
        _must(_libc.mount(os.devnull.encode(), path.encode(), None, MS_BIND, None), f"hide {path}")


def hold_devices() -> None:
    """Make the mounts of the device files read-only: where root grades, a submission could change the host's modes."""
    for name in DEVICES:
        path = f"/dev/{name}"
        if os.path.exists(path):
            now = os.statvfs(path).f_flag
            flags = sum(mount for seen, mount in MS_KEPT.items() if now & seen)
            wanted = MS_REMOUNT | MS_BIND | MS_RDONLY | flags
            _must(_libc.mount(None, path.encode(), None, wanted, None), f"hold {path}")


def limit(*, memory: int, seconds: float) -> None:
    """Limit address space (bytes), processor time, file size, open files, processes; no core dumps."""
    whole = int(seconds) + 1
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, 8 * whole),  # several threads may run; the clock on the wall is watched outside
        (resource.RLIMIT_FSIZE, SCRATCH_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
        (getattr(resource, "RLIMIT_NPROC", None), PROCESSES),
        (getattr(resource, "RLIMIT_MSGQUEUE", None), 0),
        (getattr(resource, "RLIMIT_MEMLOCK", None), 2**20),
        (getattr(resource, "RLIMIT_SIGPENDING", None), SIGNALS),
    ):
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def close_all_but(kept: Iterable[int]) -> None:
    """Close every file descriptor above 2 that is not in `kept`."""
    last = 2
    for descriptor in sorted(kept):
        os.closerange(last + 1, descriptor)
        last = max(last, descriptor)
    os.closerange(last + 1, 65536)


def drop_capabilities() -> None:
    """Give up every capability for good, and any way to gain one by running a program."""
    for capability in range(LAST_CAP + 1):
        _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails beyond the last one that the kernel knows
    _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    _must(_libc.capset(header, b"\0" * 24), "capset")
    _must(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    # A crash must not start the host's handler of core dumps, which a limit of 0 does not keep from running.
    _must(_libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "not dumpable")


def _instruction(code: int, yes: int, no: int, value: int) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def seccomp_program(machine: str) -> bytes:
    """Return the filter: no new process (threads may start), no program, no mount, no look at others, no network.

    KeyError for a processor that is not known.
    """
    load, equal, least, mask, give = 0x20, 0x15, 0x35, 0x54, 0x06  # BPF: LD, JEQ, JGE, AND, RET
    architecture, clone, refused = ARCHITECTURES[machine], CLONE[machine], REFUSED[machine]
    program = [
        _instruction(load, 0, 0, 4),  # the architecture
        _instruction(equal, 1, 0, architecture),
        _instruction(give, 0, 0, KILL),
        _instruction(load, 0, 0, 0),  # the call's number
        _instruction(least, 0, 1, NEWEST),
        _instruction(give, 0, 0, ERRNO | ENOSYS),
    ]
    for number in (*MISSING, FLOCK[machine]):
        program += [_instruction(equal, 0, 1, number), _instruction(give, 0, 0, ERRNO | ENOSYS)]
    for number in refused:
        program += [_instruction(equal, 0, 1, number), _instruction(give, 0, 0, ERRNO | EPERM)]
    for call in (SOCKET[machine], SOCKETPAIR[machine]):
        program += _first_argument(call, AF_UNIX, ALLOW, ERRNO | EAFNOSUPPORT)
    for command in FILE_LOCKS:
        program += _second_argument(FCNTL[machine], command, ERRNO | ENOSYS)
    program += _first_argument(PRCTL[machine], PR_SET_DUMPABLE, ERRNO | EPERM, ALLOW)
    program += [
        _instruction(equal, 1, 0, clone),
        _instruction(give, 0, 0, ALLOW),
        _instruction(load, 0, 0, 16),  # clone's flags: the lower half of the first argument
        _instruction(mask, 0, 0, CLONE_THREAD),
        _instruction(equal, 1, 0, CLONE_THREAD),
        _instruction(give, 0, 0, ERRNO | EPERM),
        _instruction(give, 0, 0, ALLOW),
    ]
    return b"".join(program)


def _first_argument(call: int, value: int, yes: int, no: int) -> list[bytes]:
    """Return instructions: answer `call` with `yes` if the lower half of its first argument is `value`, else `no`."""
    load, equal, give = 0x20, 0x15, 0x06
    return [
        _instruction(equal, 0, 4, call),
        _instruction(load, 0, 0, 16),
        _instruction(equal, 0, 1, value),
        _instruction(give, 0, 0, yes),
        _instruction(give, 0, 0, no),
    ]


def _second_argument(call: int, value: int, yes: int) -> list[bytes]:
    """Return instructions: answer `call` with `yes` if the lower half of its second argument is `value`; else go on."""
    load, equal, give = 0x20, 0x15, 0x06
    return [
        _instruction(equal, 0, 4, call),
        _instruction(load, 0, 0, 24),
        _instruction(equal, 0, 1, value),
        _instruction(give, 0, 0, yes),
        _instruction(load, 0, 0, 0),  # the call's number again
    ]


def filter_system_calls() -> bool:
    """Install the filter for this process and all its threads; return False where this processor is not known."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        return False
    program = seccomp_program(machine)
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    wanted = Program(len(program) // 8, ctypes.addressof(buffer))
    _must(_libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(wanted), 0, 0), "seccomp")
    return True
