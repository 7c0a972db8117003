"""Where the lines of a file begin that may be far larger than memory."""

import os
from array import array
from bisect import bisect_right
from pathlib import Path

from .errors import SetupError
from .set_up import Progress, no_progress

# One entry of 16 bytes for about so many bytes of the file: 3 % of it, however short its lines are.
_BYTES_AN_ENTRY = 512
_BYTES_BETWEEN_LOOKS = 256 * 1024
_BYTES_A_READ = 4096


class LineIndex:
    """The lines of a file that are not blank, by number from 0."""

    def __init__(self, path: Path, progress: Progress = no_progress):
        """:param progress: called now and then with how much of the file is read"""
        self._starts = array("Q")
        self._numbers = array("Q")
        """Of the line at each start."""
        self._count = 0
        try:
            # Read, not mapped: pages of a map would all count as memory of this process.
            self._descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            raise SetupError(f"{path} does not exist: a bundle is a whole folder, copy all of it.") from None
        try:
            self._read(path, progress)
        except BaseException:
            os.close(self._descriptor)
            raise

    def __len__(self) -> int:
        return self._count

    def line(self, number: int) -> bytes:
        """Without its line break."""
        entry = bisect_right(self._numbers, number) - 1
        start, left = self._starts[entry], number - self._numbers[entry]
        block, at = os.pread(self._descriptor, _BYTES_A_READ, start), 0
        while True:
            end = block.find(b"\n", at)
            if end < 0:
                # As much again as there is, so that the longest line is read in few steps.
                more = os.pread(self._descriptor, len(block), start + len(block))
                if more:
                    block += more
                    continue
                end = len(block)
                if at > end:
                    raise EOFError("the file has become shorter")
            line, at = block[at:end], end + 1
            if line and not line.isspace():
                if not left:
                    return line.rstrip()
                left -= 1

    def close(self) -> None:
        os.close(self._descriptor)

    def _read(self, path: Path, progress: Progress) -> None:
        count = position = next_entry = next_look = 0
        size = path.stat().st_size or 1
        add_start, add_number = self._starts.append, self._numbers.append
        with path.open("rb") as file:
            for line in file:
                if not line.isspace():
                    if position >= next_entry:
                        add_start(position)
                        add_number(count)
                        next_entry = position + _BYTES_AN_ENTRY
                    count += 1
                position += len(line)
                if position >= next_look:
                    next_look = position + _BYTES_BETWEEN_LOOKS
                    progress("reading the payloads", position / size)
        self._count = count
