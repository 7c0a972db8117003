"""
How long a server on loopback takes by the kernel's clock: from the packet that brings a request to the last
one of its answer, as the kernel stamps them when they reach a socket. Neither process has a part in that,
nor has the scheduler, for whom both wait.

The packets lie in a ring that the kernel fills and that is read at the end: watching takes no time of the
cores. Needs CAP_NET_RAW.

    loopback_times.py PORT FILE REQUESTS EPOCH

There is room for so many requests. Prints ``ready``. On SIGTERM it writes a JSON list to the file and ends:
for each answer the client's port, when its request came, and when the answer came, in nanoseconds since the
Unix time EPOCH.
"""

import ctypes
import json
import mmap
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

# linux/if_packet.h, linux/if_ether.h and asm/socket.h
_SOL_PACKET, _PACKET_RX_RING, _PACKET_VERSION, _TPACKET_V2 = 263, 5, 10, 1
_PACKET_STATISTICS, _ETH_P_IP, _PACKET_HOST = 6, 0x0800, 0
_SO_ATTACH_FILTER = 26
_STATUS_USER = 1

# A head of TPACKET_V2 with its address takes 52 bytes; then come those of Ethernet, IP, TCP: at most 134.
_FRAME_BYTES = 256
_BLOCK_BYTES = 1 << 20
_HEAD = struct.Struct("=IIIHHII")
_ETHERNET_BYTES = 14


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def _packet_filter(port: int) -> bytes:
    """Of TCP over IPv4, from or to the port, on the way in, with data: the first 134 bytes."""
    load_half, load_byte, load_word = 0x28, 0x30, 0x20
    equal, greater, subtract, subtract_x, and_, shift_right = 0x15, 0x25, 0x14, 0x1C, 0x54, 0x74
    to_x, leave = 0x07, 0x06
    packet_type = 0xFFFFF000 + 4
    program = [
        (load_word, 0, 0, packet_type),
        (equal, 0, 17, _PACKET_HOST),
        (load_half, 0, 0, 12),
        (equal, 0, 15, _ETH_P_IP),
        (load_byte, 0, 0, 23),
        (equal, 0, 13, socket.IPPROTO_TCP),
        (load_half, 0, 0, 34),
        (equal, 2, 0, port),
        (load_half, 0, 0, 36),
        (equal, 0, 9, port),
        # Bytes of data: the length of IP without the heads of IP (20 bytes on loopback) and of TCP.
        (load_byte, 0, 0, 46),
        (and_, 0, 0, 0xF0),
        (shift_right, 0, 0, 2),
        (to_x, 0, 0, 0),
        (load_half, 0, 0, 16),
        (subtract, 0, 0, 20),
        (subtract_x, 0, 0, 0),
        (greater, 0, 1, 0),
        (leave, 0, 0, 134),
        (leave, 0, 0, 0),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


class Ring:
    """The packets of a port on loopback."""

    def __init__(self, port: int, packets: int):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        program = _packet_filter(port)
        attached = _Program(len(program) // 8, program)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, bytes(attached))
        self._socket.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V2)
        blocks = max(1, packets * _FRAME_BYTES // _BLOCK_BYTES + 1)
        self._frames = blocks * (_BLOCK_BYTES // _FRAME_BYTES)
        request = struct.pack("=IIII", _BLOCK_BYTES, blocks, _FRAME_BYTES, self._frames)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_RX_RING, request)
        self._memory = mmap.mmap(self._socket.fileno(), blocks * _BLOCK_BYTES)
        # From here on: bound before, it would have taken packets without the filter.
        self._socket.bind(("lo", _ETH_P_IP))

    def lost(self) -> int:
        """Packets for which there was no room."""
        packed = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        return struct.unpack("=II", packed)[1]

    def packets(self) -> Iterator[tuple[int, bytes]]:
        """The time of each in nanoseconds, and its bytes from the head of IP on."""
        for index in range(self._frames):
            start = index * _FRAME_BYTES
            status, _, kept, offset, _, seconds, nanoseconds = _HEAD.unpack_from(self._memory, start)
            if not status & _STATUS_USER:
                return
            first = start + offset + _ETHERNET_BYTES
            yield seconds * 1_000_000_000 + nanoseconds, self._memory[first : start + offset + kept]


def answers(packets: Iterator[tuple[int, bytes]], port: int) -> list[tuple[int, int, int]]:
    """For each answer: the client's port, when the request's first packet came, when the answer's last."""
    rows: list[tuple[int, int, int]] = []
    asked: dict[int, int] = {}
    answered: dict[int, int] = {}

    def end(client: int) -> None:
        if client in answered:
            rows.append((client, asked.pop(client), answered.pop(client)))

    for time, packet in packets:
        source, destination = struct.unpack_from("!HH", packet, 20)
        if destination == port:
            end(source)
            asked.setdefault(source, time)
        elif destination in asked:
            answered[destination] = time
    for client in list(answered):
        end(client)
    return rows


def main() -> None:
    port, file, requests, epoch = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    ring = Ring(port, requests * 2)
    print("ready", flush=True)
    signal.sigwait([signal.SIGTERM])
    if ring.lost():
        sys.exit(f"there was no room for {ring.lost()} packets")
    second = 1_000_000_000
    rows = answers(ring.packets(), port)
    begin = epoch * second
    file.write_text(
        json.dumps([(client, asked - begin, answered - begin) for client, asked, answered in rows])
    )


if __name__ == "__main__":
    main()
