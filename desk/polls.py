"""Opening the poll of an edition, and counting what came: the editors' side of the vote store.

Knows the store's promises; the rule is awards.ballot's, the counting chalicelib.sealer's.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from chalicelib.sealer import seal
from chalicelib.store import SQLiteStore

from awards.ballot import BallotPaper, from_json, paper_of, to_json
from awards.errors import PingxuanError
from awards.model import Edition


def open_edition(edition: Edition, var: Path, *, samples: bool) -> BallotPaper:
    """Put the ballot paper of an edition in force, as a new version if it says something new; the paper in force.

    Raises PingxuanError if the edition has no voting.
    """
    shown = edition if samples else replace(edition, cases=tuple(case for case in edition.cases if not case.sample))
    store = open_store(var)
    before = store.paper(edition.id)
    paper = paper_of(shown, from_json(before).version if before else 1)
    if before == to_json(paper):
        return paper
    paper = replace(paper, version=paper.version + 1) if before else paper
    if not store.put_paper(to_json(paper)):
        raise PingxuanError(f"Somebody else opened {edition.id} at this moment", "Open it again.")
    return paper


def open_all(editions: Iterable[Edition], var: Path) -> None:
    """Open every edition that votes, sample cases included: for trying the hall on one's own machine."""
    for edition in editions:
        if edition.voting:
            open_edition(edition, var, samples=True)


def seal_edition(edition: str, var: Path, now: datetime) -> str:
    """Count the votes that are not counted yet and publish tally.json; what was done, in words."""
    store = open_store(var)
    if store.paper(edition) is None:
        raise PingxuanError(f"{edition} is not open", f"Run: python publish.py open {edition}")
    tally = seal(store, edition, var / "public", now)
    return f"{edition}: {tally['cast']} votes are counted."


def open_store(var: Path) -> SQLiteStore:
    """The vote store of this machine."""
    return SQLiteStore(var / "votes.sqlite")
