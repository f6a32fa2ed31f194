"""The vote store on one machine: a SQLite file.

Knows rows. Refuses to know addresses (a subject comes as a keyed hash), time and HTTP. What it promises, any other
store promises too:

- cast() is one conditional write: the rule is asked and the vote written with nothing between them, and when it
  returns True the vote survives a power cut. A vote has an id larger than that of every vote written before it.
- The same h of one subject in one period is written at most once.
- make_key() creates if absent and returns what is stored: two who call it hold the same key.
- put_paper() and commit() replace only what the caller saw, and say whether they did; counting.py has the rest of
  what a store says about counting.
- together() lets many who wait share one flush of the disk: what it returns is durable, as if each had its own.
- put() keeps staged records beside the votes: one backup holds both.
- What cannot be done for the moment is UnavailableError, with nothing half written; the next call tries afresh.
"""

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from awards import ballot
from awards.ballot import BallotPaper
from chalicelib import counted
from chalicelib.commits import Commits
from chalicelib.counting import Arrived, Position
from chalicelib.sqlitefile import WAIT, SQLiteFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS papers (edition TEXT, version INTEGER, body TEXT NOT NULL, PRIMARY KEY (edition, version));
CREATE TABLE IF NOT EXISTS keys (edition TEXT, span TEXT, key BLOB NOT NULL, PRIMARY KEY (edition, span));
CREATE TABLE IF NOT EXISTS votes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, edition TEXT NOT NULL, period TEXT NOT NULL, subject BLOB NOT NULL,
    h TEXT NOT NULL, cases TEXT NOT NULL, receipt TEXT NOT NULL, day TEXT NOT NULL, UNIQUE (subject, h));
CREATE INDEX IF NOT EXISTS votes_of_edition ON votes (edition, id);
"""
NEXT = "INSERT INTO votes (edition, period, subject, h, cases, receipt, day) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
# Most votes are the first of their slot: one statement asks and writes.
FIRST = """INSERT INTO votes (edition, period, subject, h, cases, receipt, day) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
WHERE NOT EXISTS (SELECT 1 FROM votes WHERE subject = ?3 AND +edition = ?1 AND +period = ?2)"""
T = TypeVar("T")


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


class SQLiteStore(SQLiteFile):
    """One SQLite file; writers queue, or share a commit (together)."""

    schema = SCHEMA + counted.SCHEMA
    kind = "vote store"

    def __init__(self, path: Path, wait: float = WAIT) -> None:
        super().__init__(path, wait)
        self._commits = Commits(self._write, wait)

    def cast(self, paper: BallotPaper, slot: Slot, vote: Vote) -> tuple[bool, list[Vote]]:
        """Add the vote if the paper's rule still admits it: whether it did, and the slot's votes before."""
        with self._write() as db:
            return _cast(db, paper, slot, vote)

    def together(self, work: Callable[[], T]) -> T:
        """What the work returns, when all that it wrote is on the disk.

        Works that come while the disk is busy run one after another inside one transaction; what breaks it breaks it
        off for all of them, with nothing written, and raises UnavailableError.
        """
        return self._commits.run(lambda _: work())

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

    def position(self) -> Position:
        """Where counting stands."""
        with self._read() as db:
            return counted.position(db)

    def arrivals(self, cursor: Mapping[str, object], limit: int) -> tuple[list[Arrived], Mapping[str, object]]:
        """At most ``limit`` votes after a cursor, and the cursor after them; here in order, each once."""
        with self._read() as db:
            return counted.arrivals(db, cursor, limit)

    def commit(self, before: Position, after: Position) -> bool:
        """Put ``after`` in place of ``before``; False, and nothing changed, if that is no longer what stands there."""
        with self._write() as db:
            return counted.commit(db, before, after)

    def sweep(self, edition: str) -> Iterator[Arrived]:
        """The votes themselves, as they are now."""
        with self._read() as db:
            rows = db.execute(f"{counted.VOTES} WHERE edition = ? ORDER BY id", (edition,)).fetchall()
        return map(counted.arrived, rows)

    def get(self, name: str) -> bytes | None:
        """What was staged under a name."""
        with self._read() as db:
            row = db.execute("SELECT body FROM staged WHERE name = ?", (name,)).fetchone()
            return row and bytes(row[0])

    def put(self, name: str, data: bytes) -> None:
        """Keep what is staged under a name."""
        with self._write() as db:
            db.execute("INSERT OR REPLACE INTO staged VALUES (?, ?)", (name, data))


def _cast(db: sqlite3.Connection, paper: BallotPaper, slot: Slot, vote: Vote) -> tuple[bool, list[Vote]]:
    """The conditional write, inside a transaction."""
    row = (slot.edition, slot.period, slot.subject, vote.h, " ".join(vote.cases), vote.id, vote.day)
    if ballot.admits(paper, (), vote.cases) and db.execute(FIRST, row).rowcount == 1:
        return True, []
    before = _votes(db, slot)
    known = any(vote.h == other.h for other in before)
    if known or not ballot.admits(paper, [other.cases for other in before], vote.cases):
        return False, before
    db.execute(NEXT, row)
    return True, before


def _votes(db: sqlite3.Connection, slot: Slot) -> list[Vote]:
    # The + keep SQLite from walking the whole edition in order of id, instead of the subject's few rows.
    query = "SELECT h, cases, receipt, day FROM votes WHERE subject = ? AND +edition = ? AND +period = ? ORDER BY +id"
    rows = db.execute(query, (slot.subject, slot.edition, slot.period))
    return [Vote(row[0], tuple(row[1].split()), row[2], row[3]) for row in rows]
