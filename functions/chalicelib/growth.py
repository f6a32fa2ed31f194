"""What one commit adds to one edition: records, counts and the tally that tells of them. Values only, nothing is kept.

A growth starts from what is sealed, takes what is to be recorded, and ends as what will be sealed.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from awards import ballot, ledger
from awards.ballot import BallotPaper, State
from chalicelib.counting import Arrived, Sealed

FRESH = timedelta(minutes=1)  # while open, figures are never older
LATE = timedelta(minutes=1)  # after midnight, for the last votes of a day to arrive
AHEAD = timedelta(days=1)  # a key is there this long before the first vote can ask for it


class Growth:
    """What is added to an edition at one moment.

    entries: the records, in order. paper: the text of the ballot paper in force. told: whether a record names it.
    """

    def __init__(self, before: Sealed, paper: bytes, now: datetime) -> None:
        self.before = before
        self.entries: list[bytes] = []
        self.paper = paper
        self.told = False
        self._paper = ballot.from_json(json.loads(paper))
        self._now = now
        self._local = now.astimezone(ZoneInfo(self._paper.rule.zone))
        self._counts = Counter(before.counts)
        self._void = Counter(before.void)
        self._day = before.day
        self._closed = before.closed

    @property
    def edition(self) -> str:
        """The edition that grows."""
        return self._paper.edition

    @property
    def ahead(self) -> str | None:
        """The span whose key votes ask for next: that of a day from now; None where nobody votes then."""
        rule, then = self._paper.rule, self._now + AHEAD
        if ballot.state(rule, self._now) is State.CLOSED or ballot.state(rule, then) is State.BEFORE:
            return None
        return ballot.span_of(ballot.last_period(rule, then).name)

    def open(self, key: Callable[[str], bytes], *, voted: bool) -> None:
        """Open the ledger with the voting, or with the first vote; later note a ballot paper that changed."""
        if self.before.size == 0:
            if voted or ballot.state(self._paper.rule, self._now) is not State.BEFORE:
                self._tell_paper("open")
                self._key(key)
                self._day = self._ended()  # days before the ledger have no record
        elif json.loads(self.before.tally)["paper"] != self._paper.version:
            self._tell_paper("paper", n=self._paper.version)

    def _tell_paper(self, kind: str, **says: int) -> None:
        self._record(kind, "", paper=ledger.digest(self.paper), **says)
        self.told = True

    def votes(self, arrived: Iterable[Arrived]) -> None:
        """Record votes, ordered by h: what voters chose at random tells nobody when they came."""
        for vote in sorted(arrived, key=lambda each: (each.h, each.id)):
            for case in vote.cases:
                self.entries.append(ledger.record("v", self.edition, c=case, d=vote.day, h=vote.h, i=vote.id))
                self._counts[case] += 1

    def day(self, key: Callable[[str], bytes]) -> None:
        """Close the last day of voting that ended, if no record did; the next day's key is told with it."""
        rule, day = self._paper.rule, self._ended()
        if self.before.size == 0 or self._closed or day <= self._day or self._over(day):
            return
        self._record("day", day, n=self._counts.total(), tally=self._figures())
        self._day = day
        if ballot.state(rule, self._now) is State.OPEN:
            self._key(key, unlike=self._local - timedelta(days=1))

    def _ended(self) -> str:
        """The last day that ended, and whose votes had time to arrive."""
        return ((self._local - LATE).date() - timedelta(days=1)).isoformat()

    def _over(self, day: str) -> bool:
        closes = self._paper.rule.window.closes
        return closes is not None and day > (closes - ballot.LAST).astimezone(self._local.tzinfo).date().isoformat()

    def void(self, of: int, case: str, rule: str, by: str) -> None:
        """Void one vote: the record ``of`` of a case, by a decision whose digest is ``by``."""
        self._record("void", of=of, r=rule, by=by)
        self._void[case] += 1

    def close(self) -> None:
        """Say that no vote comes any more."""
        self._record("close", n=self._counts.total(), tally=self._figures())
        self._closed = True

    def sealed(self, version: int) -> Sealed:
        """What will be sealed, as the commit of a version."""
        frontier = [bytes.fromhex(each) for each in self.before.frontier]
        size, grown = ledger.grow(self.before.size, frontier, map(ledger.leaf, self.entries))
        tally = {
            "edition": self.edition,
            "version": version,
            "as_of": self._local.isoformat(timespec="seconds"),
            **figures(self._paper, self._counts, self._void, hidden=is_hidden(self._paper, self._now)),
            "paper": self._paper.version,
            "records": size,
        }
        return Sealed(
            size=size,
            frontier=tuple(each.hex() for each in grown),
            counts=dict(self._counts),
            void=dict(self._void),
            day=self._day,
            closed=self._closed,
            tally=self.before.tally if not self._news(tally) else _json(tally),
        )

    def _news(self, tally: Mapping[str, object]) -> bool:
        """Whether a tally says something new: other figures, or that they still hold."""
        if self.entries or not self.before.tally:
            return True
        before = json.loads(self.before.tally)
        if any(before.get(key) != tally.get(key) for key in {*before, *tally} - {"version", "as_of"}):
            return True
        as_of, closes = datetime.fromisoformat(before["as_of"]), self._paper.rule.window.closes
        standing = ballot.state(self._paper.rule, self._now)
        if standing is State.CLOSED:
            return closes is not None and as_of < closes
        return standing is State.OPEN and abs(self._now - as_of) >= FRESH

    def _record(self, kind: str, day: str = "", **says: str | int) -> None:
        self.entries.append(ledger.record(kind, self.edition, d=day or self._local.date().isoformat(), **says))

    def _key(self, key: Callable[[str], bytes], unlike: datetime | None = None) -> None:
        """Tell the digest of the key of this span, unless it is the span of another moment too."""
        rule = self._paper.rule
        span = ballot.span_of(ballot.last_period(rule, self._now).name)
        if unlike is None or span != ballot.span_of(ballot.period_at(rule, unlike).name):
            self._record("key", s=span, key=ledger.digest(key(span)))

    def _figures(self) -> str:
        """The digest of the counts; none while they are hidden, since few cases are quickly guessed."""
        return "" if is_hidden(self._paper, self._now) else ledger.digest_of_counts(self._counts, self._void)


def figures(
    paper: BallotPaper, counts: Mapping[str, int], void: Mapping[str, int], *, hidden: bool
) -> dict[str, object]:
    """What tally.json says of votes. cast: all of them, a ballot of three cases being three; counts: the valid ones.

    Those of a case that was withdrawn, or left the paper, stay recorded under withdrawn.
    """
    totals = {"cast": sum(counts.values()), "void": sum(void.values())}
    if hidden:
        return {"counts": {}, **totals, "withdrawn": {}, "hidden": True}
    valid = {case: counts.get(case, 0) - void.get(case, 0) for case in sorted({*paper.cases, *counts})}
    votable = paper.cases.keys() - paper.withdrawn
    return {
        "counts": {case: n for case, n in valid.items() if case in votable},
        **totals,
        "withdrawn": {case: n for case, n in valid.items() if case not in votable},
    }


def is_hidden(paper: BallotPaper, now: datetime) -> bool:
    """Whether counts are told to nobody yet."""
    return paper.rule.hidden and ballot.state(paper.rule, now) is not State.CLOSED


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
