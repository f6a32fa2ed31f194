"""Ending a poll at once, and naming polls that the content no longer knows.

Knows the ballot papers in force, so that it needs no content; the rule is awards.ballot's. Nothing is deleted: an end
is a new version of the paper, which the ledger records as it does every other.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from awards.ballot import BallotPaper, State, from_json, state, to_json
from awards.errors import PingxuanError
from awards.model import Window
from desk.polls import Papers

NOTICE = timedelta(seconds=10)  # in which every function has read the new paper (VOTES 2): none counts a later vote


class Listed(Papers, Protocol):
    """Papers that can be listed."""

    def editions(self) -> list[str]:
        """The editions that have a ballot paper."""


def stop_edition(edition: str, papers: Papers, now: datetime) -> BallotPaper:
    """Put a paper in force whose window closes in ten seconds; the paper in force, unchanged where it is over by then.

    Raises PingxuanError for an edition that is not open.
    """
    stored = papers.paper(edition)
    if stored is None:
        raise PingxuanError(f"{edition} is not open", "There is nothing to stop.")
    paper = from_json(stored)
    closes = (now + NOTICE).astimezone(ZoneInfo(paper.rule.zone)).replace(microsecond=0)
    if state(paper.rule, closes) is State.CLOSED:
        return paper
    window = Window(min(paper.rule.window.opens or closes, closes), closes)
    paper = replace(paper, version=paper.version + 1, rule=replace(paper.rule, window=window))
    if not papers.put_paper(to_json(paper)):
        raise PingxuanError(f"Somebody else opened {edition} at this moment", "Stop it again.")
    return paper


def forgotten(papers: Listed, known: Collection[str], now: datetime) -> list[str]:
    """The editions that take votes, or will, though the content does not know them."""
    stored = {edition: papers.paper(edition) for edition in papers.editions() if edition not in known}
    return [name for name, paper in stored.items() if paper and state(from_json(paper).rule, now) is not State.CLOSED]
