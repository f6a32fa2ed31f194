"""A SQLite file as our stores use one: one connection, one writer at a time, durable when a write returns.

Knows connections, transactions and what breaks them; refuses to know what the rows mean. Each store is a child with a
schema of its own.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
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

    def _write(self) -> AbstractContextManager[sqlite3.Connection]:
        """As _read; what is written is on the disk at the end, or at the end of the transaction that holds this one."""
        return self._transaction("BEGIN IMMEDIATE")

    def _read(self) -> AbstractContextManager[sqlite3.Connection]:
        """A transaction on the connection, in turn, or a part of the one that this thread is in."""
        return self._transaction("BEGIN")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        """Whatever breaks, breaks off, whole, and starts afresh the next time."""
        inside = self._within == threading.get_ident()
        if not inside and not self._lock.acquire(timeout=self._wait):
            raise UnavailableError(f"the {self.kind} is busy", f"Too many wait for {self._path}: see its disk")
        try:
            if not inside:
                self._begin(begin)
            yield self._inside()
            if not inside:
                self._inside().execute("COMMIT")
        except sqlite3.Error as error:
            self._drop()
            told = f"the {self.kind} {self._path}: {error}"
            raise UnavailableError(told, "See its disk, rights and locks") from error
        finally:
            if not inside:
                self._end()

    def _begin(self, begin: str) -> None:
        self._connection().execute(begin)
        self._within = threading.get_ident()

    def _end(self) -> None:
        """Let the next one have its turn; what was not committed is undone."""
        self._within = 0
        try:
            if self._open is not None and self._open.in_transaction:
                self._open.execute("ROLLBACK")
        finally:
            self._lock.release()

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
            self._make()
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

    def _make(self) -> None:
        """Make the file where there is none, for its owner alone: SQLite's own would be everybody's to read.

        One that is there is opened by SQLite alone: closing it would let go of this process's locks on it.
        """
        with suppress(FileExistsError):
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()  # what was not committed is rolled back
            self._open = None
