"""A SQLite file as our stores use one: one connection, one writer at a time, durable when a write returns.

Knows connections, transactions and what breaks them; refuses to know what the rows mean. Each store is a child with a
schema of its own.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from chalicelib.refused import UnavailableError

WAIT = 1.9  # seconds for our turn, for the connection and for SQLite's lock: with a key to make, within 10 s (VOTES 2)


class SQLiteFile:
    """One connection and a lock: writers queue here, rather than in SQLite's busy loop.

    WAL, so that another process or another store object reads while this one writes; synchronous FULL, so that a commit
    is on the disk when it returns. Only a replay, whose database is thrown away, may ask for less.
    """

    synchronous = "FULL"
    schema: ClassVar[str]
    kind: ClassVar[str]  # as an operator is told of it

    def __init__(self, path: Path, wait: float = WAIT) -> None:
        self._path = path
        self._wait = wait
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None
        self._within = 0  # the thread whose transaction it is

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        with self._lock:
            self._drop()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """As _read; what is written is on the disk at the end, or at the end of the transaction that holds this one."""
        inside = self._within == threading.get_ident()
        with self._read("BEGIN IMMEDIATE") as db:
            yield db
            if not inside:
                self._inside().execute("COMMIT")

    @contextmanager
    def _read(self, begin: str = "BEGIN") -> Iterator[sqlite3.Connection]:
        """A transaction on the connection, in turn, or a part of the one that this thread is in."""
        if self._within == threading.get_ident():
            with self._told():
                yield self._inside()
        elif not self._lock.acquire(timeout=self._wait):
            raise UnavailableError(f"the {self.kind} is busy", f"Too many wait for {self._path}: see its disk")
        else:
            try:
                with self._told():
                    db = self._connection()
                    db.execute(begin)
                    self._within = threading.get_ident()
                    yield db
            finally:
                self._within = 0
                if self._open is not None and self._open.in_transaction:
                    self._open.execute("ROLLBACK")
                self._lock.release()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever breaks, breaks off, whole, and starts afresh the next time."""
        try:
            yield
        except sqlite3.Error as error:
            self._drop()
            told = f"the {self.kind} {self._path}: {error}"
            raise UnavailableError(told, "See its disk, rights and locks") from error

    def _inside(self) -> sqlite3.Connection:
        if self._open is None:
            raise UnavailableError(f"the {self.kind} {self._path}: a transaction was broken off", "See what broke it")
        return self._open

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            self._open = self._connect()
        return self._open

    def _connect(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnavailableError(f"no folder for the {self.kind}: {error}", "See PINGXUAN_VAR") from error
        db = sqlite3.connect(self._path, timeout=self._wait, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(f"PRAGMA synchronous = {self.synchronous}")
            db.executescript(self.schema)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()  # what was not committed is rolled back
            self._open = None
