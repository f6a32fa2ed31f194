"""Where the votes of a simulated voting lie: in the real DynamoDB store, on AWS's engine behind a bad line.

The stream is the engine's own, which may lag; or, since an engine on one machine has one shard for ever, what it told
is dealt to shards that split, drain, are unlisted, trimmed and forgotten. See machine.py for what a place has.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import dynamodb
from badservice import bad_service
from chalicelib import dynamo, dynamo_calls, dynamo_feed
from chalicelib.dynamo import DynamoStore
from chalicelib.dynamo_calls import connect
from chalicelib.objects import Folder
from chalicelib.wire import Credentials, Wire
from shards import Image, Script, Shard, fault
from voters import Hands

HASTE = 0.3  # seconds in which a call is tried again, so that a schedule does not take minutes
BADNESS = (0.0, 0.15, 0.15, 0.5)  # shares of requests with a fault


class Shards(Script):
    """The script of a stream, drawn by chance from what an engine's real stream tells."""

    def __init__(self, client: Any, arn: str, chance: random.Random, seconds: Callable[[], float]) -> None:
        super().__init__({"s": Shard()}, seconds)
        self.happened = Counter[str]()
        self._client = client
        self._chance = chance
        self._held: list[tuple[float, Image, Image]] = []
        self._stuck: list[tuple[float, Image, Image]] = []
        self._mark = ""
        shard = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        self._where = {"StreamArn": arn, "ShardId": shard}

    def settle(self) -> None:
        """Learn what was written, and when."""
        after = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._mark}
        start = after if self._mark else {"ShardIteratorType": "TRIM_HORIZON"}
        iterator = self._client.get_shard_iterator(**self._where, **start)["ShardIterator"]
        while (page := self._client.get_records(ShardIterator=iterator))["Records"]:
            iterator = page["NextShardIterator"]
            for told in (record["dynamodb"] for record in page["Records"]):
                self._mark = told["SequenceNumber"]
                self._held.append((self.clock(), told["NewImage"], told.get("OldImage", {})))

    def deliver(self, *, everything: bool) -> None:
        """Let some of it become readable, in any order; and shards live and die."""
        self.settle()
        self._chance.shuffle(self._held)
        count = len(self._held) if everything else self._chance.randint(0, len(self._held))
        for record in self._held[:count]:
            if self._chance.random() < 0.05:
                self._stuck.append(record)
            else:
                self.add(self._chance.choice(self.open()), *record)
        del self._held[:count]
        self._live(lossy=not everything)

    def overdue(self) -> None:
        """What was stuck comes, days late."""
        for record in self._stuck:
            self.add(self._chance.choice(self.open()), *record)
            self.happened["overdue"] += 1
        self._stuck.clear()

    def _live(self, *, lossy: bool) -> None:
        if self._chance.random() < 0.4 and len(self.shards) < 20:
            parent = self._chance.choice(self.open())
            self.split(parent, (self._chance.randint(0, 3), self._chance.randint(0, 3)))
            self.happened["split"] += 1
        for shard in self.shards.values():
            shard.listed = not (shard.closed and lossy) or self._chance.random() < 0.8
        if lossy and self._chance.random() < 0.25:
            self._lose(self._chance.choice([*self.shards.values()]))

    def _lose(self, shard: Shard) -> None:
        """Whether or not anybody read it: its records are removed; a shard that is closed may be forgotten at all."""
        if shard.records:
            shard.trimmed = self._chance.choice(shard.records)[0]
            self.happened["trimmed"] += 1
        if shard.closed and self._chance.random() < 0.5:
            shard.gone, shard.listed = True, False
            self.happened["gone"] += 1

    def get_records(self, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803 the call's own names
        """A page, cut anew, a few records in it twice; or an error that passes."""
        if self._chance.random() < 0.03:
            raise fault(self._chance.choice(["ExpiredIteratorException", "LimitExceededException"]))
        page: dict[str, Any] = super().get_records(ShardIterator, min(Limit, self._chance.choice([2, 9, 1000])))
        page["Records"] += [record for record in page["Records"][:-1] if self._chance.random() < 0.1]
        page["Records"].sort(key=lambda record: record["dynamodb"]["SequenceNumber"])
        return page


class Cloud:
    """Both tables in an account of their own. happened: the faults of line and stream."""

    def __init__(self, chance: random.Random, folder: Path, clock: Hands) -> None:
        self._chance = chance
        self._account = dynamodb.Account()
        self._left = ExitStack()
        self._haste = self._left.enter_context(ExitStack())
        for module, name, value in (
            (dynamo_calls, "LAST", HASTE),
            (dynamo, "LAST", HASTE),
            (dynamo_calls, "PAUSE", 0.003),
        ):
            self._haste.enter_context(patch.object(module, name, value))
        port = urlsplit(dynamodb.endpoint()).port
        self._line = self._left.enter_context(bad_service(port or 0, chance))
        self.truth = self._account.store()
        self.kept = Folder(folder / "kept")
        self._shards = self._scripted(clock) if chance.random() < 0.5 else None
        self._open()
        self._line.badness = chance.choice(BADNESS)

    def _scripted(self, clock: Hands) -> Shards:
        table = self._account.client().describe_table(TableName=dynamodb.VOTES)["Table"]
        streams = self._account.client("dynamodbstreams")

        def seconds() -> float:
            return clock.time.timestamp()

        self._left.enter_context(patch.object(dynamo_feed, "time", SimpleNamespace(time=seconds)))
        return Shards(streams, table["LatestStreamArn"], self._chance, seconds)

    def _open(self) -> None:
        keys, line = self._account.session.get_credentials(), self._line.address
        wire = Wire(dynamodb.REGION, Credentials(keys.access_key, keys.secret_key, None), line, read=dynamodb.PATIENCE)
        clients = [
            connect(name, line, self._account.session, dynamodb.PATIENCE) for name in ("dynamodb", "dynamodbstreams")
        ]
        self.voters: Any = DynamoStore(wire, None, dynamodb.VOTES, dynamodb.STATE)
        self.sealing = DynamoStore(clients[0], self._shards or clients[1], dynamodb.VOTES, dynamodb.STATE)

    @property
    def happened(self) -> Counter[str]:
        return self._line.happened + (self._shards.happened if self._shards else Counter())

    def restart(self) -> None:
        """Everything starts afresh from what is in the tables."""
        self.voters.close()
        self.sealing.close()
        self._open()

    def deliver(self, *, everything: bool = False) -> None:
        """The stream moves on, or stops; the line gets better or worse."""
        self._line.release()
        self._line.lagging = not everything and self._chance.random() < 0.5
        if self._shards:
            self._shards.deliver(everything=everything)
        if not everything:
            self._line.badness = self._chance.choice(BADNESS)

    def settle(self) -> None:
        """What is under way arrives: time passes."""
        self._line.release()
        if self._shards:
            self._shards.settle()

    def overdue(self) -> None:
        """What the stream should have removed days ago is told after all."""
        if self._shards:
            self._shards.overdue()

    def calm(self) -> None:
        """Faults of the line end; the stream may still lag."""
        self._line.badness = 0.0
        self._haste.close()
        self.settle()

    def close(self) -> None:
        """Let go of all."""
        for store in (self.voters, self.sealing, self.truth):
            store.close()
        self._left.close()
