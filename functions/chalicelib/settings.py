"""What the environment sets, read once; whatever cannot be meant refuses to start.

PINGXUAN_VAR             the folder of what this machine keeps: votes, submissions, uploads, public/ (default var)
PINGXUAN_TRUST           whose address counts: direct (default), proxy:HEADER or gateway; see trust.py
PINGXUAN_ORIGIN_SECRET   what the proxy must send in X-Origin-Secret (default: nothing)
PINGXUAN_ORIGINS         origins of this hall, separated by spaces (default: those of the Host that is asked); mailed
                         links begin with the first one, and are mailed without any from the machine itself alone
PINGXUAN_STAGE           dev (default), prod or cn; only dev may play with the clock
PINGXUAN_LOG_LEVEL       what is logged; see logs.py
PINGXUAN_ACCESS_LOG_DAYS how long addresses are kept; see accesslog.py
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from awards.errors import PingxuanError
from chalicelib.casting import Voting
from chalicelib.clock import Clock
from chalicelib.drafting import Mail
from chalicelib.looking import look
from chalicelib.store import SQLiteStore
from chalicelib.submission_store import SQLiteSubmissions, SubmissionStore
from chalicelib.submissions import Submissions
from chalicelib.trust import Trust
from chalicelib.uploads import FolderUploads, Uploads


@dataclass(frozen=True)
class Settings:
    """See the module. as_of is not of the environment: serve --as-of brings it."""

    var: Path
    trust: Trust
    origins: tuple[str, ...]
    stage: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings of an environment."""
        stage = environ.get("PINGXUAN_STAGE", "dev")
        if stage not in ("dev", "prod", "cn"):
            raise PingxuanError(f"PINGXUAN_STAGE={stage} is not known", "Set it to dev, prod or cn")
        origins = tuple(environ.get("PINGXUAN_ORIGINS", "").split())
        return cls(Path(environ.get("PINGXUAN_VAR", "var")), Trust.of(environ), origins, stage)

    def clock(self, as_of: datetime | None) -> Clock:
        """The clock, started at as_of where that is given and allowed."""
        if as_of is None:
            return Clock()
        if self.stage != "dev":
            told = f"--as-of plays with the clock, PINGXUAN_STAGE={self.stage} is for real votes"
            raise PingxuanError(told, "Leave one out")
        if as_of.tzinfo is None:
            raise PingxuanError(f"--as-of {as_of.isoformat()} has no zone", "Write 2020-08-24T10:00:00+08:00")
        return Clock.starting_at(as_of)

    def store(self) -> SQLiteStore:
        """The vote store of this machine."""
        return SQLiteStore(self.var / "votes.sqlite")

    def voting(self, clock: Clock, store: SQLiteStore) -> Voting:
        """The voting that the functions ask."""
        return Voting(store, self.trust, clock, self.origins)

    def uploads(self, clock: Clock) -> FolderUploads:
        """What entrants upload, on this machine."""
        return FolderUploads.of(self.var, clock.now)

    def submissions(self, clock: Clock, uploads: FolderUploads, mail: Mail) -> Submissions:
        """The submissions that the functions ask, on this machine."""
        store = SQLiteSubmissions(self.var / "submissions.sqlite")
        return self.entered(store, clock, lambda: uploads, mail)

    def entered(self, store: SubmissionStore, clock: Clock, uploads: Callable[[], Uploads], mail: Mail) -> Submissions:
        """The submissions of a store."""
        return Submissions(store, self.trust, clock, uploads=uploads, look=look, mail=mail, origins=self.origins)
