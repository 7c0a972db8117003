"""Runs a command that must not outlive the process that asked for it.

The variable LOADWRIGHT_LIFELINE_FD names the end of a pipe that the asking process holds open. When that
process ends, however it ends, the system closes the pipe, and this process kills its process group: itself,
the command and its children.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading


def kill_group_at_end_of(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(descriptor, 1):
            pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    lifeline = int(os.environ["LOADWRIGHT_LIFELINE_FD"])
    threading.Thread(target=kill_group_at_end_of, args=(lifeline,), daemon=True).start()
    sys.exit(subprocess.call(sys.argv[1:]))
