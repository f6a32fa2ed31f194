"""Counting: one sealer per store derives the counts from the votes and publishes them (VOTES 3).

Position, counts and tally are committed together, on the condition that nobody else did meanwhile, so no crash, repeat
or second sealer can change a count. What is published is what the store holds as committed, whatever stood there.
"""

import fcntl
import json
import logging
import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from awards import ballot
from awards.ballot import BallotPaper, State
from awards.errors import PingxuanError
from chalicelib.clock import Clock
from chalicelib.store import Seal, SQLiteStore

log = logging.getLogger("pingxuan")

BATCH = 20_000  # votes per seal
FRESH = timedelta(minutes=1)  # while open, figures are never older
EVERY = 2.0  # seconds between two seals of the single-machine server
UNCOUNTED = Seal(version=0, position=0, counts={}, tally="")


def seal(store: SQLiteStore, edition: str, public: Path, now: datetime) -> dict[str, object]:
    """Count the votes that are not counted yet, publish tally.json and ballot.json of an edition; the tally."""
    stored = store.paper(edition)
    if stored is None:
        raise PingxuanError(f"{edition} has no ballot paper", f"Run: python publish.py open {edition}")
    paper = ballot.from_json(stored)
    while _count(store, paper, now):
        pass
    return _publish(store, edition, public)


def _count(store: SQLiteStore, paper: BallotPaper, now: datetime) -> bool:
    """Commit one more seal if there is something new to say; whether there may be more."""
    last = store.seal(paper.edition) or UNCOUNTED
    votes = store.votes_after(paper.edition, last.position, BATCH)
    counts = Counter(last.counts)
    counts.update(case for _, cases in votes for case in cases)
    tally = tally_of(paper, counts, last.version + 1, now)
    if not votes and not _news(paper, last, tally, now):
        return False
    position = votes[-1][0] if votes else last.position
    text = json.dumps(tally, ensure_ascii=False, separators=(",", ":"))
    # Whoever loses throws its work away and looks again.
    written = store.commit_seal(paper.edition, Seal(last.version + 1, position, dict(counts), text))
    return not written or len(votes) == BATCH


def tally_of(paper: BallotPaper, counts: Mapping[str, int], version: int, now: datetime) -> dict[str, object]:
    """What tally.json says. cast: votes, a ballot of three cases being three.

    Votes of a case that was withdrawn, or left the paper, stay recorded under withdrawn.
    """
    shown = {
        "edition": paper.edition,
        "version": version,
        "as_of": now.astimezone(ZoneInfo(paper.rule.zone)).isoformat(timespec="seconds"),
    }
    totals = {"cast": sum(counts.values()), "void": 0}
    if paper.rule.hidden and ballot.state(paper.rule, now) is not State.CLOSED:
        return {**shown, "counts": {}, **totals, "withdrawn": {}, "hidden": True}
    votable = {case: counts.get(case, 0) for case in sorted(paper.cases) if case not in paper.withdrawn}
    withdrawn = {case: counts.get(case, 0) for case in sorted({*paper.withdrawn, *counts} - {*votable})}
    return {**shown, "counts": votable, **totals, "withdrawn": withdrawn}


def _news(paper: BallotPaper, last: Seal, tally: Mapping[str, object], now: datetime) -> bool:
    """Whether a tally without new votes says something new: other figures, or that they still hold."""
    if not last.tally:
        return True
    before = json.loads(last.tally)
    if any(before.get(key) != tally.get(key) for key in {*before, *tally} - {"version", "as_of"}):
        return True
    as_of, closes = datetime.fromisoformat(before["as_of"]), paper.rule.window.closes
    standing = ballot.state(paper.rule, now)
    if standing is State.CLOSED:
        return closes is not None and as_of < closes
    return standing is State.OPEN and abs(now - as_of) >= FRESH


def _publish(store: SQLiteStore, edition: str, public: Path) -> dict[str, object]:
    """Put what is committed beside the hall; read under the lock, so that nothing older follows something newer."""
    folder = public / edition
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        paper, last = store.paper(edition), store.seal(edition) or UNCOUNTED
        _replace(folder / "ballot.json", json.dumps(paper, ensure_ascii=False, separators=(",", ":")))
        _replace(folder / "tally.json", last.tally)
    return dict(json.loads(last.tally))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One publisher at a time, on this machine; the lock ends with the process."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(file: Path, text: str) -> None:
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return
    fresh = file.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, file)  # noqa: PTH105 said as it is: one atomic step


def seal_all(store: SQLiteStore, public: Path, clock: Clock) -> None:
    """Seal every edition; what fails for one is told and tried again the next time."""
    for edition in store.editions():
        try:
            seal(store, edition, public, clock.now())
        except (PingxuanError, OSError) as error:
            log.error("sealing %s: %s", edition, error)  # noqa: TRY400 the message says all


def run(store: SQLiteStore, public: Path, clock: Clock, stop: threading.Event) -> None:
    """Seal every few seconds until told to stop."""
    while True:
        try:
            seal_all(store, public, clock)
        except Exception:
            log.exception("the sealer stumbled and goes on")
        if stop.wait(EVERY):
            return
