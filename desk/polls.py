"""Opening the poll of an edition, and counting what came: the editors' side of the vote store.

Knows the store's promises; the rule is awards.ballot's, the counting chalicelib.sealer's, where votes lie votes.py's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from chalicelib.sealer import Sealer

from awards.ballot import BallotPaper, from_json, paper_of, to_json
from awards.errors import PingxuanError
from awards.model import Edition


class Papers(Protocol):
    """What opening a poll asks of a vote store."""

    def paper(self, edition: str) -> dict[str, object] | None:
        """The ballot paper in force, as ballot.to_json wrote it."""

    def put_paper(self, paper: Mapping[str, object]) -> bool:
        """Put a new version in force; False if that version exists."""


def open_edition(edition: Edition, papers: Papers, *, samples: bool) -> BallotPaper:
    """Put the ballot paper of an edition in force, as a new version if it says something new; the paper in force.

    Raises PingxuanError if the edition has no voting.
    """
    shown = edition if samples else replace(edition, cases=tuple(case for case in edition.cases if not case.sample))
    before = papers.paper(edition.id)
    paper = paper_of(shown, from_json(before).version if before else 1)
    if before == to_json(paper):
        return paper
    paper = replace(paper, version=paper.version + 1) if before else paper
    if not papers.put_paper(to_json(paper)):
        raise PingxuanError(f"Somebody else opened {edition.id} at this moment", "Open it again.")
    return paper


def open_all(editions: Iterable[Edition], papers: Papers) -> None:
    """Open every edition that votes, sample cases included: for trying the hall on one's own machine."""
    for edition in editions:
        if edition.voting:
            open_edition(edition, papers, samples=True)


def seal_edition(edition: str, sealer: Sealer, now: datetime) -> str:
    """Count the votes that are not counted yet and publish ledger and tally.json; what was done, in words."""
    sealer.seal(now)
    return f"{edition}: {cast_in(edition, sealer)} votes are counted."


def cast_in(edition: str, sealer: Sealer) -> int:
    """How many votes are counted of an edition, void ones not taken off."""
    return sum(sealer.store.position().editions[edition].counts.values())
