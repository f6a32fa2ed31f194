"""The parts on AWS, found by the names that the stack gives the functions (functions/resources.json).

PINGXUAN_VOTES_TABLE, PINGXUAN_STATE_TABLE   the tables of the vote store; set, they mean that votes lie in DynamoDB
PINGXUAN_OBJECTS                             the bucket of what the sealer keeps and publishes
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from awards.errors import PingxuanError
from chalicelib.clock import Clock
from chalicelib.dynamo import DynamoStore
from chalicelib.dynamo_calls import connect
from chalicelib.wire import Wire

if TYPE_CHECKING:
    from botocore.client import BaseClient  # type: ignore[import-untyped]  # it ships none

    from chalicelib.sealer import Sealer

PATIENCE = 5.0  # seconds for an answer: a sealer may wait longer than a voter's request, and still ends in its minute
VOTES, STATE, OBJECTS = "PINGXUAN_VOTES_TABLE", "PINGXUAN_STATE_TABLE", "PINGXUAN_OBJECTS"
KEPT, PUBLIC = "kept/", "public/"  # in the bucket: only the second may be read through the front


def vote_store(environ: Mapping[str, str]) -> DynamoStore:
    """The vote store, as who takes votes needs it: through the thin client."""
    return DynamoStore(cast("BaseClient", Wire.of(environ)), None, *_named(environ, VOTES, STATE))


def sealer(environ: Mapping[str, str]) -> "Sealer":
    """The sealer of the stack."""
    from chalicelib import s3  # noqa: PLC0415 who takes votes starts without these
    from chalicelib.sealer import Sealer  # noqa: PLC0415 as above

    clients = (connect(service, read=PATIENCE) for service in ("dynamodb", "dynamodbstreams"))
    store = DynamoStore(*clients, *_named(environ, VOTES, STATE))
    client, (bucket,) = s3.connect(), _named(environ, OBJECTS)
    return Sealer(store, s3.Bucket(client, bucket, KEPT), s3.Bucket(client, bucket, PUBLIC))


def seal(environ: Mapping[str, str]) -> None:
    """Count what is not counted yet, and publish it: what the schedule asks for every minute.

    An error ends this run, and shows in the alarm; the next run goes on where this one stood.
    """
    sealer(environ).seal(Clock().now())


def _named(environ: Mapping[str, str], *names: str) -> tuple[str, ...]:
    if missing := [name for name in names if not environ.get(name)]:
        raise PingxuanError(f"{', '.join(missing)} is not set", "functions/resources.json sets it: deploy again")
    return tuple(environ[name] for name in names)
