"""DynamoDB on a bad day: a proxy of HTTP before the engine, whose faults a schedule draws.

Knows requests and answers, nothing of what they say, save which ask for records of the stream: that one may lag. PyPI
microburst plays errors well, but holds no request back to deliver it late, and follows no seed: so this is our own.
"""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FATES = {
    "dropped": 3,  # the request is lost
    "lost": 3,  # the answer is
    "doubled": 3,  # the request arrives twice; the second answer is told
    "held": 2,  # the request arrives when nobody waits for its answer any more
    "throttled": 4,
    "failed": 2,  # it was done, and an error is told
    "slow": 2,
}
SLOW = 0.01  # seconds
ERROR = {
    "throttled": (400, "com.amazonaws.dynamodb.v20120810#ThrottlingException"),
    "failed": (500, "com.amazon.coral.service#InternalServerError"),
}
Request = tuple[dict[str, str], bytes]
Answer = tuple[int, bytes]


class BadService(ThreadingHTTPServer):
    """The proxy to the engine's port. badness: the share of requests with a fault; lagging: no records are told."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, chance: random.Random) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.beyond = port
        self.badness = 0.0
        self.lagging = False
        self.happened = Counter[str]()
        self._chance = chance
        self._held: list[Request] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def release(self) -> None:
        """Deliver what is held back; nobody hears the answers."""
        held, self._held = self._held, []
        self._chance.shuffle(held)
        connection = HTTPConnection("127.0.0.1", self.beyond)
        for request in held:
            _pass_on(connection, request)
        connection.close()

    def answer(self, request: Request, ask: Callable[[Request], Answer]) -> Answer | None:
        """The answer to a request; None if the connection breaks instead."""
        operation = request[0].get("X-Amz-Target", "").rpartition(".")[2]
        if operation == "GetRecords" and self.lagging:
            return 200, _no_records(request[1])
        fate = self._fate()
        self.happened[fate] += fate != "fine"
        if fate == "held":
            self._held.append(request)
        if fate in ("held", "dropped"):
            return None
        if fate == "throttled":
            return _error(fate)
        if fate == "slow":
            time.sleep(SLOW)
        if fate == "doubled":
            ask(request)
        told = ask(request)
        return _error(fate) if fate == "failed" else None if fate == "lost" else told

    def _fate(self) -> str:
        if self._chance.random() >= self.badness:
            return "fine"
        return self._chance.choices(list(FATES), list(FATES.values()))[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        self._beyond = HTTPConnection("127.0.0.1", self.server.beyond)
        with suppress(OSError):  # the client left
            super().handle()
        self._beyond.close()

    def do_POST(self) -> None:
        request = dict(self.headers.items()), self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.answer(request, lambda request: _pass_on(self._beyond, request))
        if answer is None:
            self.close_connection = True
            return
        status, body = answer
        head = f"HTTP/1.1 {status} .\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def _pass_on(connection: HTTPConnection, request: Request) -> Answer:
    headers, body = request
    try:
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except HTTPException:  # the engine closed an idle connection
        connection.close()
        return _pass_on(connection, request)


def _no_records(body: bytes) -> bytes:
    """What a stream answers that has nothing new yet: ask again from the same place."""
    return json.dumps({"Records": [], "NextShardIterator": json.loads(body)["ShardIterator"]}).encode()


def _error(fate: str) -> Answer:
    status, name = ERROR[fate]
    return status, json.dumps({"__type": name, "message": "a bad day"}).encode()


@contextmanager
def bad_service(port: int, chance: random.Random) -> Iterator[BadService]:
    """A running one."""
    with BadService(port, chance) as service:
        threading.Thread(target=service.serve_forever, args=(0.02,), daemon=True).start()
        yield service
        service.shutdown()
