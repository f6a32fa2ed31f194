"""An edition put in force: its call and its ballot paper, at the place that the options of a verb mean.

Knows which of both an edition has; each is put in force by opening.py and polls.py. Also every edition at once, for
trying the hall on one's own machine; and which polls were started once and are not in the content any more.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from awards.errors import PingxuanError
from awards.model import Edition
from desk import checking, opening, polls, release, stopping, submitted, votes

Where = tuple[str | None, str | None]  # stage and endpoint, as a verb was given them


def start(edition: Edition, folder: Path, var: Path, where: Where, *, samples: bool) -> list[str]:
    """Put call and ballot paper of an edition in force; what is in force now, in words.

    folder: of the edition's files. Raises PingxuanError for an edition that has neither.
    """
    if not edition.voting and not opening.takes_submissions(edition):
        raise PingxuanError(f"{edition.id} has neither submissions nor voting", "Add them to edition.toml.")
    said = []
    if opening.takes_submissions(edition):
        with submitted.of(*where, var) as place:
            said.append(opening.told(opening.open_call(edition, folder, place.store)))
    if edition.voting:
        paper = polls.open_edition(edition, votes.of(*where, var).papers, samples=samples)
        said.append(f"{edition.id}: ballot paper {paper.version} with {len(paper.cases)} cases is in force.")
    return said


def hall(content: Path, var: Path) -> Path:
    """Build the hall, sample cases included, and put every edition in force on this machine; the built site."""
    site = var / "site"
    release.build(content, site, var, samples=True)
    editions = checking.require(content)
    polls.open_all(editions, votes.of(None, None, var).papers)
    with submitted.of(None, None, var) as place:
        opening.open_calls(editions, content, place.store)
    return site


def forgotten(var: Path, known: Collection[str], now: datetime) -> Iterator[str]:
    """Each poll that this machine takes votes for though the content does not know it, in words."""
    if not (var / "votes.sqlite").is_file():
        return
    for edition in stopping.forgotten(votes.here(var).papers, known, now):
        yield f"{edition} takes votes, but is not in the content. To end that: python publish.py stop {edition}"
