"""The feed over a stream played from a script: shards split, drain, are trimmed and unlisted, answers are empty.

Engines on one machine have one shard for ever, so what AWS does with shards is only seen here.
"""

import random
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError
from chalicelib import dynamo_feed
from chalicelib.dynamo_feed import TRIMMED, Feed
from voters import h_of

PAGE = 3  # shards in one answer of the script


def image(*ballots: int) -> dict:
    """An item with these ballots."""
    key = {"pk": {"B": b"qd|2020-08-24|\x00"}, "sk": {"B": b"s" * 16}, "n": {"N": str(len(ballots))}}
    return key | {h_of(str(ballot)): {"S": f"0|id {ballot}||c1"} for ballot in ballots}


@dataclass
class Shard:
    """records: sequence number, new image, old image. gone: forgotten by AWS. empty: answers without records first."""

    records: list[tuple[int, dict, dict]] = field(default_factory=list)
    closed: bool = False
    listed: bool = True
    gone: bool = False
    empty: int = 0
    trimmed: int = 0


@dataclass
class Script:
    """A stream as its four calls show it. Iterators are "shard/next sequence number/empty answers to come"."""

    shards: dict[str, Shard] = field(default_factory=dict)
    last: int = 0
    calls: int = 0

    def put(self, shard: str, ballot: int, *before: int) -> None:
        self.last += 1
        self.shards[shard].records.append((self.last, image(*before, ballot), image(*before) if before else {}))

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
        records = [
            {"dynamodb": {"SequenceNumber": f"{at:021}"} | {"NewImage": new} | ({"OldImage": old} if old else {})}
            for at, new, old in page
        ]
        after = page[-1][0] + 1 if page else int(start)
        more = len(left) > len(page) or not shard.closed
        return {"Records": records} | ({"NextShardIterator": f"{name}/{after}/0"} if more else {})


def fault(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "GetShardIterator")


def read(feed: Feed, cursor: dict, limit: int = 1000) -> tuple[list[str], dict]:
    """The ids that arrive, without their word, and the cursor after them."""
    found, after = feed.arrivals(cursor, limit)
    return sorted(vote.id.removeprefix("id ") for vote in found), after


@pytest.fixture
def script() -> Script:
    return Script({"a": Shard()})


@pytest.fixture
def feed(script) -> Feed:
    return Feed(script, "arn")


@pytest.fixture
def hours(monkeypatch) -> list[float]:
    """Hours that the feed's clock has gone on."""
    gone, start = [0.0], 1_600_000_000.0
    monkeypatch.setattr(dynamo_feed.time, "time", lambda: start + gone[0] * 3600)
    return gone


def test_a_vote_is_what_the_new_image_has_and_the_old_one_had_not(script, feed):
    script.put("a", 1)
    script.put("a", 2, 1)
    assert read(feed, {}) == (["1", "2"], {"shards": {"a": f"{2:021}"}})


def test_a_shard_that_splits_is_read_to_its_end_and_its_children_from_their_start(script, feed):
    script.put("a", 1)
    _, cursor = read(feed, {})
    script.put("a", 2)
    script.shards |= {"a": Shard(script.shards["a"].records, closed=True), "b": Shard(), "c": Shard()}
    script.put("b", 3)
    script.put("c", 4)
    found, cursor = read(feed, cursor)
    assert found == ["2", "3", "4"]
    assert isinstance(cursor["shards"]["a"], int)
    assert read(feed, cursor) == ([], cursor)


def test_shards_on_every_page_of_the_list_are_read(script, feed):
    for number, name in enumerate("bcdefgh"):
        script.shards[name] = Shard()
        script.put(name, number)
    assert read(feed, {})[0] == [str(number) for number in range(7)]


def test_a_drained_shard_is_forgotten_once_unlisted_and_trimmed(script, feed, hours):
    script.put("a", 1)
    script.shards["a"].closed = True
    script.shards["b"] = Shard()
    _, cursor = read(feed, {})
    hours[0] = TRIMMED / 3600 + 1
    assert sorted(read(feed, cursor)[1]["shards"]) == ["a", "b"]  # it is still listed
    script.shards["a"].listed = False
    assert sorted(read(feed, cursor)[1]["shards"]) == ["b"]


def test_a_list_that_lacks_a_shard_for_a_moment_brings_no_vote_twice(script, feed, hours):
    script.put("a", 1)
    script.shards["b"] = Shard()
    script.put("b", 2)
    script.shards["a"].closed = True
    found, cursor = read(feed, {})
    for shard in script.shards.values():
        shard.listed = False
    missing, cursor = read(feed, cursor)
    for shard in script.shards.values():
        shard.listed = True
    assert (found, missing, read(feed, cursor)[0]) == (["1", "2"], [], [])


def test_a_shard_trimmed_after_our_mark_goes_on_with_what_is_left(script, feed, caplog):
    script.put("a", 1)
    _, cursor = read(feed, {})
    for number in (2, 3, 4):
        script.put("a", number)
    script.shards["a"].trimmed = 3
    assert read(feed, cursor)[0] == ["4"]
    assert "reconcile" in caplog.text


def test_a_shard_that_is_gone_stops_nothing(script, feed, caplog):
    script.shards["b"] = Shard()
    _, cursor = read(feed, {})
    script.put("b", 1)
    script.shards["a"].gone, script.shards["a"].listed = True, False
    found, cursor = read(feed, cursor)
    assert found == ["1"]
    assert isinstance(cursor["shards"]["a"], int)
    assert "reconcile" in caplog.text


def test_empty_answers_do_not_end_a_shard(script, feed):
    script.put("a", 1)
    script.shards["a"].empty = 4
    assert read(feed, {})[0] == ["1"]
    script.shards["b"] = Shard(empty=90, closed=True)
    script.put("b", 2)
    assert "2" in read(feed, {})[0]


def test_an_open_shard_that_stays_empty_is_left_after_a_few_answers(script, feed):
    assert read(feed, {}) == ([], {"shards": {"a": ""}})
    assert script.calls == dynamo_feed.EMPTY


def test_an_iterator_that_expires_or_is_trimmed_away_is_asked_for_anew(script, feed):
    for code in ("ExpiredIteratorException", "TrimmedDataAccessException"):
        script.put("a", script.last + 1)
        real, script.get_records = script.get_records, raiser(code)
        found, cursor = read(feed, {"shards": {"a": f"{script.last - 1:021}"}})
        script.get_records = real
        assert found == []
        assert read(feed, cursor)[0] == [str(script.last)]


def raiser(code: str):
    def get_records(**_):
        raise fault(code)

    return get_records


@pytest.mark.parametrize("seed", range(20))
def test_each_vote_arrives_once_over_any_life_of_the_shards(script, feed, hours, seed):
    """Votes, splits, unlisted and re-listed shards, readers that crash and read again from what they committed."""
    draw, cursor, counted, cast = random.Random(seed), {}, [], 0
    for _ in range(60):
        open_shards = [name for name, shard in script.shards.items() if not shard.closed]
        for _ in range(draw.randint(0, 5)):
            cast += 1
            script.put(draw.choice(open_shards), cast)
        if draw.random() < 0.3:
            parent = draw.choice(open_shards)
            script.shards[parent].closed = True
            script.shards |= {f"{parent}{half}": Shard(empty=draw.randint(0, 4)) for half in "lr"}
        for shard in script.shards.values():
            shard.listed = not shard.closed or draw.random() < 0.8
        found, after = read(feed, cursor, draw.choice([2, 7, 1000]))
        if draw.random() < 0.7:  # else it crashed before it committed
            counted, cursor = counted + found, after
        hours[0] += 0.2
    for shard in script.shards.values():
        shard.listed = True
    while (page := read(feed, cursor))[0]:
        counted, cursor = counted + page[0], page[1]
    assert sorted(counted, key=int) == [str(number) for number in range(1, cast + 1)]
