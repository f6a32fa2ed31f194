"""What tests of counting share: votes cast into any store, what is published of them, and a feed that is deaf."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from chalicelib.objects import Folder
from chalicelib.store import Slot, SQLiteStore, Vote
from voters import PAPER, h_of

from awards import ledger
from desk.verifying import verify

CLOSES = PAPER.rule.window.closes
AFTER = CLOSES + timedelta(minutes=2)


def cast(store: Any, votes: int, case: str = "c1", start: int = 0, day: str = "2020-08-24") -> None:
    """Each of another voter."""
    for number in range(start, start + votes):
        slot = Slot("qd", day, number.to_bytes(16, "big"))
        assert store.cast(PAPER, slot, Vote(h_of(str(number)), (case,), f"{number:016x}", day))[0]


def published(public: Path, name: str = "tally") -> dict[str, Any]:
    return dict(json.loads((public / "qd" / f"{name}.json").read_text("utf-8")))


def entries(public: Path) -> list[dict[str, object]]:
    """The published records, as anybody reads them."""
    size = ledger.read_checkpoint((public / "qd/ledger/checkpoint").read_text())[1]
    files = [public / "qd/ledger" / name for name, _ in ledger.paths("entries", size)]
    return [ledger.read(entry) for file in files for entry in ledger.unpack(file.read_bytes())]


def kinds(public: Path) -> list[object]:
    return [says["k"] for says in entries(public)]


def differences(public: Path) -> list[str]:
    return verify(Folder(public), "qd").differences


class Deaf(SQLiteStore):
    """A store whose feed tells nothing until it is told to."""

    hears = False

    def arrivals(self, cursor, limit):
        return super().arrivals(cursor, limit) if self.hears else ([], cursor)
