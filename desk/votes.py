"""Where the votes lie: on this machine, or in a deployed stage. The one place that decides it for every verb.

Knows both, and hands out what the verbs of polls.py and counting.py ask for; refuses to know what they do with it.
"""

from dataclasses import dataclass
from pathlib import Path

from chalicelib.objects import Folder, Kept
from chalicelib.sealer import Sealer, on_this_machine
from chalicelib.store import SQLiteStore

from awards.errors import PingxuanError
from desk.cloud import Cloud, told
from desk.stopping import Listed

DECISIONS = "decisions/"


@dataclass(frozen=True)
class Votes:
    """The votes of one place.

    papers: their store, as who opens a poll sees it. sealer: the same store with what is staged and published.
    decisions: where a committee's decisions are kept, privately. option: what names the place to a verb.
    """

    papers: Listed
    sealer: Sealer
    decisions: Kept
    option: str = ""

    def sealer_of(self, edition: str) -> Sealer:
        """The sealer, for an edition that is open. Raises PingxuanError for one that is not."""
        if self.papers.paper(edition) is None:
            raise PingxuanError(f"{edition} is not open", f"Run: python publish.py open {edition}{self.option}")
        return self.sealer


def of(stage: str | None, endpoint: str | None, var: Path) -> Votes:
    """The votes that the options mean: of a stage, else of this machine."""
    return on_stage(stage, endpoint) if stage else here(var)


def here(var: Path) -> Votes:
    """The votes of this machine. var: where it keeps things."""
    store = SQLiteStore(var / "votes.sqlite")
    return Votes(store, on_this_machine(store, var / "public"), Folder(var / DECISIONS))


def on_stage(stage: str, endpoint: str | None) -> Votes:
    """The votes of a deployed stage, with an editor's own rights and patience: its functions have others."""
    from chalicelib import deployed, s3  # noqa: PLC0415 who works on this machine starts without these
    from chalicelib.dynamo import DynamoStore  # noqa: PLC0415 as above

    with told():
        cloud = Cloud(endpoint)
        found = cloud.outputs(stage)
        clients = [cloud.client(service) for service in ("dynamodb", "dynamodbstreams", "s3")]
    store = DynamoStore(clients[0], clients[1], found["VotesTable"], found["StateTable"])
    kept, public, decisions = (
        s3.Bucket(clients[2], found["ObjectsBucket"], prefix)
        for prefix in (deployed.KEPT, deployed.PUBLIC, deployed.KEPT + DECISIONS)
    )
    return Votes(store, Sealer(store, kept, public), decisions, f" --stage {stage}")


def published(public: Path | None, stage: str | None, endpoint: str | None, var: Path) -> Kept:
    """The published files that the options mean. Raises PingxuanError where they mean two places."""
    if public and stage:
        raise PingxuanError("Published files are read from one place", "Name a folder with --public, or --stage.")
    return of(stage, endpoint, var).sealer.public if stage else Folder(public or var / "public")
