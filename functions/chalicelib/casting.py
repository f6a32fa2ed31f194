"""Casting a vote, from the request to one conditional write, and asking for what was cast (VOTES 2).

Knows the order of the questions. The rule is awards.ballot's, the write the store's, the answer's form answers.py's.
"""

import hmac
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from awards import ballot as rules
from awards.ballot import Ballot, BallotPaper, Period, State
from chalicelib.clock import Clock
from chalicelib.incoming import Incoming
from chalicelib.origin import Page, own_origins, page_of
from chalicelib.receipt import Receipt, hash_of, opens
from chalicelib.refused import RefusedError, malformed, refused
from chalicelib.slots import Slots
from chalicelib.store import SQLiteStore, Vote
from chalicelib.trust import Trust

FAR = datetime.max.replace(tzinfo=UTC)
PAPER_LIFE = 2.0  # seconds for which a ballot paper is kept; VOTES 2 allows ten


@dataclass(frozen=True)
class Attempt:
    """A ballot of a subject, received at ``now``.

    span: the period it counts for: that of now, or the last of a voting that is over. nonce: ours, hex, for a form,
    whose repeats bear another h.
    """

    paper: BallotPaper
    ballot: Ballot
    subject: str
    now: datetime
    span: Period
    nonce: str = ""

    @property
    def period(self) -> str:
        """The name of the period it counts for."""
        return self.span.name

    @property
    def places(self) -> tuple[str, ...]:
        """The periods that may hold this ballot. It is written in one of them or never, so that it counts once."""
        named = self.ballot.period
        return (self.period,) if named is None else rules.around(self.paper.rule, named)

    @property
    def next(self) -> datetime | None:
        """The next period's start."""
        return rules.next_after(self.paper.rule, self.span)

    @property
    def local(self) -> datetime:
        """Now, on the edition's clock."""
        return self.now.astimezone(ZoneInfo(self.paper.rule.zone))

    def already(self) -> RefusedError:
        """The refusal of a subject that has no vote left."""
        refusal = rules.refusal("already_voted", self.paper.rule)
        return RefusedError(refusal, next=self.next and self.next.isoformat())


class Voting:
    """The voting of all editions: store, trust and clock, and what is kept of them between requests.

    origins: of this hall; empty for those of the host that is asked.
    """

    def __init__(self, store: SQLiteStore, trust: Trust, clock: Clock, origins: Collection[str] = ()) -> None:
        self._store = store
        self._slots = Slots(store)
        self._trust = trust
        self._clock = clock
        self._origins = origins
        self._papers: dict[str, tuple[float, BallotPaper]] = {}
        self._spans: dict[str, tuple[BallotPaper, datetime, datetime, Period]] = {}

    def paper(self, edition: str) -> BallotPaper:
        """The ballot paper in force."""
        read, paper = self._papers.get(edition, (0.0, None))
        if paper is None or time.monotonic() - read >= PAPER_LIFE:
            stored = self._store.paper(edition)
            if stored is None:
                raise refused("no_such_edition")
            paper = rules.from_json(stored)
            self._papers[edition] = time.monotonic(), paper
        return paper

    def language(self, edition: str) -> str:
        """The language of an edition's pages, as far as it is known without asking the store."""
        return self._papers[edition][1].language if edition in self._papers else "zh-CN"

    def status(self, edition: str) -> dict[str, object]:
        """Where the voting stands: public, the same for everybody."""
        now, paper = self._clock.now(), self.paper(edition)
        return {
            "edition": edition,
            "state": rules.state(paper.rule, now).value,
            **rules.times(paper.rule),
            "now": now.astimezone(ZoneInfo(paper.rule.zone)).isoformat(timespec="milliseconds"),
            "period": rules.last_period(paper.rule, now).name,
            "version": paper.version,
            "rule": rules.to_json(paper)["rule"],
        }

    def now(self) -> datetime:
        """The time that votes are received at."""
        return self._clock.now()

    def vote(self, edition: str, request: Incoming, received: datetime | None = None) -> Receipt:
        """Take the vote of a request, or raise why not. received: when, of one that waited for its turn since."""
        now = received or self.now()
        request.check()
        paper = self.paper(edition)
        page = self._page(paper, request)
        if page is Page.FOREIGN:
            raise refused("foreign_origin")
        if not request.form:
            ballot = _read(rules.read(request.json(), paper.rule))
            return self.cast(self.attempt(paper, ballot, self._trust.subject(request.peer, request.headers), now))
        fields, nonce = request.fields(), secrets.token_bytes(16)
        ballot = _read(rules.read_form(fields, hash_of(nonce), paper.rule))
        subject = self._trust.subject(request.peer, request.headers)
        attempt = replace(self.attempt(paper, ballot, subject, now), nonce=nonce.hex())
        if page is Page.UNTOLD:
            self._confirm(attempt, fields.get("confirm", [""])[0])
        return self.cast(attempt)

    def attempt(self, paper: BallotPaper, ballot: Ballot, subject: str, now: datetime) -> Attempt:
        """A ballot of a subject, received now. The period in hand is kept: the zone's clock costs more."""
        known, since, until, span = self._spans.get(paper.edition, (None, now, now, None))
        if span is None or known is not paper or not since <= now < until:
            span = rules.last_period(paper.rule, now)
            until = min(span.ends or FAR, paper.rule.window.closes or FAR)
            self._spans[paper.edition] = paper, now, until, span
        return Attempt(paper, ballot, subject, now, span)

    def cast(self, attempt: Attempt) -> Receipt:
        """Take a ballot, or raise why not. What it repeats is looked for before anything refuses it."""
        for period in attempt.places:
            if period != attempt.period and (found := self._repeated(attempt, period)):
                return found
        refusal = rules.check(attempt.paper, attempt.ballot, attempt.now)
        if refusal is None and attempt.period in attempt.places:
            return self._write(attempt)
        if refusal is None:
            raise RefusedError(rules.refusal("out_of_date", attempt.paper.rule))
        if found := self._repeated(attempt, attempt.period):
            return found
        raise RefusedError(refusal, **_times(attempt, refusal.code))

    def _write(self, attempt: Attempt) -> Receipt:
        """The one conditional write."""
        paper, ballot = attempt.paper, attempt.ballot
        slot = self._slots.of_now(paper, attempt.period, attempt.subject)
        vote = Vote(ballot.h, ballot.cases, secrets.token_hex(8), attempt.local.date().isoformat())
        written, before = self._store.cast(paper, slot, vote)
        if written:
            return Receipt(paper, attempt.period, vote, again=False, next=attempt.next, nonce=attempt.nonce)
        for known in before:
            if known.cases == ballot.cases and (attempt.nonce or known.h == ballot.h):
                return Receipt(paper, attempt.period, known, again=True, next=attempt.next)
        raise attempt.already()

    def _repeated(self, attempt: Attempt, period: str) -> Receipt | None:
        """The receipt of the vote that this ballot repeats, if it was taken in that period."""
        paper = attempt.paper
        for vote in self._taken(paper, period, attempt.subject):
            if vote.h == attempt.ballot.h:
                if vote.cases != attempt.ballot.cases:
                    raise attempt.already()
                past = period != attempt.period and rules.state(paper.rule, attempt.now) is State.OPEN
                return Receipt(paper, period, vote, again=True, next=attempt.local if past else attempt.next)
        return None

    def receipt(self, edition: str, request: Incoming) -> Receipt:
        """The receipt of a vote that was cast from the same address. query: h, period, nonce if we made it."""
        now, paper = self._clock.now(), self.paper(edition)
        h, period, nonce = (request.query.get(name, "") for name in ("h", "period", "nonce"))
        for vote in self._taken(paper, period, self._trust.subject(request.peer, request.headers)):
            if vote.h == h:
                known = nonce if opens(nonce, h) else ""
                return Receipt(paper, period, vote, again=not known, next=rules.next_vote(paper.rule, now), nonce=known)
        raise refused("no_such_receipt")

    def _taken(self, paper: BallotPaper, period: str, subject: str) -> list[Vote]:
        slot = self._slots.known(paper, period, subject)
        return [] if slot is None else self._store.votes(slot)

    def _page(self, paper: BallotPaper, request: Incoming) -> Page:
        ours = self._origins or own_origins(",".join(request.values("host")))
        return page_of(request.values("origin"), request.values("referer"), {*ours, *paper.rule.origins})

    def _confirm(self, attempt: Attempt, token: str) -> None:
        """Ask, unless the form carries what only our own page could have told it."""
        paper, cases = attempt.paper, attempt.ballot.cases
        if refusal := rules.check(paper, attempt.ballot, attempt.now):
            raise RefusedError(refusal, **_times(attempt, refusal.code))
        expected = self._slots.token(paper.edition, attempt.period, attempt.subject, cases)
        if not hmac.compare_digest(token.encode(), expected.encode()):
            raise refused("confirm", cases=cases, token=expected)


def _read(ballot: Ballot | tuple[rules.Fault, ...]) -> Ballot:
    if isinstance(ballot, tuple):
        raise malformed(ballot)
    return ballot


def _times(attempt: Attempt, code: str) -> dict[str, str | None]:
    return rules.times(attempt.paper.rule) if code in ("not_open", "closed") else {}
