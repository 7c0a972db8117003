import os
import signal
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("run_with_lifeline.py")


def start(command):
    """The script, leading a process group, with a lifeline that this process holds."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *command],
        env={**os.environ, "LOADWRIGHT_LIFELINE_FD": str(reading)},
        pass_fds=[reading],
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    os.close(reading)
    return process, writing


def test_the_exit_code_is_the_commands():
    process, lifeline = start([sys.executable, "-c", "raise SystemExit(7)"])
    try:
        process.communicate(timeout=20)
        assert process.returncode == 7
    finally:
        os.close(lifeline)


def test_the_command_and_its_children_end_with_the_lifeline():
    process, lifeline = start(["sh", "-c", "sleep 600 & echo started; wait"])
    assert process.stdout.readline() == "started\n"
    os.close(lifeline)
    # The output ends when the last process of the group that holds it has ended.
    assert process.stdout.read() == ""
    assert process.wait(timeout=20) == -signal.SIGKILL
