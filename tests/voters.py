"""What tests of voting share: a ballot paper of three cases, a voter's h, a clock whose hands they move."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from chalicelib.store import SQLiteStore

from awards import ballot
from awards.ballot import BallotPaper
from awards.model import VotingRule, Window

RULE = VotingRule(
    subject="address",
    per="day",
    votes=1,
    per_case=None,
    per_category=None,
    at_least=1,
    at_most=1,
    floor=None,
    hidden=False,
    origins=("https://partner.example",),
    window=Window(datetime(2020, 8, 21, 16, tzinfo=UTC), datetime(2020, 8, 31, 16, tzinfo=UTC)),
    zone="Asia/Shanghai",
)
PAPER = BallotPaper("qd", 1, "青岛 2020", "zh-CN", RULE, {"c1": "cy", "c2": "cy", "gone": "ms"}, frozenset({"gone"}))
NOON = datetime(2020, 8, 24, 4, tzinfo=UTC)


def h_of(word: str) -> str:
    """A voter's h, made of any word."""
    return hashlib.sha256(word.encode()).hexdigest()[:32]


@dataclass
class Hands:
    """A clock whose hands a test moves."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def move(self, **by: float) -> None:
        self.time += timedelta(**by)


def put(store: SQLiteStore, version: int = 1, withdrawn: tuple[str, ...] = ("gone",), **rule: object) -> BallotPaper:
    """Put a paper in force."""
    paper = replace(PAPER, version=version, rule=replace(RULE, **rule), withdrawn=frozenset(withdrawn))
    assert store.put_paper(ballot.to_json(paper))
    return paper
