"""Where the votes of a simulated voting lie: on one machine, in SQLite, whose votes reach the sealer by a bad feed.

What any such place has (cloud.py is the other): ``voters``, the store that the handlers ask, with its faults;
``sealing``, the one that sealers ask; ``truth``, without faults; ``kept``, where records are staged; and its calls.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date
from pathlib import Path
from typing import Any

from chalicelib.counting import TOLD, Arrived
from chalicelib.refused import UnavailableError
from chalicelib.store import SQLiteStore
from voters import Hands


class Frail:
    """Anything whose calls may fail: ``before`` is told of each call, ``after`` when it was done."""

    def __init__(self, real: Any, before: Callable[[str], None], after: Callable[[str], None]) -> None:
        self._real = real
        self._before = before
        self._after = after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)

        def call(*given: Any) -> Any:
            self._before(name)
            answer = real(*given)
            self._after(name)
            return answer

        return call


class Feed:
    """A feed as streams are: votes come late, in another order, more than once, in batches cut anew each time.

    It loses some, and all that it held for too long. Restarts and crashes do not touch it: it is beyond this process.
    """

    def __init__(self, chance: random.Random, clock: Hands) -> None:
        self.lost = 0
        self._chance = chance
        self._clock = clock
        self._row = 0
        self._held: list[Arrived] = []
        self._told: list[Arrived] = []

    def deliver(self, store: SQLiteStore, *, everything: bool = False) -> None:
        """Let some of what was written become readable, in any order."""
        rows, cursor = SQLiteStore.arrivals(store, {"row": self._row}, 10_000)
        self._row = int(str(cursor.get("row", self._row)))
        self._held += rows
        self._lose()
        self._chance.shuffle(self._held)
        count = len(self._held) if everything else self._chance.randint(0, len(self._held))
        self._told += self._held[:count]
        del self._held[:count]

    def _lose(self) -> None:
        today, held = self._clock.time.astimezone(UTC).date(), len(self._held)
        self._held = [vote for vote in self._held if date.fromisoformat(vote.day) + TOLD > today]
        if self._held and self._chance.random() < 0.05:
            self._held.pop()
        self.lost += held - len(self._held)

    def arrivals(self, cursor: Mapping[str, object], limit: int) -> tuple[list[Arrived], Mapping[str, object]]:
        """Some votes after the cursor, a few of them twice."""
        at = int(str(cursor.get("at", 0)))
        batch = self._told[at : at + self._chance.randint(1, min(limit, 12))]
        doubled = batch + [vote for vote in batch if self._chance.random() < 0.2]
        self._chance.shuffle(doubled)
        return doubled, {"at": at + len(batch)} if batch else cursor


class FedStore(SQLiteStore):
    """The store of one machine, whose votes arrive through a feed."""

    feed: Feed

    def arrivals(self, cursor: Mapping[str, object], limit: int) -> tuple[list[Arrived], Mapping[str, object]]:
        """What the feed tells."""
        return self.feed.arrivals(cursor, limit)


class Machine:
    """One machine."""

    @property
    def happened(self) -> Counter[str]:
        """Its faults."""
        return Counter({"lost": self._feed.lost})

    def __init__(self, chance: random.Random, folder: Path, clock: Hands) -> None:
        self._chance = chance
        self._path = folder / "votes.sqlite"
        self._feed = Feed(chance, clock)
        self._open()

    def _open(self) -> None:
        self.truth = self.sealing = self.kept = FedStore(self._path)
        self.truth.feed = self._feed
        self.voters = Frail(self.truth, self._throttle, self._throttle)

    def _throttle(self, call: str) -> None:
        if call in ("cast", "votes", "make_key") and self._chance.random() < 0.05:
            raise UnavailableError("throttled")

    def restart(self) -> None:
        """Everything starts afresh from what is on the disk."""
        self.close()
        self._open()

    def deliver(self, *, everything: bool = False) -> None:
        """The feed moves on."""
        self._feed.deliver(self.truth, everything=everything)

    def settle(self) -> None:
        """What is under way arrives: time passes."""

    def overdue(self) -> None:
        """What the feed held for too long comes never."""

    def calm(self) -> None:
        """Faults end; the feed may still lag."""

    def close(self) -> None:
        """Let go of all."""
        self.truth.close()
