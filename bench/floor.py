"""The floors of bench/votes.py: a WSGI app that commits a row as large as a vote's and does nothing else.

Same server, settings and threads as functions/serve.py, same tables and synchronous mode as the vote store. Rows that
wait share a commit, as votes do in the store; or, with ``alone``, each request has a commit of its own.
"""

import secrets
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

from chalicelib.commits import Commits  # noqa: E402 after the path is set
from chalicelib.store import NEXT, SCHEMA, WAIT  # noqa: E402
from granian import Granian  # noqa: E402
from granian.constants import Interfaces  # noqa: E402
from granian.log import LogLevels  # noqa: E402
from serve import THREADS  # noqa: E402

Start = Callable[[str, list[tuple[str, str]]], object]


class Floor:
    """The app: one commit a request."""

    def __init__(self, path: Path, *, alone: bool) -> None:
        self._alone = alone
        self._turn = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)
        self._commits = Commits(self._transaction, WAIT)

    def __call__(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        """Answer one request, after its row is on the disk."""
        environ["wsgi.input"].read()
        row = ("bench", "2020-08-24", secrets.token_bytes(16), secrets.token_hex(16), "c17", "0" * 16, "2020-08-24")
        if self._alone:
            with self._turn:
                self._db.execute(NEXT, row)  # a transaction of its own
        else:
            self._commits.run(lambda db: db.execute(NEXT, row))
        start("201 Created", [("Content-Type", "application/json")])
        return [b"{}"]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        yield self._db
        self._db.execute("COMMIT")


def main() -> None:
    """Serve until told to stop."""
    path, alone, port = Path(sys.argv[1]), sys.argv[2] == "alone", int(sys.argv[3])
    server = Granian("floor", port=port, interface=Interfaces.WSGI, blocking_threads=THREADS, log_level=LogLevels.error)
    server.serve(target_loader=lambda: Floor(path, alone=alone), wrap_loader=False)


if __name__ == "__main__":
    main()
