"""The vote store on AWS: DynamoDB. It keeps the promises that the docstrings of store.py and counting.py list.

Knows tables and calls. A vote is one write of one item (dynamo_vote.py), new votes come from the table's stream
(dynamo_feed.py), what is counted lies in documents (dynamo_count.py). Two tables, with keys pk and sk:

    votes   binary keys; a stream of new and old images    one item per subject and period
    state   string keys; no stream: sealing feeds no sealer
            editions     EDITION                    an edition that has a paper
            paper/E      version, ten digits        a ballot paper, for good
            key/E        span                       K of a span (VOTES 2)
            counting     position/…, edition/E/…    where counting stands
"""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any

from awards import ballot
from awards.ballot import BallotPaper
from chalicelib import dynamo_count, dynamo_feed, dynamo_vote
from chalicelib.counting import START, Arrived, Position
from chalicelib.dynamo_calls import LAST, CallError, Client, ConditionError, Item, ask, query
from chalicelib.store import Slot, Vote

COUNTING = "counting"
ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}
TOLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
LOOKS = 20  # at a position that is being committed


class DynamoStore:
    """Both tables, through clients of DynamoDB and, for arrivals(), of its streams. votes, state: names of the tables.

    The clients try once and wait shortly (dynamo_calls.connect makes such): trying again is ours.
    """

    def __init__(self, client: Client, streams: Client, votes: str, state: str) -> None:
        self._client = client
        self._streams = streams
        self._votes = votes
        self._state = state
        self._feed: dynamo_feed.Feed | None = None

    def cast(self, paper: BallotPaper, slot: Slot, vote: Vote) -> tuple[bool, list[Vote]]:
        """Add the vote if the paper's rule still admits it: whether it did, and the slot's votes before.

        One write. Another only where the item was last written under another paper.
        """
        if not ballot.admits(paper, [], vote.cases):
            return False, self.votes(slot)
        until = time.monotonic() + LAST
        item: Item = {}
        while True:
            change = dynamo_vote.change(paper, slot, vote, item, time.time())
            try:
                answer = ask(self._client, "update_item", {"TableName": self._votes} | change, until)
                return True, dynamo_vote.votes_in(answer.get("Attributes", {}))
            except ConditionError as refusal:
                item = refusal.item
                before = dynamo_vote.votes_in(item)
                if refusal.again and vote in before:  # our own write, whose answer was lost
                    return True, [other for other in before if other != vote]
            known = any(vote.h == other.h for other in before)
            if known or not ballot.admits(paper, [other.cases for other in before], vote.cases):
                return False, before

    def votes(self, slot: Slot) -> list[Vote]:
        """The votes of one subject in one period, in order."""
        wanted = {"TableName": self._votes, "Key": dynamo_vote.key_of(slot), "ConsistentRead": True}
        answer = ask(self._client, "get_item", wanted)
        return dynamo_vote.votes_in(answer.get("Item", {}))

    def key(self, edition: str, span: str) -> bytes | None:
        """The key of a span, if it was made."""
        item = self._item(f"key/{edition}", span)
        return bytes(item["k"]["B"]) if item else None

    def make_key(self, edition: str, span: str) -> bytes:
        """The key of a span, made now if nobody has."""
        made = {"k": {"B": secrets.token_bytes(32)}}
        try:
            stored = {"TableName": self._state, "Item": _keys(f"key/{edition}", span) | made}
            ask(self._client, "put_item", stored | ABSENT | TOLD)
        except ConditionError as refusal:
            return bytes(refusal.item["k"]["B"])
        return made["k"]["B"]

    def editions(self) -> list[str]:
        """The editions that have a ballot paper."""
        return [item["sk"]["S"] for item in query(self._client, self._state, {"S": "editions"})]

    def paper(self, edition: str) -> dict[str, object] | None:
        """The ballot paper in force, as ballot.to_json wrote it."""
        last = next(query(self._client, self._state, {"S": f"paper/{edition}"}, ScanIndexForward=False, Limit=1), None)
        return None if last is None else dict(json.loads(dynamo_count.unpacked(bytes(last["body"]["B"]))))

    def put_paper(self, paper: Mapping[str, object]) -> bool:
        """Put a new version in force; False if that version exists. Versions before stay, for the record."""
        edition, version = str(paper["edition"]), f"{paper['version']:010}"
        body = {"body": {"B": dynamo_count.packed(json.dumps(paper, ensure_ascii=False))}}
        put = {"TableName": self._state, "Item": _keys(f"paper/{edition}", version) | body, **ABSENT}
        return self._transact([put, {"TableName": self._state, "Item": _keys("editions", edition)}])

    def position(self) -> Position:
        """Where counting stands."""
        for _ in range(LOOKS):
            items = list(query(self._client, self._state, {"S": COUNTING}))
            if not items:
                return START
            if position := dynamo_count.position_in(items):
                return position
        raise CallError("query", "the position is being committed all the time")

    def arrivals(self, cursor: Mapping[str, object], limit: int) -> tuple[list[Arrived], Mapping[str, object]]:
        """At most ``limit`` votes after a cursor, and the cursor after them, from the stream."""
        if self._feed is None:
            if self._streams is None:
                raise CallError("describe_stream", "this store was made without a client of the stream")
            table = ask(self._client, "describe_table", {"TableName": self._votes})["Table"]
            self._feed = dynamo_feed.Feed(self._streams, table["LatestStreamArn"])
        return self._feed.arrivals(cursor, limit)

    def commit(self, before: Position, after: Position) -> bool:
        """Put ``after`` in place of ``before``; False, and nothing changed, if that is no longer what stands there."""
        items = [item | _keys(COUNTING, item["sk"]["S"]) for item in dynamo_count.items_of(before, after)]
        puts: list[dict[str, Any]] = [{"TableName": self._state, "Item": item} for item in items]
        puts[0] |= ABSENT if before.version == 0 else dynamo_count.still(before.version)
        return self._transact(puts)

    def sweep(self, edition: str) -> Iterator[Arrived]:
        """The votes themselves, by consistent reads. Each was cast after the key of its span was stored."""
        spans = [item["sk"]["S"] for item in query(self._client, self._state, {"S": f"key/{edition}"})]
        for span in spans:
            for bucket in range(dynamo_vote.BUCKETS):
                for item in query(self._client, self._votes, dynamo_vote.partition(edition, span, bucket)):
                    yield from dynamo_vote.arrived(item, {})

    def close(self) -> None:
        """Let go of the connections; the next call makes new ones."""
        for client in filter(None, (self._client, self._streams)):
            client.close()

    def _item(self, pk: str, sk: str) -> Item:
        wanted = {"TableName": self._state, "Key": _keys(pk, sk), "ConsistentRead": True}
        return dict(ask(self._client, "get_item", wanted).get("Item", {}))

    def _transact(self, puts: list[dict[str, Any]]) -> bool:
        """All of these or none; False if a condition did not hold. A lost answer is asked for again by its token."""
        token = secrets.token_hex(16)
        try:
            together = {"TransactItems": [{"Put": put} for put in puts], "ClientRequestToken": token}
            ask(self._client, "transact_write_items", together)
        except ConditionError:
            return False
        return True


def _keys(pk: str, sk: str) -> dict[str, dict[str, Any]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
