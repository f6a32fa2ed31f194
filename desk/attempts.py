"""Attempts to vote, read from a file: a table (CSV) or a web server's log (Apache combined format).

Knows the two formats. What is no attempt is a Bad line with its number, never an error; whether an attempt may vote is
for the rule to say.
"""

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from awards.ballot import subject_of
from awards.errors import PingxuanError

COLUMNS = ("time", "address", "cases")
LOGGED = re.compile(r"(?P<address>\S+) .*?\[(?P<time>[^\]]{26})\] ")
LOG_TIME = "%d/%b/%Y:%H:%M:%S %z"


@dataclass(frozen=True)
class Tried:
    """One attempt. line: in the file, from 1. subject: who, by address. ballot: as a browser would send it."""

    line: int
    now: datetime
    subject: str
    ballot: Mapping[str, object]


@dataclass(frozen=True)
class Bad:
    """A line that is no attempt. why: what was found, and what is allowed."""

    line: int
    why: str


def lines_of(path: Path) -> int:
    """How many lines a file has, for a progress bar."""
    with path.open("rb") as file:
        return sum(1 for _ in file)


def read_csv(path: Path, zone: str) -> Iterator[Tried | Bad]:
    """The attempts of a table with the columns time, address, cases and perhaps h.

    A time without an offset is that of the edition's zone. A row without h is a ballot of its own.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.DictReader(file)
        rows.fieldnames = _columns(rows, path)
        for row in _whole(rows):
            yield row if isinstance(row, Bad) else _from_row(rows.line_num, row, ZoneInfo(zone))


def read_log(path: Path, case: str) -> Iterator[Tried | Bad]:
    """The lines of a log, each an attempt of its address for one case."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line, text in enumerate(file, 1):
            if text.strip():
                yield _from_log(line, text, case)


def _columns(rows: "csv.DictReader[str]", path: Path) -> list[str]:
    try:
        names = [name.strip().lower() for name in rows.fieldnames or ()]
    except csv.Error as error:
        raise PingxuanError(f"{path}: {error}", "Give a CSV file, or a log with --log") from error
    if missing := [name for name in COLUMNS if name not in names]:
        wanted = "The first line names the columns time, address, cases and perhaps h; a log is read with --log"
        raise PingxuanError(f"{path} has no column {', '.join(missing)}", wanted)
    return names


def _whole(rows: "csv.DictReader[str]") -> Iterator[Mapping[str, str | None] | Bad]:
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Bad(rows.line_num, f"{error}; allowed: a row of CSV")


def _from_row(line: int, row: Mapping[str, str | None], zone: ZoneInfo) -> Tried | Bad:
    time, address, cases, h = ((row.get(name) or "").strip() for name in (*COLUMNS, "h"))
    try:
        now = datetime.fromisoformat(time)
    except ValueError:
        return Bad(line, f'time "{time}"; allowed: such as 2020-08-24T10:00:00+08:00')
    return _tried(line, now if now.tzinfo else now.replace(tzinfo=zone), address, cases.split(), h)


def _from_log(line: int, text: str, case: str) -> Tried | Bad:
    found = LOGGED.match(text)
    try:
        now = datetime.strptime(found["time"] if found else "", LOG_TIME)  # noqa: DTZ007 the format has the offset
    except ValueError:
        return Bad(line, f'"{text.strip()[:60]}"; allowed: a line of the Apache combined format')
    return _tried(line, now, found["address"] if found else "", [case], "")


def _tried(line: int, now: datetime, address: str, cases: list[str], h: str) -> Tried | Bad:
    try:
        subject = subject_of(address)
    except ValueError:
        return Bad(line, f'address "{address}"; allowed: an IPv4 or IPv6 address')
    own = hashlib.sha256(f"line {line}".encode()).hexdigest()[:32]
    return Tried(line, now, subject, {"cases": cases, "h": h or own})
