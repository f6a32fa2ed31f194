"""The single-machine server killed again and again under load: every vote that anybody was told of is counted, once."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Self

import pytest
from chalicelib.objects import Folder
from chalicelib.store import SQLiteStore
from halls import Server, wait_until
from voters import h_of, put

from awards.model import Window
from desk.verifying import verify

KILLS, CONNECTIONS = 20, 8
VOTES = "/api/editions/qd/votes"


class Crowd:
    """Voters who send the same ballot until they are told of it, each from an address of its own.

    told: the receipts' ids. firsts: answers 201. unsure: ballots whose answer broke off.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.told: dict[str, str] = {}
        self.firsts = self.unsure = 0
        self.wrong: list[str] = []
        self._gate = threading.Lock()
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._vote, args=(number,)) for number in range(CONNECTIONS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in self._threads)

    def _vote(self, number: int) -> None:
        count = 0
        while not self._enough.is_set():
            count += 1
            self._until_told(f"127.{number + 1}.{count // 250}.{count % 250 + 1}", h_of(f"{number} {count}"))

    def _until_told(self, address: str, h: str) -> None:
        body = json.dumps({"cases": ["c1" if h < "8" else "c2"], "h": h})
        while True:
            try:
                status, answer = self._send(address, body)
            except ConnectionRefusedError:
                time.sleep(0.02)
            except (OSError, HTTPException):
                self.unsure += 1
            else:
                if status != 503:
                    return self._note(h, status, answer)

    def _send(self, address: str, body: str) -> tuple[int, dict]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10, source_address=(address, 0))
        try:
            connection.request("POST", VOTES, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def _note(self, h: str, status: int, answer: dict) -> None:
        with self._gate:
            self.firsts += status == 201
            if status in (200, 201):
                self.told[h] = answer["receipt"]["id"]
            else:
                self.wrong.append(f"{status} {answer}")


@pytest.fixture
def server(tmp_path: Path, free_port: int) -> Iterator[Server]:
    """The verb itself, over an empty hall."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("the hall")
    server = Server(tmp_path / "var", free_port, "--site", str(tmp_path / "site"))
    yield server
    if server.process.poll() is None:
        server.kill()


def test_killed_twenty_times_under_load_every_vote_is_counted_once(server, tmp_path: Path, free_port: int):
    draw, now = random.Random(7), datetime.now(UTC)
    store = SQLiteStore(tmp_path / "var" / "votes.sqlite")
    put(store, per="edition", window=Window(now - timedelta(hours=1), now + timedelta(days=9)))
    with Crowd(free_port) as crowd:
        for _ in range(KILLS):
            before = len(crowd.told)
            wait_until(lambda before=before: len(crowd.told) > before)
            time.sleep(draw.uniform(0, 0.3))
            server.kill()
            server.start()
    assert (crowd.wrong, crowd.firsts > 20 * KILLS, crowd.unsure > KILLS) == ([], True, True)
    stored = {vote.h: vote.id for vote in store.sweep("qd")}
    assert stored == crowd.told
    counts = Counter("c1" if h < "8" else "c2" for h in stored)
    tally = tmp_path / "var" / "public" / "qd" / "tally.json"
    wait_until(lambda: json.loads(tally.read_text())["counts"] == counts)
    server.stop()
    assert len(list(store.sweep("qd"))) == len(stored)
    assert verify(Folder(tmp_path / "var" / "public"), "qd").differences == []
    store.close()
