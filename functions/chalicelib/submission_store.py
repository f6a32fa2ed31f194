"""The store of submissions on one machine: a SQLite file.

Knows rows. Refuses to know rules, time and HTTP. What it promises, any other store promises too:

- What a call returned True for survives a power cut.
- put_call() puts a version in force once; False if that version, or a later one, is there.
- create() keeps a new draft; False if its id is taken.
- replace() puts ``after`` in place of ``before`` only if nobody wrote the draft since ``before`` was read, and with it,
  all or nothing, the places, each only if it still is what the caller saw. An answer that was lost is found again.
- next_number() never gives a number twice in an edition, nor one below ``first``; numbers may be left out.
- spend() takes one of so many from a quota until it is used up; what is over is forgotten some time after ``until``.
- make_key() creates if absent and returns what is stored: two who call it hold the same key.
- A draft of at most LARGEST bytes of JSON is kept; what cannot be done for the moment is UnavailableError, with nothing
  half written.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Protocol

from awards.entering import Places, places_of
from chalicelib.drafts import Draft, from_json, to_json
from chalicelib.sqlitefile import SQLiteFile

LARGEST = 300_000  # bytes of one draft as JSON: with all else it must fit into the 400 KB of a DynamoDB item
DAY = 86_400  # seconds for which a quota that is over is kept at most
SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (edition TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS drafts (
    edition TEXT, draft TEXT, writes INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (edition, draft));
CREATE TABLE IF NOT EXISTS places (edition TEXT, unit TEXT, body TEXT NOT NULL, PRIMARY KEY (edition, unit));
CREATE TABLE IF NOT EXISTS numbers (edition TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS quotas (key TEXT PRIMARY KEY, spent INTEGER NOT NULL, until INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS keys (edition TEXT, span TEXT, key BLOB NOT NULL, PRIMARY KEY (edition, span));
"""
CALL = """INSERT INTO calls VALUES (?1, ?2, ?3)
ON CONFLICT (edition) DO UPDATE SET version = ?2, body = ?3 WHERE version < ?2"""
CREATE = "INSERT OR IGNORE INTO drafts VALUES (?, ?, 1, ?)"
REPLACE = "UPDATE drafts SET writes = writes + 1, body = ? WHERE edition = ? AND draft = ? AND writes = ?"
NUMBER = """INSERT INTO numbers VALUES (?1, ?2) ON CONFLICT (edition) DO UPDATE SET last = max(last + 1, ?2)
RETURNING last"""
SPEND = """INSERT INTO quotas VALUES (?1, 1, ?3) ON CONFLICT (key) DO UPDATE SET spent = spent + 1
WHERE spent < ?2"""

Moved = tuple[str, Places, Places]  # a unit, its places before and after


class SubmissionStore(Protocol):
    """What is asked of a store; the module says what it promises."""

    def put_call(self, call: Mapping[str, object]) -> bool:
        """Put a version of a call in force."""

    def call(self, edition: str) -> dict[str, object] | None:
        """The call in force, as awards.calls.stored made it."""

    def create(self, draft: Draft) -> bool:
        """Keep a new draft."""

    def draft(self, edition: str, draft: str) -> Draft | None:
        """A draft, as it is now."""

    def replace(self, before: Draft, after: Draft, places: tuple[Moved, ...] = ()) -> bool:
        """Put a draft, and the places of units, in the place of what the caller saw."""

    def places(self, edition: str, unit: str) -> Places:
        """What a unit holds."""

    def drafts(self, edition: str) -> Iterator[Draft]:
        """All drafts of an edition, in no order."""

    def next_number(self, edition: str, first: int = 1) -> int:
        """A number that nobody had, from ``first``."""

    def spend(self, key: str, most: int, until: int) -> bool:
        """Take one of ``most`` from a quota, which ends at ``until`` (seconds since 1970)."""

    def make_key(self, edition: str, span: str) -> bytes:
        """The key of a span, made now if nobody has."""

    def close(self) -> None:
        """Let go of what is held."""


class SQLiteSubmissions(SQLiteFile):
    """One SQLite file."""

    schema = SCHEMA
    kind = "store of submissions"

    def put_call(self, call: Mapping[str, object]) -> bool:
        """Put a version of a call in force."""
        row = (call["edition"], call["version"], json.dumps(call, ensure_ascii=False))
        with self._write() as db:
            return db.execute(CALL, row).rowcount == 1

    def call(self, edition: str) -> dict[str, object] | None:
        """The call in force, as awards.calls.stored made it."""
        with self._read() as db:
            row = db.execute("SELECT body FROM calls WHERE edition = ?", (edition,)).fetchone()
        return row and dict(json.loads(row[0]))

    def create(self, draft: Draft) -> bool:
        """Keep a new draft."""
        with self._write() as db:
            return db.execute(CREATE, (draft.edition, draft.draft, text_of(draft))).rowcount == 1

    def draft(self, edition: str, draft: str) -> Draft | None:
        """A draft, as it is now."""
        with self._read() as db:
            query = "SELECT body, writes FROM drafts WHERE edition = ? AND draft = ?"
            row = db.execute(query, (edition, draft)).fetchone()
        return row and from_json(json.loads(row[0]), row[1])

    def replace(self, before: Draft, after: Draft, places: tuple[Moved, ...] = ()) -> bool:
        """Put a draft, and the places of units, in the place of what the caller saw."""
        row = (text_of(after), before.edition, before.draft, before.writes)
        with self._write() as db:
            if any(_places(db, before.edition, unit) != seen for unit, seen, _ in places):
                return False
            if db.execute(REPLACE, row).rowcount != 1:
                return False
            rows = [(before.edition, unit, places_text(held)) for unit, _, held in places]
            db.executemany("INSERT OR REPLACE INTO places VALUES (?, ?, ?)", rows)
        return True

    def places(self, edition: str, unit: str) -> Places:
        """What a unit holds."""
        with self._read() as db:
            return _places(db, edition, unit)

    def drafts(self, edition: str) -> Iterator[Draft]:
        """All drafts of an edition, in no order."""
        with self._read() as db:
            rows = db.execute("SELECT body, writes FROM drafts WHERE edition = ?", (edition,)).fetchall()
        return (from_json(json.loads(body), writes) for body, writes in rows)

    def next_number(self, edition: str, first: int = 1) -> int:
        """A number that nobody had, from ``first``."""
        with self._write() as db:
            return int(db.execute(NUMBER, (edition, first)).fetchone()[0])

    def spend(self, key: str, most: int, until: int) -> bool:
        """Take one of ``most`` from a quota, which ends at ``until`` (seconds since 1970)."""
        with self._write() as db:
            db.execute("DELETE FROM quotas WHERE until < ?", (until - DAY,))
            return db.execute(SPEND, (key, most, until)).rowcount == 1

    def make_key(self, edition: str, span: str) -> bytes:
        """The key of a span, made now if nobody has."""
        with self._write() as db:
            db.execute("INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", (edition, span, secrets.token_bytes(32)))
            row = db.execute("SELECT key FROM keys WHERE edition = ? AND span = ?", (edition, span)).fetchone()
        return bytes(row[0])


def text_of(draft: Draft) -> str:
    """A draft as stored: one text for equal drafts."""
    return json.dumps(to_json(draft), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def places_text(places: Places) -> str:
    """The places of a unit as stored: one text for equal places."""
    return json.dumps(places.item(), separators=(",", ":"))


def _places(db: sqlite3.Connection, edition: str, unit: str) -> Places:
    row = db.execute("SELECT body FROM places WHERE edition = ? AND unit = ?", (edition, unit)).fetchone()
    return places_of(json.loads(row[0])) if row else Places()
