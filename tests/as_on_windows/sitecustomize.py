"""Hides from the package what Windows does not have.

Python imports a module of this name when it starts, from the first folder of PYTHONPATH
that has one: so workers do as well. Only the package is shown less. The libraries that
it uses have code of their own for Windows, which cannot run elsewhere.
"""

import builtins
import types

PACKAGE = "sklearn_automl"
MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios"}
NAMES = {
    "os": """
        O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK WNOHANG chown chroot confstr fchmod
        fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getpgrp
        getpriority getsid getuid initgroups killpg lchown mkfifo mknod nice openpty
        posix_spawn pread pwrite register_at_fork sched_getaffinity sched_yield setgid
        setpgid setpgrp setpriority setsid setuid statvfs sync sysconf uname wait wait3
        wait4 waitid
    """,
    "signal": """
        SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1
        SIGUSR2 alarm getitimer pause pthread_kill pthread_sigmask setitimer
        siginterrupt sigpending sigtimedwait sigwait
    """,
}

import_anything = builtins.__import__
shown: dict[str, types.ModuleType] = {}


def import_as_on_windows(name, globals=None, locals=None, fromlist=(), level=0):
    who = (globals or {}).get("__name__") or ""
    if who.partition(".")[0] == PACKAGE:
        if name.partition(".")[0] in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name in NAMES:
            return shown.setdefault(name, without(name))
    return import_anything(name, globals, locals, fromlist, level)


def without(name):
    """Return a module of that name that lacks what Windows lacks."""
    module, missing = import_anything(name), NAMES[name].split()
    copy = types.ModuleType(name)
    copy.__dict__.update(
        {key: value for key, value in vars(module).items() if key not in missing}
    )
    return copy


builtins.__import__ = import_as_on_windows
