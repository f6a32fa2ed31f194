"""The parts on AWS, found by the names that the stack gives the functions (functions/resources.json).

PINGXUAN_VOTES_TABLE, PINGXUAN_STATE_TABLE   the tables of the vote store; set, they mean that votes lie in DynamoDB
PINGXUAN_OBJECTS                             the bucket of what the sealer keeps and publishes
PINGXUAN_SUBMISSIONS_TABLE, PINGXUAN_UPLOADS the table and the bucket of what entrants submit
PINGXUAN_MAIL_FROM                           who writes mails; empty: none goes out
"""

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

from awards.errors import PingxuanError
from chalicelib.clock import Clock
from chalicelib.dynamo import DynamoStore
from chalicelib.dynamo_calls import connect
from chalicelib.wire import Wire

if TYPE_CHECKING:
    from botocore.client import BaseClient  # type: ignore[import-untyped]  # it ships none

    from chalicelib.mail import Mail
    from chalicelib.sealer import Sealer
    from chalicelib.settings import Settings
    from chalicelib.submissions import Submissions
    from chalicelib.uploads import Uploads

log = logging.getLogger("pingxuan")

PATIENCE = 5.0  # seconds for an answer: a sealer may wait longer than a voter's request, and still ends in its minute
VOTES, STATE, OBJECTS = "PINGXUAN_VOTES_TABLE", "PINGXUAN_STATE_TABLE", "PINGXUAN_OBJECTS"
SUBMISSIONS, UPLOADS = "PINGXUAN_SUBMISSIONS_TABLE", "PINGXUAN_UPLOADS"
KEPT, PUBLIC = "kept/", "public/"  # in the bucket: only the second may be read through the front


def vote_store(environ: Mapping[str, str]) -> DynamoStore:
    """The vote store, as who takes votes needs it: through the thin client."""
    return DynamoStore(cast("BaseClient", Wire.of(environ)), None, *_named(environ, VOTES, STATE))


class LateMail:
    """The mail of the stage, whose clients are made when the first one is written.

    Where nobody is named who writes, nothing is sent, and a draft's link stays with the page that asked for it.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    @cached_property
    def _mail(self) -> "Mail":
        from chalicelib import mail_aws  # noqa: PLC0415 as below

        return mail_aws.post_of(self._environ).mail(Clock(), at_once=True)

    def send(self, kind: str, to: str, language: str, values: Mapping[str, object]) -> None:
        """Keep a message and try it at once; what was not sent is tried again by publish.py mail."""
        if self._environ.get("PINGXUAN_MAIL_FROM"):
            self._mail.send(kind, to, language, values)
        else:
            log.error("a mail (%s) is not sent: set MailFrom, deploy --set MailFrom=…", kind)


def submissions(environ: Mapping[str, str], settings: "Settings") -> "Submissions":
    """The submissions, likewise. A client of S3 is made when the first file is asked for."""
    from chalicelib.dynamo_submissions import DynamoSubmissions  # noqa: PLC0415 who takes votes starts without these

    def uploads() -> "Uploads":
        from chalicelib import s3_uploads  # noqa: PLC0415 as above

        return s3_uploads.S3Uploads(s3_uploads.connect(environ.get("AWS_ENDPOINT_URL")), bucket)

    table, bucket = _named(environ, SUBMISSIONS, UPLOADS)
    return settings.entered(DynamoSubmissions(Wire.of(environ), table), Clock(), uploads, LateMail(environ))


def sealer(environ: Mapping[str, str]) -> "Sealer":
    """The sealer of the stack."""
    from chalicelib import s3  # noqa: PLC0415 who takes votes starts without these
    from chalicelib.sealer import Sealer  # noqa: PLC0415 as above

    clients = (connect(service, read=PATIENCE) for service in ("dynamodb", "dynamodbstreams"))
    store = DynamoStore(*clients, *_named(environ, VOTES, STATE))
    client, (bucket,) = s3.connect(), _named(environ, OBJECTS)
    return Sealer(store, s3.Bucket(client, bucket, KEPT), s3.Bucket(client, bucket, PUBLIC))


def _named(environ: Mapping[str, str], *names: str) -> tuple[str, ...]:
    if missing := [name for name in names if not environ.get(name)]:
        raise PingxuanError(f"{', '.join(missing)} is not set", "functions/resources.json sets it: deploy again")
    return tuple(environ[name] for name in names)
