"""What is counted, as rows of SQLite: position, sealed editions, staged records. Knows rows; store.py has the file."""

import json
import sqlite3
from collections.abc import Mapping

from chalicelib.counting import START, Arrived, Position, Sealed

SCHEMA = """
CREATE TABLE IF NOT EXISTS position (
    one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, cursor TEXT NOT NULL, early TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sealed (edition TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS staged (name TEXT PRIMARY KEY, body BLOB NOT NULL);
"""
VOTES = "SELECT edition, period, h, cases, receipt, day, id FROM votes"


def position(db: sqlite3.Connection) -> Position:
    """Where counting stands."""
    row = db.execute("SELECT version, cursor, early FROM position").fetchone()
    if row is None:
        return START
    editions = {edition: _sealed(body) for edition, body in db.execute("SELECT edition, body FROM sealed")}
    return Position(row[0], json.loads(row[1]), frozenset(json.loads(row[2])), editions)


def commit(db: sqlite3.Connection, before: Position, after: Position) -> bool:
    """Put position and changed editions in place, if what stands there is of the version before."""
    row = (after.version, json.dumps(dict(after.cursor)), json.dumps(sorted(after.early)))
    if before.version == 0:
        written = db.execute("INSERT OR IGNORE INTO position VALUES (1, ?, ?, ?)", row)
    else:
        query = "UPDATE position SET version = ?, cursor = ?, early = ? WHERE version = ?"
        written = db.execute(query, (*row, before.version))
    if written.rowcount != 1:
        return False
    changed = [(edition, _body(sealed)) for edition, sealed in after.editions.items() if _new(before, edition, sealed)]
    db.executemany("INSERT OR REPLACE INTO sealed VALUES (?, ?)", changed)
    return True


def arrivals(
    db: sqlite3.Connection, cursor: Mapping[str, object], limit: int
) -> tuple[list[Arrived], Mapping[str, object]]:
    """The rows after a row id: a row's id is larger than that of every row that was committed before it."""
    rows = db.execute(f"{VOTES} WHERE id > ? ORDER BY id LIMIT ?", (cursor.get("row", 0), limit)).fetchall()
    return [arrived(row) for row in rows], {"row": rows[-1][6]} if rows else cursor


def arrived(row: tuple[str, str, str, str, str, str, int]) -> Arrived:
    """A row of VOTES."""
    return Arrived(row[0], row[1], row[2], tuple(row[3].split()), row[4], row[5])


def _new(before: Position, edition: str, sealed: Sealed) -> bool:
    return before.editions.get(edition) != sealed


def _body(sealed: Sealed) -> str:
    return json.dumps(vars(sealed) | {"counts": dict(sealed.counts), "void": dict(sealed.void)}, ensure_ascii=False)


def _sealed(body: str) -> Sealed:
    fields = json.loads(body)
    return Sealed(**fields | {"frontier": tuple(fields["frontier"])})
