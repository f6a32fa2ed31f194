"""Programs of ours that open what strangers sent: each in a process of its own, bounded, ended when it takes too long.

Knows limits and processes; refuses to know what is opened. The process gets no secrets: its environment is empty but
for where modules lie. It sets its own limits before it imports anything else (bounds.py), so that no code runs between
fork and exec in a server of many threads.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from chalicelib.bounds import SECONDS
from chalicelib.refused import UnavailableError

AT_ONCE = max(2, os.cpu_count() or 1)
TURN = 5.0  # seconds to wait for one's turn
PATHS = [str(path) for path in (Path(__file__).parent.parent, Path(__file__).parent.parent.parent)]
LOADER = ("LD_LIBRARY_PATH",)  # Lambda's Python finds its own library so

_turns = threading.BoundedSemaphore(AT_ONCE)


class BrokenOffError(Exception):
    """The process was ended: it wanted more time or memory than it may have, or it crashed."""


def run(module: str, *arguments: str, wait: float = TURN) -> bytes:
    """What a module of ours writes to its standard output.

    Raises BrokenOffError, and UnavailableError where the fault is ours: too many at once, or a module that fails.
    """
    with _turn(wait), tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaints:
        command = [sys.executable, "-m", module, *arguments]
        environ = {"PYTHONPATH": os.pathsep.join(PATHS), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath}
        environ |= {name: os.environ[name] for name in LOADER if name in os.environ}
        try:
            done = subprocess.run(  # noqa: S603 our own modules, no shell
                command,
                env=environ,
                cwd=PATHS[0],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=complaints,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BrokenOffError("out of time") from error
        if done.returncode < 0:
            raise BrokenOffError(f"signal {-done.returncode}")
        if done.returncode:
            raise UnavailableError(
                f"{module} failed: {_tail(complaints)}", "This is a mistake of ours, please report it"
            )
        output.seek(0)
        return output.read()


@contextlib.contextmanager
def _turn(wait: float) -> Iterator[None]:
    if not _turns.acquire(timeout=wait):
        raise UnavailableError("too many files are being looked at", "Try again in a while")
    try:
        yield
    finally:
        _turns.release()


def _tail(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    return complaints.read(100_000).decode(errors="replace").strip().rpartition("\n")[2]
