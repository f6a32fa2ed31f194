"""What a voter gets for a vote that is counted."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from awards.ballot import BallotPaper
from chalicelib.store import Vote


@dataclass(frozen=True)
class Receipt:
    """A vote that is counted. again: it was already. next: when the subject may vote next, None for never.

    nonce: hex, only where we made it, for a form.
    """

    paper: BallotPaper
    period: str
    vote: Vote
    again: bool
    next: datetime | None
    nonce: str = ""

    def body(self) -> dict[str, object]:
        """The receipt as the API says it; the same forever."""
        vote = self.vote
        return {
            "edition": self.paper.edition,
            "cases": list(vote.cases),
            "h": vote.h,
            "period": self.period,
            "id": vote.id,
            "at": vote.day,
        }


def hash_of(nonce: bytes) -> str:
    """What a voter sends of its nonce: h."""
    return hashlib.sha256(nonce).hexdigest()[:32]


def opens(nonce: str, h: str) -> bool:
    """Whether this is the nonce, in hex, that h was made of."""
    try:
        return hash_of(bytes.fromhex(nonce)) == h
    except ValueError:
        return False
