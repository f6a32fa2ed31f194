"""The access log: who asked for what, from which address. Private, kept for a number of days, then deleted.

PINGXUAN_ACCESS_LOG_DAYS   how long (default: 0, no access log; in stage cn 180, as Chinese law asks of logs)

One file a day (UTC) in logs/ of what the machine keeps, readable by its owner alone. No query and no body is written:
a line never says which case somebody voted for. A log that cannot be written is told of once an hour and stops no vote.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from awards.errors import PingxuanError

log = logging.getLogger("pingxuan")

STAGES = {"cn": 180}  # 网络安全法 (Cybersecurity Law) art. 21: network logs are kept for six months at least
NAME = "access-%Y-%m-%d.jsonl"


def days(environ: Mapping[str, str]) -> int:
    """For how many days accesses are kept; 0: none are written."""
    told = environ.get("PINGXUAN_ACCESS_LOG_DAYS", "").strip()
    if not told:
        return STAGES.get(environ.get("PINGXUAN_STAGE", ""), 0)
    if not told.isascii() or not told.isdecimal() or int(told) > 3650:
        raise PingxuanError(f"PINGXUAN_ACCESS_LOG_DAYS={told} is no number of days", "Set it to 0 … 3650")
    return int(told)


class AccessLog:
    """The access log in a folder. kept: days; 0 writes nothing."""

    def __init__(self, folder: Path, kept: int) -> None:
        self._folder = folder
        self._kept = kept
        self._lock = threading.Lock()
        self._name = ""
        self._file = -1
        self._told = -3600.0

    def write(self, whence: Mapping[str, str], method: str, path: str, status: int, request: str) -> None:
        """Write of one request. whence: the peer, and the address that a named proxy told."""
        if not self._kept:
            return
        now = datetime.now(UTC)
        when = {"time": now.isoformat(timespec="milliseconds")}
        line = {**when, **whence, "method": method, "path": path, "status": status, "request": request}
        try:
            with self._lock:
                self._open(now)
                os.write(self._file, json.dumps(line, ensure_ascii=False).encode() + b"\n")
        except OSError as error:
            self._tell(error)

    def _open(self, now: datetime) -> None:
        """Go on to the file of the day; what is older than is kept goes."""
        name = now.strftime(NAME)
        if name == self._name:
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = os.open(self._folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.fchmod(fresh, 0o600)
        if self._file >= 0:
            os.close(self._file)
        self._file, self._name = fresh, name
        oldest = (now - timedelta(days=self._kept)).strftime(NAME)
        for path in self._folder.glob("access-*.jsonl"):
            if path.name < oldest:
                path.unlink(missing_ok=True)

    def _tell(self, error: OSError) -> None:
        if time.monotonic() - self._told >= 3600:
            self._told = time.monotonic()
            log.error("the access log cannot be written: %s", error.strerror)
