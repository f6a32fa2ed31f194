"""AWS on this machine, one for the whole run: MiniStack, on the loopback alone.

Knows how it is started and stopped, and how a test reaches what is deployed there: by the names that AWS gives things,
which no name server knows, so each request says in its Host header whom it means.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from halls import port

ROOT = Path(__file__).parent.parent
REGION = "us-east-1"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
SETTINGS = {
    "BIND_HOST": "127.0.0.1",
    "MINISTACK_HOST": "127.0.0.1",
    "IOT_MTLS_ENABLED": "0",  # it would listen for devices on every address of the machine
    "SFTP_ENABLED": "0",
    "AUTH": "true",  # policies are enforced
}


@dataclass(frozen=True)
class Answer:
    """status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


class Stack:
    """A running MiniStack."""

    def __init__(self) -> None:
        self.port = port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._folder = tempfile.TemporaryDirectory(prefix="pingxuan-")
        data = {"TMPDIR": self._folder.name, "S3_DATA_DIR": f"{self._folder.name}/s3", "GATEWAY_PORT": str(self.port)}
        self._log = Path(self._folder.name, "log").open("w+")  # noqa: SIM115 as long as the process runs
        self._process = subprocess.Popen(
            [str(Path(sys.executable).with_name("ministack"))],
            env=clean() | KEYS | SETTINGS | data,
            cwd=self._folder.name,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        atexit.register(self.stop)
        until = time.monotonic() + 60
        while self.ask("127.0.0.1", "/_ministack/health").status != 200:
            assert time.monotonic() < until, self.log()
            time.sleep(0.2)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._log.close()
        self._folder.cleanup()

    def log(self) -> str:
        return Path(self._log.name).read_text(encoding="utf-8")

    def ask(self, host: str, path: str, body: bytes | None = None, method: str | None = None, **headers: str) -> Answer:
        """Ask whoever has this name, as a browser would over TLS."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        told = {"Host": host, "X-Forwarded-Proto": "https"} | named
        request = urllib.request.Request(self.endpoint + path, body, told, method=method)
        try:
            with _STRAIGHT.open(request, timeout=30) as answer:
                return _answer(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return _answer(answer)
        except OSError:
            return Answer(0, {}, b"")

    def publish(self, *words: str, var: Path, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a verb of publish.py against it."""
        command = [sys.executable, str(ROOT / "publish.py"), *words, "--endpoint", self.endpoint]
        environment = clean() | KEYS | {"PINGXUAN_VAR": str(var), "COLUMNS": "200"} | environ
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=200)


class _Straight(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_STRAIGHT = urllib.request.build_opener(_Straight, urllib.request.ProxyHandler({}))


def _answer(answer) -> Answer:
    return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read())


def clean() -> dict[str, str]:
    """The environment without anything that would lead to a real account."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PINGXUAN_"))}


@cache
def running() -> Stack:
    """The one of this run."""
    return Stack()
