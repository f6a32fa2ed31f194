"""A line to a server of this machine that drops and delays: a proxy of TCP whose faults a seed draws.

Knows bytes only. A connection may end before a request is passed on, after it was (its answer is lost), or wait.
"""

import random
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

DROPS, DELAYS = 0.05, 0.1  # of what passes, each way
DELAY = 0.05  # seconds


class BadLine(socketserver.ThreadingTCPServer):
    """The proxy to a port of this machine. dropped: how often it dropped a connection, by which way bytes went."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.beyond = port
        self.draw = random.Random(seed)
        self.dropped = {"request": 0, "answer": 0}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def drops(self, way: str) -> bool:
        """Wait or not, then whether the connection ends here."""
        if self.draw.random() < DELAYS:
            time.sleep(DELAY)
        dropped = self.draw.random() < DROPS
        self.dropped[way] += dropped
        return dropped


class _Connection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.beyond)) as beyond:
            back = threading.Thread(target=self._pass, args=(beyond, self.request, "answer"), daemon=True)
            back.start()
            self._pass(self.request, beyond, "request")
            back.join()

    def _pass(self, source: socket.socket, target: socket.socket, way: str) -> None:
        with suppress(OSError):  # the other way ended the connection
            while (data := source.recv(65536)) and not self.server.drops(way):
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):  # it had ended
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def bad_line(port: int, seed: int = 0) -> Iterator[BadLine]:
    """A running one."""
    with BadLine(port, seed) as line:
        threading.Thread(target=line.serve_forever, args=(0.05,), daemon=True).start()
        yield line
        line.shutdown()
