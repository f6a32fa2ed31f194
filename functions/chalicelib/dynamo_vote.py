"""The item of one subject and period in DynamoDB's table of votes, and the one write that adds a ballot (VOTES 2).

Knows names, values and conditions; pure: nothing here calls anybody. An item holds

    pk                    edition | span | bucket. span: the day of a period of minutes, else the period, as the key's.
                          bucket: first bits of the subject; they spread the load and keep a span readable for a recount
    sk                    the subject, 16 bytes, keyed hash of rule, period and subject; then the period's minutes
    n, v                  ballots so far; version of the paper that the last was cast under
    c:CASE, k:CATEGORY    choices so far, where the rule limits them and leaves more than one ballot
    H                     a ballot, named by its h: when | id | day, unless it is the span | cases

and stays under 1 KB, one write unit, for ten ballots of a case each.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awards.ballot import BallotPaper, span_of
from chalicelib.counting import Arrived
from chalicelib.dynamo_calls import Item
from chalicelib.store import Slot, Vote

BUCKETS = 16  # of 1,000 writes a second each
SUBJECT = 16  # bytes
MANY = 60  # limits in one condition; DynamoDB takes 300 operators and 4 KB
H = re.compile(r"[0-9a-f]{32}")


def partition(edition: str, span: str, bucket: int) -> dict[str, bytes]:
    """The partition key of a bucket."""
    return {"B": f"{edition}|{span}|".encode() + bytes([bucket])}


def key_of(slot: Slot) -> dict[str, dict[str, bytes]]:
    """The key of a slot's item."""
    span, bucket = span_of(slot.period), slot.subject[0] * BUCKETS // 256
    minutes = slot.period.removeprefix(span).encode()
    return {"pk": partition(slot.edition, span, bucket), "sk": {"B": slot.subject + minutes}}


def votes_in(item: Item) -> list[Vote]:
    """The votes of an item, in order."""
    span = _names(item)[1] if "pk" in item else ""
    found = sorted((value["S"], h) for h, value in item.items() if H.fullmatch(h))
    return [_vote(h, value, span) for value, h in found]


def _vote(h: str, value: str, span: str) -> Vote:
    _, number, day, *cases = value.split("|")
    return Vote(h, tuple(cases), number, day or span)


def _names(item: Item) -> tuple[str, str]:
    """Edition and span."""
    edition, span, _ = bytes(item["pk"]["B"]).split(b"|", 2)
    return edition.decode(), span.decode()


def arrived(item: Item, before: Item) -> Iterator[Arrived]:
    """The votes that an item has and had not before."""
    for vote in votes_in(item):
        if vote.h not in before:
            edition, span = _names(item)
            period = span + bytes(item["sk"]["B"])[SUBJECT:].decode()
            yield Arrived(edition, period, vote.h, vote.cases, vote.id, vote.day)


def change(paper: BallotPaper, slot: Slot, vote: Vote, item: Item, now: float) -> dict[str, Any]:
    """The write of a ballot: the first try knows no item; after a refusal it knows one, which the rule admits after."""
    return _after(paper, slot, vote, now, item) if item else _addition(paper, slot, vote, now)


def _addition(paper: BallotPaper, slot: Slot, vote: Vote, now: float) -> dict[str, Any]:
    """The write of a ballot, on the condition that says the whole rule: asked and written with nothing between.

    An item whose limits were counted under another paper fails it; so does a ballot of very many cases, unless it is
    the first: _after() then writes what the rule itself says.
    """
    limits = _limits(paper, vote.cases)
    words = _Words(vote, now, span_of(slot.period))
    condition = "attribute_not_exists(n)"
    if len(limits) <= MANY:
        condition += f" OR ({' AND '.join(_held(paper, vote.h, limits, words))})"
    added = {"n": 1} | {name: count for name, (count, _) in limits.items()}
    adds = ", ".join(f"{words.name(name)} {words.value(_number(count))}" for name, count in added.items())
    return words.update(slot, f"SET {words.sets(paper.version)} ADD {adds}", condition)


def _held(paper: BallotPaper, h: str, limits: Mapping[str, tuple[int, int]], words: "_Words") -> Iterator[str]:
    """What must be true of an item that takes one more ballot."""
    yield f"v = {words.value(_number(paper.version))}"
    yield f"n < {words.value(_number(paper.rule.votes))}"
    yield f"attribute_not_exists({words.name(h)})"
    for name, (count, limit) in limits.items():
        known = words.name(name)
        yield f"(attribute_not_exists({known}) OR {known} <= {words.value(_number(limit - count))})"


def _after(paper: BallotPaper, slot: Slot, vote: Vote, now: float, item: Item) -> dict[str, Any]:
    """The write of a ballot that the rule admits after this item, on the condition that the item is still the same.

    All limits are counted anew, under this paper.
    """
    votes = votes_in(item)
    ballots = [*(other.cases for other in votes), vote.cases]
    counted = _counted(paper, [case for cases in ballots for case in cases])
    words = _Words(vote, now, span_of(slot.period))
    sets = [words.sets(paper.version), f"n = {words.value(_number(len(ballots)))}"]
    sets += [f"{words.name(name)} = {words.value(_number(count))}" for name, count in counted.items()]
    stale = [words.name(name) for name in item if name[:2] in ("c:", "k:") and name not in counted]
    remove = f" REMOVE {', '.join(stale)}" if stale else ""
    return words.update(slot, f"SET {', '.join(sets)}{remove}", f"n = {words.value(_number(len(votes)))}")


def _limits(paper: BallotPaper, cases: Sequence[str]) -> dict[str, tuple[int, int]]:
    """What a ballot adds to each count that the rule limits, and the limit."""
    limits = {"c:": paper.rule.per_case or 0, "k:": paper.rule.per_category or 0}
    return {name: (count, limits[name[:2]]) for name, count in _counted(paper, cases).items()}


def _counted(paper: BallotPaper, cases: Sequence[str]) -> Counter[str]:
    """The counts that the rule limits; none where one ballot is all, which n says."""
    counted: Counter[str] = Counter()
    if paper.rule.votes > 1 and paper.rule.per_case is not None:
        counted.update(f"c:{case}" for case in cases)
    if paper.rule.votes > 1 and paper.rule.per_category is not None:
        counted.update(f"k:{paper.cases.get(case, '')}" for case in cases)
    return counted


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


class _Words:
    """The names and values of one update, each under a placeholder."""

    def __init__(self, vote: Vote, now: float, span: str) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, dict[str, str]] = {}
        self._h = vote.h
        day = "" if vote.day == span else vote.day
        self._ballot = "|".join((f"{int(now * 1000):011x}", vote.id, day, *vote.cases))

    def name(self, name: str) -> str:
        return self._names.setdefault(name, f"#n{len(self._names)}")

    def value(self, value: dict[str, str]) -> str:
        key = f":v{len(self._values)}"
        self._values[key] = value
        return key

    def sets(self, version: int) -> str:
        """The ballot, and the version of the paper that it was cast under."""
        return f"{self.name(self._h)} = {self.value({'S': self._ballot})}, v = {self.value(_number(version))}"

    def update(self, slot: Slot, expression: str, condition: str) -> dict[str, Any]:
        """The whole call. What the item was comes with the answer, and is not charged."""
        return {
            "Key": key_of(slot),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {short: name for name, short in self._names.items()},
            "ExpressionAttributeValues": self._values,
            "ReturnValues": "ALL_OLD",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
