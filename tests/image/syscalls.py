"""Usage: syscalls.py allow|deny LIST PROGRAM... Starts a program under a filter of system calls, by libseccomp.

LIST holds names, separated by commas; all others get EPERM (allow), or these do (deny).
"""

import ctypes
import os
import sys

_ALLOW = 0x7FFF0000
_EPERM = 0x00050001
_PR_SET_NO_NEW_PRIVS = 38


def main(mode: str, names: str, *command: str) -> None:
    """Load the filter into this process, then become the program."""
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    listed, others = (_ALLOW, _EPERM) if mode == "allow" else (_EPERM, _ALLOW)
    context = ctypes.c_void_p(library.seccomp_init(others))
    for name in names.split(","):
        number = library.seccomp_syscall_resolve_name(name.encode())
        # Names of other processors are not known here.
        if number >= 0:
            assert library.seccomp_rule_add(context, ctypes.c_uint32(listed), number, 0) == 0, name
    assert ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert library.seccomp_load(context) == 0
    os.execvp(command[0], command)  # noqa: S606  (an argument list, no shell)


if __name__ == "__main__":
    main(*sys.argv[1:])
