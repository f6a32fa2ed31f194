"""Where submissions lie: on this machine, or in a deployed stage. The one place that decides it for every verb.

Knows both, and hands out their store, their uploads and their mail; refuses to know what is done with them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chalicelib.submission_store import SQLiteSubmissions, SubmissionStore
from chalicelib.uploads import FolderUploads, Uploads

from awards.errors import PingxuanError
from desk.cloud import Cloud, told

OUTPUTS = ("SubmissionsTable", "UploadsBucket")


@dataclass(frozen=True)
class Submitted:
    """The submissions of one place. option: what names the place to a verb. stage: None for this machine."""

    store: SubmissionStore
    uploads: Uploads
    option: str = ""
    stage: str | None = None


@contextmanager
def of(stage: str | None, endpoint: str | None, var: Path) -> Iterator[Submitted]:
    """The submissions that the options mean, of a stage or else of this machine, for as long as they are needed."""
    place = on_stage(stage, endpoint) if stage else here(var)
    try:
        yield place
    finally:
        place.store.close()


def here(var: Path) -> Submitted:
    """The submissions of this machine. var: where it keeps things."""
    return Submitted(SQLiteSubmissions(var / "submissions.sqlite"), FolderUploads.of(var))


def on_stage(stage: str, endpoint: str | None) -> Submitted:
    """The submissions of a deployed stage, with an editor's own rights."""
    from chalicelib import s3_uploads  # noqa: PLC0415 who works on this machine starts without these
    from chalicelib.dynamo_submissions import DynamoSubmissions  # noqa: PLC0415 as above

    with told():
        cloud = Cloud(endpoint)
        found = cloud.outputs(stage)
        clients = [cloud.client(service) for service in ("dynamodb", "s3")]
    if missing := [name for name in OUTPUTS if name not in found]:
        message = f"Stage {stage} takes no submissions: its stack has no {', '.join(missing)}"
        raise PingxuanError(message, f"Run: python publish.py deploy --stage {stage}")
    store = DynamoSubmissions(clients[0], found["SubmissionsTable"])
    uploads = s3_uploads.S3Uploads(clients[1], found["UploadsBucket"])
    return Submitted(store, uploads, f" --stage {stage}", stage)
