"""A stream of DynamoDB played from a script: shards split, drain, are trimmed and unlisted, answers are empty.

Knows the three calls that the feed makes, and how AWS answers them; engines on one machine have one shard for ever.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from voters import h_of

PAGE = 3  # shards in one answer of the script

Image = dict[str, Any]


def image(*ballots: int) -> Image:
    """An item with these ballots."""
    key = {"pk": {"B": b"qd|2020-08-24|\x00"}, "sk": {"B": b"s" * 16}, "n": {"N": str(len(ballots))}}
    return key | {h_of(str(ballot)): {"S": f"0|id {ballot}||c1"} for ballot in ballots}


@dataclass
class Shard:
    """records: sequence number, when (seconds), new image, old image. gone: forgotten by AWS.

    empty: answers without records first. trimmed: records up to this number are removed.
    """

    records: list[tuple[int, float, Image, Image]] = field(default_factory=list)
    closed: bool = False
    listed: bool = True
    gone: bool = False
    empty: int = 0
    trimmed: int = 0


@dataclass
class Script:
    """A stream as its calls show it. Iterators are "shard/next sequence number/empty answers to come"."""

    shards: dict[str, Shard] = field(default_factory=dict)
    clock: Callable[[], float] = lambda: time.time()  # noqa: PLW0108 a test moves time.time itself
    last: int = 0
    calls: int = 0

    def put(self, shard: str, ballot: int, *before: int) -> None:
        self.add(shard, self.clock(), image(*before, ballot), image(*before) if before else {})

    def add(self, shard: str, when: float, new: Image, old: Image) -> None:
        self.last += 1
        self.shards[shard].records.append((self.last, when, new, old))

    def open(self) -> list[str]:
        """The shards that take records."""
        return [name for name, shard in self.shards.items() if not shard.closed]

    def split(self, parent: str, empty: tuple[int, int] = (0, 0)) -> None:
        """Close a shard; two children go on for it."""
        self.shards[parent].closed = True
        for half, answers in zip("lr", empty, strict=True):
            self.shards[parent + half] = Shard(empty=answers)

    def describe_stream(self, StreamArn, ExclusiveStartShardId=""):  # noqa: ARG002, N803 the call's own names
        listed = [name for name in sorted(self.shards) if self.shards[name].listed and name > ExclusiveStartShardId]
        rows = [
            {"ShardId": name, "SequenceNumberRange": {"EndingSequenceNumber": "9"} if self.shards[name].closed else {}}
            for name in listed[:PAGE]
        ]
        more = {"LastEvaluatedShardId": listed[PAGE - 1]} if len(listed) > PAGE else {}
        return {"StreamDescription": {"Shards": rows} | more}

    def get_shard_iterator(self, StreamArn, ShardId, ShardIteratorType, SequenceNumber=None):  # noqa: ARG002, N803
        shard = self.shards[ShardId]
        if shard.gone:
            raise fault("ResourceNotFoundException")
        after = int(SequenceNumber) if ShardIteratorType == "AFTER_SEQUENCE_NUMBER" else shard.trimmed
        if after < shard.trimmed:
            raise fault("TrimmedDataAccessException")
        return {"ShardIterator": f"{ShardId}/{after + 1}/{shard.empty}"}

    def get_records(self, ShardIterator, Limit):  # noqa: N803
        self.calls += 1
        name, start, empty = ShardIterator.split("/")
        shard = self.shards[name]
        left = [record for record in shard.records if record[0] >= max(int(start), shard.trimmed + 1)]
        if int(empty):
            return {"Records": [], "NextShardIterator": f"{name}/{start}/{int(empty) - 1}"}
        page = left[:Limit]
        after = page[-1][0] + 1 if page else int(start)
        more = len(left) > len(page) or not shard.closed
        return {"Records": [_told(*record) for record in page]} | (
            {"NextShardIterator": f"{name}/{after}/0"} if more else {}
        )

    def close(self) -> None:
        """As a client's."""


def _told(number: int, when: float, new: Image, old: Image) -> dict[str, Any]:
    told = {"SequenceNumber": f"{number:021}", "ApproximateCreationDateTime": datetime.fromtimestamp(when, UTC)}
    return {"dynamodb": told | {"NewImage": new} | ({"OldImage": old} if old else {})}


def fault(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "GetShardIterator")
