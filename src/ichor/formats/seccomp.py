"""Policies: what each kind of process of ours may ask of the kernel.

`network-daemon` (apid, trustd, registryd): serves sockets, reads and writes its own files, makes
threads. It can never start a program, become another, look into one, or load code the kernel runs:
those end it at once. All else that we know fails with EPERM, what we do not know with ENOSYS.

`helper` (signer): the same, and it opens no socket: it has the one it answers on.

`dashboard`: the same as a network daemon, and it sets its terminal and asks how large it is.
"""

from ichor.formats.bpf import ALLOW, KILL, Masked, Policy, Rule, errno

EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97

_NEVER = """
execve execveat ptrace process_vm_readv process_vm_writev bpf perf_event_open userfaultfd
io_uring_setup io_uring_enter io_uring_register init_module finit_module delete_module kexec_load
kexec_file_load reboot mount umount2 pivot_root chroot move_mount open_tree fsopen fsmount fsconfig
fspick mount_setattr setns unshare iopl ioperm modify_ldt open_by_handle_at
keyctl add_key request_key swapon swapoff
"""

_PLAIN = """
accept accept4 access alarm arch_prctl bind brk capget chdir clock_getres clock_gettime
clock_nanosleep close close_range connect copy_file_range dup dup2 dup3 epoll_create epoll_create1
epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 exit exit_group faccessat faccessat2
fadvise64 fallocate fchdir fchmod fchmodat fcntl fdatasync flock fstat fstatfs fsync ftruncate futex
futex_waitv futex_wake futex_wait futex_requeue get_robust_list getcpu getcwd getdents64 getegid
geteuid getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom
getresgid getresuid getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid
getxattr inotify_add_watch inotify_init1 inotify_rm_watch lgetxattr linkat listen lseek lstat
madvise membarrier memfd_create mincore mkdir mkdirat mlock mremap msync munlock munmap nanosleep
newfstatat open openat openat2 pause pipe pipe2 poll ppoll prctl pread64 preadv preadv2 prlimit64
pselect6 pwrite64 pwritev pwritev2 read readlink readlinkat readv recvfrom recvmmsg recvmsg rename
renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask
rt_sigreturn rt_sigsuspend rt_sigtimedwait sched_get_priority_max sched_get_priority_min
sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_yield select sendfile
sendmmsg sendmsg sendto set_robust_list set_tid_address setitimer setsockopt shutdown sigaltstack
signalfd4 socketpair splice stat statfs statx sysinfo tee tgkill time timer_create timer_delete
timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times
tkill truncate umask uname unlink unlinkat utimensat wait4 waitid write writev
"""

_ALL = (1 << 64) - 1
_INT = 0xFFFFFFFF
# include/uapi/linux/sched.h: a thread, and none of the namespaces.
_CLONE_THREAD = 0x00010000
_CLONE_NEW = 0x7E020000 | 0x00000080
# include/uapi/asm-generic/mman-common.h: memory that is writable and executable at once.
_WRITE_EXEC = 0x2 | 0x4
# The ioctls of a Python that serves sockets: FIONBIO, FIOCLEX, FIONCLEX, FIONREAD, TCGETS (isatty).
_IOCTLS = (0x5421, 0x5451, 0x5450, 0x541B, 0x5401)
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16

NETWORK_DAEMON = Policy(
    rules=(
        *(Rule(name, ALLOW) for name in _PLAIN.split()),
        *(Rule(name, KILL) for name in _NEVER.split()),
        Rule("clone", ALLOW, (Masked(0, _CLONE_THREAD | _CLONE_NEW, _CLONE_THREAD),)),
        # Its arguments are behind a pointer, where a filter cannot look: glibc falls back to clone.
        Rule("clone3", errno(ENOSYS)),
        Rule("mmap", errno(EPERM), (Masked(2, _WRITE_EXEC, _WRITE_EXEC),)),
        Rule("mmap", ALLOW),
        Rule("mprotect", errno(EPERM), (Masked(2, _WRITE_EXEC, _WRITE_EXEC),)),
        Rule("mprotect", ALLOW),
        *(Rule("ioctl", ALLOW, (Masked(1, _INT, each),)) for each in _IOCTLS),
        *(Rule("socket", ALLOW, (Masked(0, _INT, each),)) for each in (_UNIX, _INET, _INET6)),
        # getaddrinfo asks netlink for our addresses and does without when told so.
        Rule("socket", errno(EAFNOSUPPORT), (Masked(0, _INT, _NETLINK),)),
        # A process may signal itself only by tgkill (abort); 0 asks whether one lives.
        Rule("kill", ALLOW, (Masked(1, _ALL, 0),)),
    ),
    default=errno(EPERM),
)

_OF_SOCKETS = frozenset({"socket", "socketpair", "bind", "connect", "listen", "accept", "accept4"})
HELPER = Policy(
    rules=tuple(rule for rule in NETWORK_DAEMON.rules if rule.call not in _OF_SOCKETS),
    default=NETWORK_DAEMON.default,
)

# TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ; not TIOCSTI, which types for others.
_OF_TERMINALS = (0x5402, 0x5403, 0x5404, 0x5413)
DASHBOARD = Policy(
    rules=(
        *NETWORK_DAEMON.rules,
        *(Rule("ioctl", ALLOW, (Masked(1, _INT, each),)) for each in _OF_TERMINALS),
    ),
    default=NETWORK_DAEMON.default,
)

POLICIES = {"network-daemon": NETWORK_DAEMON, "helper": HELPER, "dashboard": DASHBOARD}
