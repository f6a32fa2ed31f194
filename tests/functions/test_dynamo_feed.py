"""The feed over a stream played from a script: shards split, drain, are trimmed and unlisted, answers are empty.

Engines on one machine have one shard for ever, so what AWS does with shards is only seen here.
"""

import random

import pytest
from chalicelib import dynamo_feed
from chalicelib.dynamo_feed import TRIMMED, Feed
from shards import Script, Shard, fault


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


def test_a_record_that_the_stream_kept_for_too_long_is_left_to_reconcile(script, feed, hours, caplog):
    script.put("a", 1)
    hours[0] = TRIMMED / 3600 - 0.1
    assert read(feed, {})[0] == ["1"]
    script.put("a", 2)
    hours[0] += 0.2
    found, cursor = read(feed, {})
    assert (found, "reconcile" in caplog.text) == (["2"], True)
    assert read(feed, cursor) == ([], cursor)


def test_many_records_that_are_too_old_are_passed_over_in_steps(script, feed, hours):
    for number in range(9):
        script.put("a", number)
    hours[0] = TRIMMED / 3600 + 1
    script.put("a", 9)
    cursor, steps = {}, []
    for _ in range(4):
        found, cursor = read(feed, cursor, 3)
        steps.append((found, cursor["shards"]["a"][-1]))
    assert steps == [([], "3"), ([], "6"), ([], "9"), (["9"], "0")]


def raiser(code: str):
    def get_records(**_):
        raise fault(code)

    return get_records


@pytest.mark.parametrize("seed", range(20))
def test_each_vote_arrives_once_over_any_life_of_the_shards(script, feed, hours, seed):
    """Votes, splits, unlisted and re-listed shards, readers that crash and read again from what they committed."""
    draw, cursor, counted, cast = random.Random(seed), {}, [], 0
    for _ in range(60):
        open_shards = script.open()
        for _ in range(draw.randint(0, 5)):
            cast += 1
            script.put(draw.choice(open_shards), cast)
        if draw.random() < 0.3:
            parent = draw.choice(open_shards)
            script.split(parent, (draw.randint(0, 4), draw.randint(0, 4)))
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
