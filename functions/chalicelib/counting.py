"""What the sealer and the stores say to each other about counting: values, and the face that every store has (VOTES 3).

Knows nothing of how they are kept. What any store promises here:

- position() is one consistent view; commit() puts position and changed editions in place together, or not at all, on
  the condition that the position is still of the version that the caller read.
- arrivals() tells every vote after a cursor, in any order, once or more often, and the cursor after them. It may lag,
  or lose votes; one that it did not tell when it was read to its end it tells within TOLD of the vote's day, or never.
- sweep() reads the votes themselves: what was written before the call is in it, each vote once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Protocol

TOLD = timedelta(days=4)  # dates, wherever they are counted: at least 60 hours after the vote; see dynamo_feed.TRIMMED


@dataclass(frozen=True)
class Arrived:
    """One vote, as a feed or a sweep tells it. id: random, unique. day: when, in the edition's zone."""

    edition: str
    period: str
    h: str
    cases: tuple[str, ...]
    id: str
    day: str


@dataclass(frozen=True)
class Sealed:
    """What is counted of one edition.

    size: ledger records. frontier: hex hashes of the right edge of the ledger's tree, enough to append.
    counts: case -> votes cast, void ones not taken off. void: case -> votes voided.
    day: last day closed by a day record, "" for none. tally: the text of tally.json as last committed.
    """

    size: int
    frontier: tuple[str, ...]
    counts: Mapping[str, int]
    void: Mapping[str, int]
    day: str
    closed: bool
    tally: str


@dataclass(frozen=True)
class Position:
    """Where counting stands. version: 0 as long as nothing is committed, then one more each time.

    cursor: JSON, the store's own. early: ids that reconcile appended and the feed may still
    deliver.
    """

    version: int
    cursor: Mapping[str, object]
    early: frozenset[str]
    editions: Mapping[str, Sealed]


NOTHING: Mapping[str, int] = MappingProxyType({})
UNSEALED = Sealed(size=0, frontier=(), counts=NOTHING, void=NOTHING, day="", closed=False, tally="")
START = Position(version=0, cursor=MappingProxyType({}), early=frozenset(), editions=MappingProxyType({}))


class CountingStore(Protocol):
    """What the sealer asks of a store."""

    def editions(self) -> list[str]:
        """The editions that have a ballot paper."""

    def paper(self, edition: str) -> dict[str, object] | None:
        """The ballot paper in force, as ballot.to_json wrote it."""

    def key(self, edition: str, span: str) -> bytes | None:
        """The key of a span, if it was made and not deleted since."""

    def make_key(self, edition: str, span: str) -> bytes:
        """The key of a span, made now if nobody has."""

    def position(self) -> Position:
        """Where counting stands."""

    def arrivals(self, cursor: Mapping[str, object], limit: int) -> tuple[list[Arrived], Mapping[str, object]]:
        """At most ``limit`` votes after a cursor, and the cursor after them."""

    def commit(self, before: Position, after: Position) -> bool:
        """Put ``after`` in place of ``before``; False, and nothing changed, if that is no longer what stands there."""

    def sweep(self, edition: str) -> Iterator[Arrived]:
        """The votes themselves, by consistent reads."""
