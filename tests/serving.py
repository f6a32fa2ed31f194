"""The single-machine server in a process of its own, with the poll of voters.py, for tests that speak HTTP to it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from chalicelib.store import SQLiteStore
from halls import wait_until
from voters import NOON, h_of, put

ROOT = Path(__file__).parent.parent
VOTES = "/api/editions/qd/votes"
START = """
import sys
from datetime import datetime
from pathlib import Path
from functions import serve
site, var, port, as_of = sys.argv[1:]
serve.run(Path(site), Path(var), int(port), datetime.fromisoformat(as_of))
"""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> dict[str, Any]:
        return json.loads(self.text)


class Hall:
    """A running server and what a test does to it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "one").mkdir()
        (folder / "one" / "index.html").write_text("home of one")
        (folder / "site").symlink_to("one")
        self.store = SQLiteStore(folder / "var" / "votes.sqlite")
        put(self.store)

    def start(self, as_of=NOON, **settings: str) -> "Hall":
        command = [
            sys.executable,
            "-c",
            START,
            *map(str, (self.folder / "site", self.folder / "var", self.port, as_of)),
        ]
        path = f"{ROOT}{os.pathsep}{ROOT / 'functions'}"
        environ = {**os.environ, "PYTHONPATH": path, **settings}
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(command, env=environ, stdout=output, stderr=output, start_new_session=True)
        wait_until(self.answers)
        return self

    def answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "output").read_text()
        try:
            return self.get("/").status == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, body: bytes | None = None, voter: int = 1, **headers: str) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(f"127.0.0.{voter}", 0))
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def vote(self, case: str = "c1", word: str = "a", voter: int = 1, **headers: str) -> Answer:
        body = json.dumps({"cases": [case], "h": h_of(word)}).encode()
        return self.ask("POST", VOTES, body, voter, **{"Content_Type": "application/json", **headers})

    def counts(self) -> dict[str, int]:
        answer = self.get("/qd/tally.json")
        return answer.json().get("counts", {}) if answer.status == 200 else {}  # nothing is published yet

    def kill(self, *, group: bool = True) -> None:
        if self.process and self.process.poll() is None:
            (os.killpg if group else os.kill)(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(10)
