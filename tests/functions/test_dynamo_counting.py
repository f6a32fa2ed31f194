"""Counting on DynamoDB, on AWS's own engine on this machine: positions, the stream, the sweep."""

import contextlib
import random
import string
from dataclasses import replace

import dynamodb
import pytest
from chalicelib import dynamo_count
from chalicelib.counting import START, Arrived, Position, Sealed
from chalicelib.dynamo import DynamoStore
from chalicelib.objects import Folder
from chalicelib.sealer import Sealer
from chalicelib.store import Slot, Vote
from dynamodb import LOST, faulty
from engines import needs
from machine import Frail
from sealing import cast as cast_many
from sealing import differences, published
from simulator import CrashError
from voters import NOON, PAPER, RULE, h_of, put

pytestmark = needs("dynamodb-local")
DAY = "2020-08-24"
PLENTY = replace(PAPER, rule=replace(RULE, votes=99, at_most=2))


def sealed(size: int, cases: int = 3) -> Sealed:
    draw = random.Random(size)
    tally = "".join(draw.choices(string.printable, k=cases * 20))
    return Sealed(size, ("ab", "cd"), {f"c{n}": draw.randint(0, 9) for n in range(cases)}, {"c1": 1}, DAY, False, tally)  # noqa: FBT003


def test_a_position_is_read_as_it_was_committed(dynamo, account):
    assert dynamo.position() == START
    first = Position(1, {"shards": {"s": "49"}}, frozenset({"id 1", "id 2"}), {"qd": sealed(3), "jn": sealed(4)})
    second = Position(2, {"shards": {"s": "50"}}, frozenset(), {"qd": sealed(9), "jn": sealed(4)})
    assert dynamo.commit(START, first)
    assert account.store().position() == first
    assert dynamo.commit(first, second)
    assert account.store().position() == second


def test_a_position_that_is_read_across_a_commit_is_read_again(dynamo):
    """A query is not one moment: it may see some items of a transaction and not others."""
    first = Position(1, {}, frozenset(), {"qd": sealed(1), "jn": sealed(1, cases=60_000)})
    second = Position(2, {}, frozenset(), {"qd": sealed(2), "jn": sealed(2, cases=60_000)})
    old, new = dynamo_count.items_of(START, first), dynamo_count.items_of(first, second)
    assert [dynamo_count.position_in(items) for items in (old, new)] == [first, second]
    mixed = [[*old[:at], *new[at:]] for at in range(1, min(len(old), len(new)))]
    assert len(mixed) > 3
    assert {dynamo_count.position_in(items) for items in mixed} == {None}


def test_a_position_of_very_many_cases_is_kept_whole_and_may_shrink(dynamo):
    large = Position(1, {}, frozenset(), {"qd": sealed(1, cases=40_000)})
    small = Position(2, {}, frozenset(), {"qd": sealed(2)})
    assert dynamo.commit(START, large)
    assert dynamo.position() == large
    assert dynamo.commit(large, small)
    assert dynamo.position() == small


def test_a_commit_whose_answer_was_lost_is_told_as_done(account, dynamo):
    position = Position(1, {}, frozenset(), {"qd": sealed(1)})
    assert faulty(account, "transact_write_items", LOST, carried_out=True).commit(START, position)
    assert dynamo.position() == position


def cast(store: DynamoStore, number: int, period: str = DAY, subject: int | None = None) -> Arrived:
    """Cast a vote as the handlers do, its key first; what a feed should tell of it."""
    store.make_key("qd", DAY)
    slot = Slot("qd", period, (number if subject is None else subject).to_bytes(1, "big") * 16)
    assert store.cast(PLENTY, slot, Vote(h_of(str(number)), ("c1", "c2"), f"id of {number}", DAY))[0]
    return Arrived("qd", period, h_of(str(number)), ("c1", "c2"), f"id of {number}", DAY)


def by_id(votes) -> list[Arrived]:
    return sorted(votes, key=lambda vote: vote.id)


def test_the_stream_tells_each_vote_once_and_the_sweep_all_of_them(dynamo):
    first = [cast(dynamo, number) for number in range(0, 200, 9)]
    found, cursor = dynamo.arrivals({}, 1000)
    assert by_id(found) == by_id(first)
    # more ballots in a slot that was read already, and in periods of minutes
    more = [cast(dynamo, 300 + number, subject=0) for number in range(3)]
    more += [cast(dynamo, 400 + number, f"{DAY}T12:0{number}", subject=7) for number in range(3)]
    again, after = dynamo.arrivals(cursor, 1000)
    assert by_id(again) == by_id(more)
    assert dynamo.arrivals(after, 1000) == ([], after)
    assert by_id(dynamo.sweep("qd")) == by_id(first + more)
    assert list(dynamo.sweep("jn")) == []


def test_the_stream_is_read_in_steps_of_any_size(dynamo):
    votes, found, cursor = [cast(dynamo, number) for number in range(25)], [], {}
    while page := dynamo.arrivals(cursor, 4):
        assert len(page[0]) <= 4
        if not page[0]:
            break
        found, cursor = found + page[0], page[1]
    assert by_id(found) == by_id(votes)


def test_other_writes_to_a_vote_item_are_no_votes(dynamo, account):
    cast(dynamo, 1)
    _, cursor = dynamo.arrivals({}, 10)
    item = account.client().scan(TableName=dynamodb.VOTES)["Items"][0]
    account.client().put_item(TableName=dynamodb.VOTES, Item=item | {"f": {"S": "evidence"}})
    account.client().delete_item(TableName=dynamodb.VOTES, Key={name: item[name] for name in ("pk", "sk")})
    assert dynamo.arrivals(cursor, 10)[0] == []


@pytest.mark.parametrize("late", [False, True])
def test_a_sealer_may_die_before_or_after_any_of_its_steps(dynamo, tmp_path, late):
    """Again and again one dies, each time a step later; what it left is sound, and the next one makes good for it."""
    kept, public, calls, fatal = Folder(tmp_path / "kept"), Folder(tmp_path), [1], 0
    put(dynamo)
    dynamo.make_key("qd", DAY)
    cast_many(dynamo, 250)

    def step(_: str) -> None:
        calls[0] += 1

    def end(_: str) -> None:
        if calls[0] == fatal:
            raise CrashError

    def each(name: str) -> None:
        step(name)
        end(name)

    before, after = (step, end) if late else (each, lambda _: None)
    while calls[0] >= fatal:
        fatal, calls[0] = fatal + 1, 0
        cast_many(dynamo, 1, start=1000 + fatal)
        with contextlib.suppress(CrashError):
            Sealer(*(Frail(part, before, after) for part in (dynamo, kept, public))).seal(NOON)
        assert not (tmp_path / "qd/tally.json").exists() or differences(tmp_path) == []
        Sealer(dynamo, kept, public).seal(NOON)
        assert (published(tmp_path)["cast"], differences(tmp_path)) == (250 + fatal, [])
    assert fatal > 20
