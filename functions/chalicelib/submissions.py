"""Submissions, whole: what routes and tests hold in one hand.

Knows which part does what: drafting.py, attaching.py, papers.py, submitting.py, recommending.py, on one entries.py.
"""

from collections.abc import Callable, Collection

from chalicelib.attaching import Attaching, Look
from chalicelib.clock import Clock
from chalicelib.drafting import Drafting, Mail
from chalicelib.entries import Entries
from chalicelib.papers import Papers
from chalicelib.recommending import Recommending
from chalicelib.submission_store import SubmissionStore
from chalicelib.submitting import Submitting
from chalicelib.trust import Trust
from chalicelib.uploads import Uploads


class Submissions:
    """All that entrants and recommending bodies may ask."""

    def __init__(  # noqa: PLR0913 each is one thing of the world; whoever makes it names all of them
        self,
        store: SubmissionStore,
        trust: Trust,
        clock: Clock,
        *,
        uploads: Callable[[], Uploads],
        look: Look,
        mail: Mail,
        origins: Collection[str] = (),
    ) -> None:
        self.entries = Entries(store, trust, clock, origins)
        self.drafting = Drafting(self.entries, mail, next(iter(origins), ""))
        self.attaching = Attaching(self.entries, uploads, look)
        self.papers = Papers(self.entries)
        self.submitting = Submitting(self.entries, mail)
        self.recommending = Recommending(self.entries)
