"""Voters for bench/votes.py: many keep-alive connections from processes of this machine, loopback only.

One request in flight on each connection; every answer must be 201. Raw sockets and a selector, since the clients share
the two cores with what is measured.
"""

import hashlib
import multiprocessing
import re
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

PROCESSES, CONNECTIONS = 2, 16  # 32 at once, as many as the server has threads
LENGTH = re.compile(rb"(?i)content-length: *([0-9]+)")
HEAD = (
    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    "Origin: http://127.0.0.1:{port}\r\nX-Real-IP: {address}\r\nContent-Length: {length}\r\n\r\n{body}"
)


@dataclass(frozen=True)
class Crowd:
    """What a crowd did. votes: answered 201. seconds: from first to last. waits: of each vote, in seconds."""

    votes: int
    seconds: float
    waits: list[float]


class RefusedVoteError(Exception):
    """An answer that is not 201; its text is the message."""


def vote(port: int, path: str, first: int, votes: int) -> Crowd:
    """Cast so many votes, each with a number of its own from ``first``, and wait for all answers."""
    each = votes // PROCESSES
    parts = [(port, path, first + number * each, each) for number in range(PROCESSES)]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pool.map(_nothing, range(PROCESSES))  # started before the clock is
        start = time.perf_counter()
        waits = [wait for part in pool.starmap(_crowd, parts, 1) for wait in part]
        return Crowd(len(waits), time.perf_counter() - start, waits)


def _nothing(_: int) -> None:
    time.sleep(0.2)


class Voter:
    """One connection, which casts vote after vote as long as there are numbers."""

    def __init__(self, port: int, path: str, numbers: Iterator[int]) -> None:
        self.waits: list[float] = []
        self._port, self._path, self._numbers = port, path, numbers
        self._sent, self._heard = 0.0, b""
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self) -> bool:
        """Send the next vote; False if there is none left."""
        number = next(self._numbers, None)
        if number is None:
            return False
        asked = request(self._port, self._path, number)
        self._heard, self._sent = b"", time.perf_counter()
        self.connection.sendall(asked)
        return True

    def hear(self) -> bool:
        """Take what came; whether the answer is whole."""
        more = self.connection.recv(65536)
        self._heard += more
        head, end, body = self._heard.partition(b"\r\n\r\n")
        if not more or (end and not head.startswith(b"HTTP/1.1 201")):
            raise RefusedVoteError(self._heard.decode(errors="replace")[:500])
        length = LENGTH.search(head)
        if not end or len(body) < (int(length[1]) if length else 0):
            return False
        self.waits.append(time.perf_counter() - self._sent)
        return True


def _crowd(port: int, path: str, first: int, votes: int) -> list[float]:
    """One process with many connections."""
    numbers = iter(range(first, first + votes))
    voters = [Voter(port, path, numbers) for _ in range(CONNECTIONS)]
    with selectors.DefaultSelector() as ready:
        for voter in voters:
            ready.register(voter.connection, selectors.EVENT_READ, voter)
            voter.ask()
        while ready.get_map():
            for key, _ in ready.select(30):
                if key.data.hear() and not key.data.ask():
                    ready.unregister(key.fileobj)
                    key.data.connection.close()
    return [wait for voter in voters for wait in voter.waits]


def request(port: int, path: str, number: int) -> bytes:
    """The vote of the voter of this number, from an address of its own."""
    h = hashlib.sha256(str(number).encode()).hexdigest()[:32]
    body = f'{{"cases":["c{number % 50:02}"],"h":"{h}"}}'
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return HEAD.format(path=path, port=port, address=address, length=len(body), body=body).encode()
