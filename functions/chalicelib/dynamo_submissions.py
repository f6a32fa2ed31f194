"""The store of submissions on AWS: DynamoDB. It keeps the promises that the docstring of submission_store.py lists.

Knows one table, with string keys pk and sk; ``gone`` is when DynamoDB may forget an item (TTL):

    call/E      call          the call in force, with its version
    draft/E/B   draft's id    a draft; B: the first character of its id, which spreads the load over 16 partitions
    places/E    unit          what a unit holds
    number/E    last          the number given last
    quota/E/…   quota         what was spent
    key/E       span          a key
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from awards.entering import Places, places_of
from chalicelib.drafts import Draft, from_json
from chalicelib.dynamo_calls import Client, ConditionError, Item, ask, query
from chalicelib.dynamo_count import packed, unpacked
from chalicelib.submission_store import DAY, Moved, places_text, text_of

BUCKETS = "0123456789abcdef"
TOLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}


class DynamoSubmissions:
    """The table of this name, through a client that tries once (dynamo_calls.connect, or a Wire)."""

    def __init__(self, client: Client, table: str) -> None:
        self._client = client
        self._table = table

    def put_call(self, call: Mapping[str, object]) -> bool:
        """Put a version of a call in force."""
        text, version = packed(json.dumps(call, ensure_ascii=False)), {"N": str(call["version"])}
        older = {
            "ConditionExpression": "attribute_not_exists(pk) OR #version < :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":version": version},
        }
        return self._put(_keys(f"call/{call['edition']}", "call") | {"body": {"B": text}, "version": version}, older)

    def call(self, edition: str) -> dict[str, object] | None:
        """The call in force, as awards.calls.stored made it."""
        item = self._get(f"call/{edition}", "call")
        return dict(json.loads(unpacked(bytes(item["body"]["B"])))) if item else None

    def create(self, draft: Draft) -> bool:
        """Keep a new draft."""
        return self._put(_item(draft, 1), ABSENT)

    def draft(self, edition: str, draft: str) -> Draft | None:
        """A draft, as it is now."""
        item = self._get(_partition(edition, draft), draft)
        return _draft(item) if item else None

    def replace(self, before: Draft, after: Draft, places: tuple[Moved, ...] = ()) -> bool:
        """Put a draft, and the places of units, in the place of what the caller saw."""
        item, still = _item(after, before.writes + 1), _still("writes", {"N": str(before.writes)})
        if not places:
            return self._put(item, still)
        puts = [{"Item": item, **still}, *(_places_put(before.edition, moved) for moved in places)]
        together = [{"Put": {"TableName": self._table, **put}} for put in puts]
        token = secrets.token_hex(16)  # a lost answer is asked for again by it
        try:
            ask(self._client, "transact_write_items", {"TransactItems": together, "ClientRequestToken": token})
        except ConditionError:
            return False
        return True

    def places(self, edition: str, unit: str) -> Places:
        """What a unit holds."""
        item = self._get(f"places/{edition}", unit)
        return places_of(json.loads(item["held"]["S"])) if item else Places()

    def drafts(self, edition: str) -> Iterator[Draft]:
        """All drafts of an edition, in no order."""
        for bucket in BUCKETS:
            yield from map(_draft, query(self._client, self._table, {"S": f"draft/{edition}/{bucket}"}))

    def next_number(self, edition: str, first: int = 1) -> int:
        """A number that nobody had, from ``first``. Below it, the count is raised, once, unless somebody else did."""
        key = (f"number/{edition}", "last")
        while (number := int(self._update(*key, "ADD n :one", {":one": {"N": "1"}})["n"]["N"])) < first:
            below = {"ConditionExpression": "n < :last"}
            with suppress(ConditionError):
                self._update(*key, "SET n = :last", {":last": {"N": str(first - 1)}}, below)
        return number

    def spend(self, key: str, most: int, until: int) -> bool:
        """Take one of ``most`` from a quota, which ends at ``until`` (seconds since 1970)."""
        values = {":one": {"N": "1"}, ":most": {"N": str(most)}, ":gone": {"N": str(until + DAY)}}
        room = {"ConditionExpression": "attribute_not_exists(n) OR n < :most"}
        try:
            self._update(f"quota/{key}", "quota", "ADD n :one SET gone = :gone", values, room)
        except ConditionError:
            return False
        return True

    def make_key(self, edition: str, span: str) -> bytes:
        """The key of a span, made now if nobody has."""
        fresh = {**_keys(f"key/{edition}", span), "k": {"B": secrets.token_bytes(32)}}
        try:
            ask(self._client, "put_item", {"TableName": self._table, "Item": fresh, **ABSENT, **TOLD})
        except ConditionError as refusal:
            return bytes(refusal.item["k"]["B"])
        return bytes(fresh["k"]["B"])

    def close(self) -> None:
        """Let go of the connections; the next call makes new ones."""
        self._client.close()

    def _get(self, pk: str, sk: str) -> Item:
        wanted = {"TableName": self._table, "Key": _keys(pk, sk), "ConsistentRead": True}
        return dict(ask(self._client, "get_item", wanted).get("Item", {}))

    def _put(self, item: Item, condition: Mapping[str, Any]) -> bool:
        """Put an item if the condition holds, False if not; one that was written while its answer was lost counts."""
        try:
            ask(self._client, "put_item", {"TableName": self._table, "Item": item, **condition, **TOLD})
        except ConditionError as refusal:
            return refusal.again and refusal.item == item
        return True

    def _update(self, pk: str, sk: str, change: str, values: Item, more: Mapping[str, str] | None = None) -> Item:
        asked = {"TableName": self._table, "Key": _keys(pk, sk), "UpdateExpression": change, "ReturnValues": "ALL_NEW"}
        answer = ask(self._client, "update_item", {**asked, "ExpressionAttributeValues": values, **(more or {})})
        return dict(answer["Attributes"])


def _keys(pk: str, sk: str) -> dict[str, dict[str, Any]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _partition(edition: str, draft: str) -> str:
    return f"draft/{edition}/{draft[:1]}"


def _item(draft: Draft, writes: int) -> dict[str, dict[str, Any]]:
    keys = _keys(_partition(draft.edition, draft.draft), draft.draft)
    return {**keys, "body": {"B": packed(text_of(draft))}, "writes": {"N": str(writes)}}


def _draft(item: Item) -> Draft:
    return from_json(json.loads(unpacked(bytes(item["body"]["B"]))), int(item["writes"]["N"]))


def _still(name: str, value: Mapping[str, str]) -> dict[str, Any]:
    """The condition that an attribute has this value."""
    return {
        "ConditionExpression": f"{name} = :seen",
        "ExpressionAttributeValues": {":seen": dict(value)},
    }


def _places_put(edition: str, moved: Moved) -> dict[str, Any]:
    unit, seen, held = moved
    put = {"Item": _keys(f"places/{edition}", unit) | {"held": {"S": places_text(held)}}}
    still = _still("held", {"S": places_text(seen)})
    if seen == Places():
        still["ConditionExpression"] += " OR attribute_not_exists(pk)"
    return put | still
