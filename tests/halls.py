"""A running hall for tests: the verb `serve` in a process of its own, and waiting for what must come true."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PORTS = range(15_000, 32_000)
SCREENS = {"phone": PHONE, "desktop": DESKTOP}


class Server:
    """One running `publish.py serve`, with a poll of its own."""

    def __init__(self, var: Path, port: int, *options: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, str(ROOT / "publish.py"), "serve", "--port", str(port), *options]
        self._environment = os.environ | {"PINGXUAN_VAR": str(var)}
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        wait_until(lambda: answers(self.url), f"{self.url} does not answer", seconds=60)

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_until(true: Callable[[], object], otherwise: str = "it never came true", seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, otherwise
        time.sleep(0.05)


def port() -> int:
    """A port of this machine that nobody listens on.

    Below those that the kernel gives to clients: else another client takes it, or one who waits for a server that does
    not listen yet is given the very port that it calls, and talks to itself.
    """
    while True:
        chosen = PORTS.start + secrets.randbelow(len(PORTS))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", chosen))
            return chosen
