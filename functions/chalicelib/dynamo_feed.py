"""New votes from the stream of DynamoDB's table of votes: every shard and its children, after a mark (VOTES 3).

Knows shards and marks; keeps nothing. A vote is what an item's new image has and its old one had not, so the order
between records, and between parent and child, does not matter. The cursor is {"shards": {shard: mark}}:

    ""       nothing read yet: from the oldest record that is left (trim horizon)
    "4900…"  read up to this sequence number
    17…      the second in which it was read to its end, and the stream had said that no more will come

A shard that was read to its end is forgotten when it is not listed any more and all it held is trimmed, so that a
listing that lacks it for a moment cannot bring its votes twice. A record that outlived its 24 hours by a day is passed
over: then it is known for how long a vote may still be told of, and reconcile records what was not (counting.TOLD).
"""

import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.counting import Arrived
from chalicelib.dynamo_calls import CallError, Client, ask
from chalicelib.dynamo_vote import arrived

log = logging.getLogger("pingxuan")

PAGE = 1_000  # records in one answer, at most
EMPTY, EMPTY_CLOSED = 5, 100  # empty answers in a row: a shard may have records behind them, surely so if it was closed
TRIMMED = 48 * 3600  # seconds; the stream keeps a record for 24 hours, and removes it at some time after


class Feed:
    """The stream of this name (arn)."""

    def __init__(self, client: Client, arn: str) -> None:
        self._client = client
        self._arn = arn

    def arrivals(self, cursor: Mapping[str, Any], limit: int) -> tuple[list[Arrived], dict[str, object]]:
        """At most ``limit`` votes after the cursor, and the cursor after them."""
        listed = dict(self._listed())
        marks: Mapping[str, str | int] = cursor.get("shards", {})
        found: list[Arrived] = []
        after: dict[str, str | int] = {}
        for shard in sorted({*listed, *marks}):
            mark = marks.get(shard, "")
            if isinstance(mark, str):
                mark = self._read(shard, mark, found, limit, EMPTY_CLOSED if listed.get(shard) else EMPTY)
            elif shard not in listed and time.time() - mark > TRIMMED:
                continue
            after[shard] = mark
        return found, {"shards": after}

    def _listed(self) -> Iterator[tuple[str, bool]]:
        """The shards that the stream tells, and whether each is closed."""
        start: dict[str, str] = {}
        while True:
            page = ask(self._client, "describe_stream", {"StreamArn": self._arn} | start)["StreamDescription"]
            for shard in page["Shards"]:
                yield shard["ShardId"], "EndingSequenceNumber" in shard["SequenceNumberRange"]
            if "LastEvaluatedShardId" not in page:
                return
            start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    def _read(self, shard: str, mark: str, found: list[Arrived], limit: int, patience: int) -> str | int:
        """Add a shard's votes after the mark to those found; the mark after them."""
        iterator, empty, past = self._iterator(shard, mark), 0, 0
        while iterator and len(found) + past < limit and empty < patience:
            try:
                wanted = {"ShardIterator": iterator, "Limit": min(PAGE, limit - len(found) - past)}
                page = ask(self._client, "get_records", wanted)
            except CallError as error:
                if error.code in ("ExpiredIteratorException", "TrimmedDataAccessException"):
                    return mark  # the next run asks for a new one
                raise
            for record in (entry["dynamodb"] for entry in page["Records"]):
                mark = str(record["SequenceNumber"])
                if _is_past(record):
                    past += 1
                else:
                    found += arrived(record.get("NewImage", {}), record.get("OldImage", {}))
            empty = 0 if page["Records"] else empty + 1
            iterator = page.get("NextShardIterator")
        if past:
            log.warning("%s records of shard %s are too old; reconcile finds what they held", past, shard)
        return mark if iterator else int(time.time())

    def _iterator(self, shard: str, mark: str) -> str | None:
        """Where to read on; None for a shard that is no longer there."""
        at = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": mark} if mark else {}
        where = {"StreamArn": self._arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"} | at
        try:
            return str(ask(self._client, "get_shard_iterator", where)["ShardIterator"])
        except CallError as error:
            if error.code == "ResourceNotFoundException":
                log.warning("shard %s is gone; reconcile finds what it held", shard)
                return None
            if error.code == "TrimmedDataAccessException" and mark:
                log.warning("shard %s is trimmed after our mark; reconcile finds what it held", shard)
                return self._iterator(shard, "")
            raise


def _is_past(record: Mapping[str, Any]) -> bool:
    """Whether the stream should have removed a record long ago."""
    return bool(time.time() - record["ApproximateCreationDateTime"].timestamp() > TRIMMED)
