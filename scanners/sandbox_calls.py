"""The numbers of the system calls that the seccomp filter judges, for x86-64 and 64-bit ARM.

Data only. A call that one of the machines does not have is a dash.
"""

from dataclasses import dataclass
from typing import Final

# name, number on x86-64, number on 64-bit ARM
TABLE: Final = """
# Talking to anything: no socket is ever made here, and an inherited one may only carry bytes.
socket 41 198; connect 42 203; bind 49 200; listen 50 201; accept 43 202; accept4 288 242;
# Looking into or steering another process.
ptrace 101 117; process_vm_readv 310 270; process_vm_writev 311 271; kcmp 312 272; pidfd_open 434 434;
pidfd_getfd 438 438; pidfd_send_signal 424 424; process_madvise 440 440; process_mrelease 448 448;
tkill 200 130; rt_sigqueueinfo 129 138; rt_tgsigqueueinfo 297 240; migrate_pages 256 238; move_pages 279 239;
# Other views of the file system.
mount 165 40; umount2 166 39; pivot_root 155 41; chroot 161 51; open_tree 428 428; move_mount 429 429;
fsopen 430 430; fsconfig 431 431; fsmount 432 432; fspick 433 433; mount_setattr 442 442; statmount 457 457;
listmount 458 458; open_by_handle_at 304 265; name_to_handle_at 303 264; lookup_dcookie 212 18;
fanotify_init 300 262; inotify_init 253 -; inotify_init1 294 26; inotify_add_watch 254 27; quotactl 179 60;
quotactl_fd 443 443; uselib 134 -; ustat 136 -; nfsservctl 180 42; mknod 133 -; mknodat 259 33;
# Other namespaces, identities and sessions; staying in the one process group is what makes its end certain.
unshare 272 97; setns 308 268; setuid 105 146; setgid 106 144; setreuid 113 145; setregid 114 143;
setresuid 117 147; setresgid 119 149; setfsuid 122 151; setfsgid 123 152; setgroups 116 159; capset 126 91;
setsid 112 157; setpgid 109 154; personality 135 92;
# Wide or young parts of the kernel, where its own faults are found.
bpf 321 280; perf_event_open 298 241; userfaultfd 323 282; memfd_create 319 279; memfd_secret 447 447;
add_key 248 217; request_key 249 218; keyctl 250 219; iopl 172 -; ioperm 173 -; modify_ldt 154 -;
set_mempolicy_home_node 450 450; lsm_get_self_attr 459 459; lsm_set_self_attr 460 460;
lsm_list_modules 461 461; msgget 68 186; semget 64 190; shmget 29 194; shmat 30 196; mq_open 240 180;
# The machine itself.
kexec_load 246 104; kexec_file_load 320 294; create_module 174 -; get_kernel_syms 177 -; query_module 178 -;
init_module 175 105; finit_module 313 273; delete_module 176 106; reboot 169 142; swapon 167 224;
swapoff 168 225; acct 163 89; syslog 103 116; vhangup 153 58; sethostname 170 161; setdomainname 171 162;
settimeofday 164 170; clock_settime 227 112; clock_adjtime 305 266; adjtimex 159 171; _sysctl 156 -;
# What Landlock does not see: modes, owners, times and attributes of files under any path.
chmod 90 -; fchmodat 268 53; fchmodat2 452 452; chown 92 -; lchown 94 -; fchownat 260 54; utime 132 -;
utimes 235 -; futimesat 261 -; utimensat 280 88; setxattr 188 5; lsetxattr 189 6; fsetxattr 190 7;
removexattr 197 14; lremovexattr 198 15; fremovexattr 199 16;
"""
# What starts a program or another process: fork, vfork, execve, execveat.
STARTING: Final = "fork 57 -; vfork 58 -; execve 59 221; execveat 322 281;"
# Answered as missing, so that whoever calls falls back: clone3 hides its flags from a filter, and so do the io_uring.
MISSING: Final = (435, 425, 426, 427)
LAST_KNOWN: Final = 462  # mseal; from 424 on all machines count alike


@dataclass(frozen=True, slots=True)
class Calls:
    """One machine's numbers."""

    audit_machine: int
    seccomp: int
    socketpair: int
    clone: int
    prlimit: int
    signalling: tuple[int, ...]
    starting: tuple[int, ...]
    refused: tuple[int, ...]


def read_table(text: str, *, column: int) -> tuple[int, ...]:
    """Return the numbers of one machine."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = [row.split() for row in " ".join(lines).split(";") if row.strip()]
    return tuple(int(row[column]) for row in rows if row[column] != "-")


CALLS: Final = {
    "x86_64": Calls(
        audit_machine=0xC000003E,
        seccomp=317,
        socketpair=53,
        clone=56,
        prlimit=302,
        signalling=(62, 234),
        starting=read_table(STARTING, column=1),
        refused=read_table(TABLE, column=1),
    ),
    "aarch64": Calls(
        audit_machine=0xC00000B7,
        seccomp=277,
        socketpair=199,
        clone=220,
        prlimit=261,
        signalling=(129, 131),
        starting=read_table(STARTING, column=2),
        refused=read_table(TABLE, column=2),
    ),
}
