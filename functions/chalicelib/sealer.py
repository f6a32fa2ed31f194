"""Counting: one sealer per store derives the counts from the votes and publishes them (VOTES 3).

Position, records and counts are committed together, on the condition that nobody else did meanwhile, so no crash,
repeat or second sealer can change a count. What is published is staged before the commit, and published after it, as it
was committed.
"""

import json
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from awards.errors import PingxuanError
from chalicelib import publishing, staging
from chalicelib.clock import Clock
from chalicelib.counting import UNSEALED, Arrived, CountingStore, Position
from chalicelib.growth import Growth
from chalicelib.objects import Folder, Kept, Objects
from chalicelib.store import SQLiteStore

log = logging.getLogger("pingxuan")

BATCH = 20_000  # votes per commit
EVERY = 2.0  # seconds between two seals of the single-machine server


class Sealer:
    """One sealer. kept: private, where records are staged. public: where what is committed is published."""

    def __init__(self, store: CountingStore, kept: Kept, public: Objects) -> None:
        self.store = store
        self.kept = kept
        self.public = public
        self._ahead: set[tuple[str, str]] = set()

    def seal(self, now: datetime) -> None:
        """Count what is not counted yet and publish every edition; what fails for one does not keep the others."""
        while self.count(now):
            pass
        errors = [error for edition in self.store.editions() if (error := self._tried(edition))]
        if errors:
            raise errors[0]

    def _tried(self, edition: str) -> PingxuanError | OSError | None:
        try:
            publishing.publish(self.store, self.kept, self.public, edition)
        except (PingxuanError, OSError) as error:
            return error
        return None

    def count(self, now: datetime) -> bool:
        """Commit what arrived, if there is something new to say; whether there may be more."""
        before = self.store.position()
        arrived, cursor = self.store.arrivals(before.cursor, BATCH)
        fresh = {vote.id: vote for vote in arrived if vote.id not in before.early}
        early = before.early - {vote.id for vote in arrived}
        growths = [
            self.grown(before, edition, now, [vote for vote in fresh.values() if vote.edition == edition])
            for edition in sorted({*self.store.editions(), *(vote.edition for vote in fresh.values())})
        ]
        committed = self.commit(replace(before, cursor=cursor, early=early), growths, before)
        return not committed or bool(arrived)  # a feed may tell less than it could

    def grown(self, before: Position, edition: str, now: datetime, votes: Collection[Arrived] = ()) -> Growth:
        """What an edition grows by at this moment, with these votes."""
        stored = self.store.paper(edition)
        if stored is None:
            raise PingxuanError(f"{edition} has no ballot paper", f"Run: python publish.py open {edition}")
        growth = Growth(before.editions.get(edition, UNSEALED), publishing.text_of(stored), now)
        key = partial(self.store.make_key, edition)
        growth.open(key, voted=bool(votes))
        growth.votes(votes)
        growth.day(key)
        if (span := growth.ahead) and (edition, span) not in self._ahead:
            key(span)  # so that tomorrow's first vote need not make it
            self._ahead.add((edition, span))
        return growth

    def commit(self, position: Position, growths: Iterable[Growth], before: Position) -> bool:
        """Stage and commit; False if somebody else did meanwhile. Nothing is written where nothing is new."""
        version = before.version + 1
        editions = dict(position.editions)
        for growth in growths:
            sealed = growth.sealed(version)
            if growth.told:
                staging.stage_paper(self.kept, growth.edition, growth.paper)
            staging.stage(self.kept, growth.edition, growth.before, sealed, growth.entries)
            editions[growth.edition] = sealed
        after = replace(position, version=version, editions=editions)
        return replace(after, version=before.version) == before or self.store.commit(before, after)

    def append(self, edition: str, now: datetime, what: Callable[[Position, Growth], None]) -> None:
        """Commit and publish something that no vote brings. what: called again if somebody else committed meanwhile."""
        while True:
            before = self.store.position()
            growth = self.grown(before, edition, now)
            what(before, growth)
            if self.commit(before, [growth], before):
                break
        publishing.publish(self.store, self.kept, self.public, edition)


def on_this_machine(store: SQLiteStore, public: Path) -> Sealer:
    """The sealer of a SQLite store, which keeps what is staged in the same file."""
    return Sealer(store, store, Folder(public))


def seal(store: SQLiteStore, edition: str, public: Path, now: datetime) -> Mapping[str, object]:
    """Count what is not counted yet and publish it; the tally of an edition."""
    if store.paper(edition) is None:
        raise PingxuanError(f"{edition} has no ballot paper", f"Run: python publish.py open {edition}")
    on_this_machine(store, public).seal(now)
    return dict(json.loads(store.position().editions[edition].tally))


def run(store: SQLiteStore, public: Path, clock: Clock, stop: threading.Event) -> None:
    """Seal every few seconds until told to stop; what fails is told and tried again the next time."""
    sealer = on_this_machine(store, public)
    while True:
        try:
            sealer.seal(clock.now())
        except (PingxuanError, OSError) as error:
            log.error("sealing: %s", error)  # noqa: TRY400 the message says all
        except Exception:
            log.exception("the sealer stumbled and goes on")
        if stop.wait(EVERY):
            return
