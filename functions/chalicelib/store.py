"""The vote store on one machine: a SQLite file.

Knows rows. Refuses to know addresses (a subject comes as a keyed hash), time and HTTP. What it promises, any other
store promises too:

- cast() is one conditional write: the rule is asked and the vote written with nothing between them, and when it
  returns True the vote survives a power cut. A vote has an id larger than that of every vote written before it.
- The same h of one subject in one period is written at most once.
- make_key() creates if absent and returns what is stored: two who call it hold the same key.
- put_paper() and commit_seal() replace only what the caller saw, and say whether they did.
- What cannot be done for the moment is UnavailableError, with nothing half written; the next call tries afresh.
"""

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from awards import ballot
from awards.ballot import BallotPaper
from chalicelib.refused import UnavailableError

SCHEMA = """
CREATE TABLE IF NOT EXISTS papers (edition TEXT, version INTEGER, body TEXT NOT NULL, PRIMARY KEY (edition, version));
CREATE TABLE IF NOT EXISTS keys (edition TEXT, span TEXT, key BLOB NOT NULL, PRIMARY KEY (edition, span));
CREATE TABLE IF NOT EXISTS votes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, edition TEXT NOT NULL, period TEXT NOT NULL, subject BLOB NOT NULL,
    h TEXT NOT NULL, cases TEXT NOT NULL, receipt TEXT NOT NULL, day TEXT NOT NULL, UNIQUE (subject, h));
CREATE INDEX IF NOT EXISTS votes_of_edition ON votes (edition, id);
CREATE TABLE IF NOT EXISTS seals (
    edition TEXT PRIMARY KEY, version INTEGER NOT NULL, position INTEGER NOT NULL, counts TEXT NOT NULL,
    tally TEXT NOT NULL);
"""
WAIT = 2.5  # seconds for our turn, and again for SQLite's lock: with a key to make, a vote starts within 10 s (VOTES 2)


@dataclass(frozen=True)
class Slot:
    """What one conditional write is about. subject: 16 bytes, keyed hash of rule, period and subject."""

    edition: str
    period: str
    subject: bytes


@dataclass(frozen=True)
class Vote:
    """A ballot that was taken. cases: sorted. id: random. day: when, in the edition's zone."""

    h: str
    cases: tuple[str, ...]
    id: str
    day: str


@dataclass(frozen=True)
class Seal:
    """What has been counted. version: one more each time. position: id of the last vote counted. counts: case -> votes.

    tally: the text of tally.json.
    """

    version: int
    position: int
    counts: Mapping[str, int]
    tally: str


class SQLiteStore:
    """One connection and a lock: writers queue here, in turn, rather than in SQLite's busy loop.

    WAL, so that another process or another store object reads while this one writes; synchronous FULL, so that a commit
    is on the disk when it returns.
    """

    def __init__(self, path: Path, wait: float = WAIT) -> None:
        self._path = path
        self._wait = wait
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None

    def cast(self, paper: BallotPaper, slot: Slot, vote: Vote) -> tuple[bool, list[Vote]]:
        """Add the vote if the paper's rule still admits it: whether it did, and the slot's votes before."""
        with self._write() as db:
            before = _votes(db, slot)
            known = any(vote.h == other.h for other in before)
            if known or not ballot.admits(paper, [other.cases for other in before], vote.cases):
                return False, before
            row = (slot.edition, slot.period, slot.subject, vote.h, " ".join(vote.cases), vote.id, vote.day)
            db.execute(
                "INSERT INTO votes (edition, period, subject, h, cases, receipt, day) VALUES (?,?,?,?,?,?,?)", row
            )
        return True, before

    def votes(self, slot: Slot) -> list[Vote]:
        """The votes of one subject in one period, in order."""
        with self._read() as db:
            return _votes(db, slot)

    def votes_after(self, edition: str, position: int, limit: int) -> list[tuple[int, tuple[str, ...]]]:
        """Ids and cases of an edition's votes after a position, in order."""
        query = "SELECT id, cases FROM votes WHERE edition = ? AND id > ? ORDER BY id LIMIT ?"
        with self._read() as db:
            return [(row[0], tuple(row[1].split())) for row in db.execute(query, (edition, position, limit))]

    def key(self, edition: str, span: str) -> bytes | None:
        """The key of a span, if it was made."""
        with self._read() as db:
            row = db.execute("SELECT key FROM keys WHERE edition = ? AND span = ?", (edition, span)).fetchone()
            return row and bytes(row[0])

    def make_key(self, edition: str, span: str) -> bytes:
        """The key of a span, made now if nobody has."""
        with self._write() as db:
            db.execute("INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", (edition, span, secrets.token_bytes(32)))
            row = db.execute("SELECT key FROM keys WHERE edition = ? AND span = ?", (edition, span)).fetchone()
        return bytes(row[0])

    def editions(self) -> list[str]:
        """The editions that have a ballot paper."""
        with self._read() as db:
            return [row[0] for row in db.execute("SELECT DISTINCT edition FROM papers ORDER BY edition")]

    def paper(self, edition: str) -> dict[str, object] | None:
        """The ballot paper in force, as ballot.to_json wrote it."""
        query = "SELECT body FROM papers WHERE edition = ? ORDER BY version DESC LIMIT 1"
        with self._read() as db:
            row = db.execute(query, (edition,)).fetchone()
        return row and dict(json.loads(row[0]))

    def put_paper(self, paper: Mapping[str, object]) -> bool:
        """Put a new version in force; False if that version exists. Versions before stay, for the record."""
        row = (paper["edition"], paper["version"], json.dumps(paper, ensure_ascii=False))
        with self._write() as db:
            return db.execute("INSERT OR IGNORE INTO papers VALUES (?, ?, ?)", row).rowcount == 1

    def seal(self, edition: str) -> Seal | None:
        """The last seal, if there is one."""
        query = "SELECT version, position, counts, tally FROM seals WHERE edition = ?"
        with self._read() as db:
            row = db.execute(query, (edition,)).fetchone()
        return row and Seal(row[0], row[1], json.loads(row[2]), row[3])

    def commit_seal(self, edition: str, seal: Seal) -> bool:
        """Put position, counts and tally in place together, if the last seal is of the version before."""
        row = (seal.version, seal.position, json.dumps(seal.counts), seal.tally)
        with self._write() as db:
            if seal.version == 1:
                written = db.execute("INSERT OR IGNORE INTO seals VALUES (?,?,?,?,?)", (edition, *row))
            else:
                written = db.execute(
                    "UPDATE seals SET version = ?, position = ?, counts = ?, tally = ?"
                    " WHERE edition = ? AND version = ?",
                    (*row, edition, seal.version - 1),
                )
            return written.rowcount == 1

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        with self._lock:
            self._drop()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One immediate transaction: all of it or nothing, on the disk when this returns."""
        with self._read(begin="BEGIN IMMEDIATE") as db:
            yield db
            db.execute("COMMIT")

    @contextmanager
    def _read(self, begin: str = "BEGIN") -> Iterator[sqlite3.Connection]:
        """A transaction on the connection, in turn; whatever breaks, breaks off and starts afresh the next time."""
        if not self._lock.acquire(timeout=self._wait):
            raise UnavailableError("the vote store is busy", f"Too many votes wait for {self._path}: see its disk")
        try:
            db = self._connection()
            db.execute(begin)
            yield db
        except sqlite3.Error as error:
            self._drop()
            raise UnavailableError(f"the vote store {self._path}: {error}", "See its disk, rights and locks") from error
        finally:
            if self._open is not None and self._open.in_transaction:
                self._open.execute("ROLLBACK")
            self._lock.release()

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            self._open = _connect(self._path, self._wait)
        return self._open

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()  # what was not committed is rolled back
            self._open = None


def _connect(path: Path, wait: float) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"no folder for the vote store: {error}", "See PINGXUAN_VAR") from error
    db = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.executescript(SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _votes(db: sqlite3.Connection, slot: Slot) -> list[Vote]:
    query = "SELECT h, cases, receipt, day FROM votes WHERE subject = ? AND edition = ? AND period = ? ORDER BY id"
    rows = db.execute(query, (slot.subject, slot.edition, slot.period))
    return [Vote(row[0], tuple(row[1].split()), row[2], row[3]) for row in rows]
