"""Calls to DynamoDB: how long one is waited for, when it is tried again, and what its errors mean to us.

Knows clients, codes and patience; refuses to know what tables hold. Every try is short, since a vote makes several
calls and no write of it may start later than 10 s after its receipt (VOTES 2): four calls of at most LAST + CONNECT +
READ = 2 s (paper, key and votes of a period that a retry names, key of now), then the write, which starts within LAST.
"""

import random
import time
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from botocore.exceptions import (  # type: ignore[import-untyped]  # it ships none
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 the name that botocore gave it
    HTTPClientError,
    IncompleteReadError,
)

from chalicelib.refused import UnavailableError

CONNECT, READ = 0.4, 0.8  # seconds for one try
LAST = 0.8  # seconds after the first try in which another may start
PAUSE = 0.05  # seconds before the second try; twice that before the third, and so on
PASSING = {
    "InternalFailure",
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}
CROWDED = {"TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"}  # reasons of a transaction
ADVICE = "See the table, its region, throttling and the function's policy"

Client = Any  # botocore's, which has no types, or what behaves so
Item = Mapping[str, dict[str, Any]]  # attribute -> typed value, as DynamoDB says it: {"n": {"N": "1"}}


class CallError(UnavailableError):
    """A call that failed for good. code: DynamoDB's word for why, or that of the client."""

    def __init__(self, operation: str, code: str, detail: str = "") -> None:
        super().__init__(f"DynamoDB: {operation}: {code} {detail}".rstrip(), ADVICE)
        self.code = code


class ConditionError(Exception):
    """A write whose condition did not hold. item: what stands there. again: an earlier try may have been written."""

    def __init__(self, item: Item, *, again: bool) -> None:
        super().__init__("the condition did not hold")
        self.item = item
        self.again = again


def connect(service: str, endpoint: str | None = None, session: Client = None, read: float = READ) -> Client:
    """A client that tries once: trying again is ours.

    endpoint, session: where AWS is played, and by whom, for tests. read: seconds for an answer; a sealer may wait
    longer than a voter's request.
    """
    from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 slow, and not all need it
    from botocore.session import get_session  # type: ignore[import-untyped]  # noqa: PLC0415 as above

    once = {"total_max_attempts": 1, "mode": "standard"}
    config = Config(connect_timeout=CONNECT, read_timeout=read, retries=once, max_pool_connections=32)
    return (session or get_session()).create_client(service, endpoint_url=endpoint, config=config)


def ask(client: Client, operation: str, params: Mapping[str, Any], until: float | None = None) -> dict[str, Any]:
    """The answer to a call. until: when, by time.monotonic(), the last try may start; default: LAST from now."""
    until = time.monotonic() + LAST if until is None else until
    if time.monotonic() > until:
        raise CallError(operation, "ServiceUnavailable", "no time is left to try")
    for number in count():
        try:
            return dict(getattr(client, operation)(**params))
        except (ClientError, BotoCoreError) as error:
            failed = _meaning(operation, error, again=number > 0)
            pause = PAUSE * 2**number * random.uniform(0.5, 1)  # noqa: S311 spreads the tries, keeps no secret
            if failed.code not in PASSING or time.monotonic() + pause > until:
                raise failed from error
        time.sleep(pause)
    raise AssertionError("count() does not end")


def query(client: Client, table: str, pk: Mapping[str, object], **more: object) -> Iterator[Item]:
    """All items of a partition, in order, by consistent reads."""
    asked = {"TableName": table, "KeyConditionExpression": "pk = :pk", "ConsistentRead": True} | more
    asked["ExpressionAttributeValues"] = {":pk": pk}
    while True:
        page = ask(client, "query", asked)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _meaning(operation: str, error: ClientError | BotoCoreError, *, again: bool) -> CallError:
    """Our error for one of the client's; raises ConditionError for a condition that did not hold."""
    if isinstance(error, BotoCoreError):
        away = isinstance(error, ConnectionError | HTTPClientError | IncompleteReadError)
        return CallError(operation, "ServiceUnavailable" if away else type(error).__name__, str(error))
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        raise ConditionError(error.response.get("Item", {}), again=again) from error
    if code == "TransactionCanceledException":
        reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", ())}
        if "ConditionalCheckFailed" in reasons:
            raise ConditionError({}, again=again) from error
        code = "TransactionConflictException" if reasons & CROWDED else code
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        code = "InternalServerError"
    return CallError(operation, code, error.response["Error"].get("Message", ""))
