"""Messages that wait to be sent, on this machine: one SQLite file, var/mail.sqlite.

Knows when a message is tried again and when it is given up; refuses to know what it says and how it travels. A message
is on the disk when put() returns, and one sender at a time tries it. Once sent, its text and its address are forgotten:
what is left says that a mail of this kind went out, and when.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Protocol

from chalicelib.sqlitefile import SQLiteFile

WAITING, SENT, FAILED = "waiting", "sent", "failed"
# After each try so many minutes; after the last one the message is given up, kept, and listed.
BACK_OFF = (1, 5, 15, 60, 180, 360, 720, 1440, 1440)
LEASE = timedelta(minutes=10)  # so long a sender has the message to itself


@dataclass(frozen=True)
class Message:
    """A message in the outbox. raw: as it travels; empty once sent. tries: so far. error: of the last one."""

    id: str
    kind: str
    to: str
    raw: bytes
    state: str
    tries: int
    due: datetime
    error: str


class Outbox(Protocol):
    """What any outbox promises; tests/functions/test_mail.py holds each against it."""

    def put(self, kind: str, to: str, raw: bytes, due: datetime) -> str:
        """Keep a message, and when it is to be tried first; its id."""

    def take(self, now: datetime) -> Message | None:
        """A message that is due, for this sender alone during LEASE; None where none is."""

    def sent(self, message: Message, now: datetime) -> None:
        """It is sent: forget its text and address."""

    def failed(self, message: Message, error: str, now: datetime, *, final: bool) -> None:
        """It was not sent: try it later, or, where that is final or was the last try, give it up."""

    def open_ones(self) -> list[Message]:
        """What waits or was given up, the oldest first."""

    def again(self, now: datetime) -> int:
        """Make everything that waits or was given up due now; how many."""


class SQLiteOutbox(SQLiteFile):
    """The outbox of a single machine."""

    kind = "outbox of mails"
    schema: ClassVar[str] = """
    create table if not exists messages (
      id text primary key, kind text not null, recipient text not null, raw blob not null, state text not null,
      tries integer not null, due text not null, error text not null, changed text not null, made text not null
    );
    create index if not exists messages_due on messages (state, due);
    """

    def put(self, kind: str, to: str, raw: bytes, due: datetime) -> str:
        """See Outbox."""
        number, when = uuid.uuid4().hex, _text(due)
        row = (number, kind, to, raw, WAITING, 0, when, "", when, when)
        with self._write() as db:
            db.execute("insert into messages values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        return number

    def take(self, now: datetime) -> Message | None:
        """See Outbox."""
        with self._write() as db:
            asked = f"select {_COLUMNS} from messages where state = ? and due <= ? order by due limit 1"  # noqa: S608
            row = db.execute(asked, (WAITING, _text(now))).fetchone()
            if row is None:
                return None
            db.execute("update messages set due = ? where id = ?", (_text(now + LEASE), row[0]))
        return _message(row)

    def sent(self, message: Message, now: datetime) -> None:
        """See Outbox."""
        with self._write() as db:
            gone = "update messages set state = ?, raw = x'', recipient = '', error = '', changed = ? where id = ?"
            db.execute(gone, (SENT, _text(now), message.id))

    def failed(self, message: Message, error: str, now: datetime, *, final: bool) -> None:
        """See Outbox."""
        state, due = next_try(message.tries, now, final=final)
        with self._write() as db:
            kept = "update messages set state = ?, tries = ?, due = ?, error = ?, changed = ? where id = ?"
            db.execute(kept, (state, message.tries + 1, _text(due), error, _text(now), message.id))

    def open_ones(self) -> list[Message]:
        """See Outbox."""
        with self._read() as db:
            asked = f"select {_COLUMNS} from messages where state <> ? order by made, id"  # noqa: S608
            return [_message(row) for row in db.execute(asked, (SENT,))]

    def again(self, now: datetime) -> int:
        """See Outbox."""
        with self._write() as db:
            made = "update messages set state = ?, due = ?, tries = 0 where state <> ?"
            return db.execute(made, (WAITING, _text(now), SENT)).rowcount


_COLUMNS = "id, kind, recipient, raw, state, tries, due, error"


def next_try(tries: int, now: datetime, *, final: bool) -> tuple[str, datetime]:
    """What becomes of a message after one more failed try."""
    if final or tries >= len(BACK_OFF):
        return FAILED, now
    return WAITING, now + timedelta(minutes=BACK_OFF[tries])


def _message(row: tuple[str, str, str, bytes, str, int, str, str]) -> Message:
    number, kind, to, raw, state, tries, due, error = row
    return Message(number, kind, to, raw, state, tries, datetime.fromisoformat(due), error)


def _text(instant: datetime) -> str:
    """An instant whose texts sort as the instants do."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f+00:00}"
