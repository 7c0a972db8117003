"""
Runs a command in a terminal of its own and answers what it asks, as a person at a keyboard does.

    answer_in_terminal.py '[["What is it?", "\\r"]]' command argument ...

Each answer is typed when its question has been shown. Prints what the terminal showed, and ends with the exit
code of the command; with 1 where the command ended before it asked everything.
"""

import fcntl
import json
import os
import pty
import struct
import sys
import termios

ROWS, COLUMNS = 40, 100


def main(answers: list[list[str]], command: list[str]) -> int:
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    unread = b""
    while piece := read(terminal):
        sys.stdout.buffer.write(piece)
        unread += piece
        if answers and answers[0][0].encode() in unread:
            os.write(terminal, answers.pop(0)[1].encode())
            unread = b""
    sys.stdout.flush()
    _, status = os.waitpid(child, 0)
    for question, _ in answers:
        print(f"\nnever asked: {question}")
    return os.waitstatus_to_exitcode(status) or (1 if answers else 0)


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        # Linux says so when nobody has the other end any more.
        return b""


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
