"""Casting on DynamoDB, on AWS's own engine on this machine: what goes beyond the promises of every store."""

import random
import time
from dataclasses import replace

import dynamodb
import pytest
from chalicelib.dynamo import DynamoStore
from chalicelib.dynamo_calls import LAST, connect
from chalicelib.refused import UnavailableError
from chalicelib.store import Slot, Vote
from dynamodb import LOST, THROTTLED, Metered, faulty
from engines import needs
from together import at_once
from voters import PAPER, RULE, h_of, put

from awards.ballot import BallotPaper

pytestmark = needs("dynamodb-local")
DAY = "2020-08-24"
SLOT = Slot("qd", DAY, b"s" * 16)
CASES = {f"2020-cy-{number:04}": f"k{number % 3}" for number in range(100)}


def vote(word: str, *cases: str) -> Vote:
    return Vote(h_of(word), cases or ("c1",), f"id of {word}", DAY)


def paper_with(version: int = 1, **rule: object) -> BallotPaper:
    return replace(PAPER, version=version, cases=CASES | {"c1": "cy", "c2": "cy"}, rule=replace(RULE, **rule))


def test_both_stores_answer_any_schedule_alike(dynamo, store):
    """Votes of few subjects under papers that change: what is counted must follow, and equal the rule itself."""
    draw = random.Random(3)
    cases = sorted(CASES)[:6]
    for number in range(40):
        papers = [
            replace(
                paper_with(version, votes=draw.randint(1, 4), per_case=draw.choice([None, 1, 2]),
                           per_category=draw.choice([None, 1, 2, 3])),
                cases={case: f"k{draw.randint(0, 2)}" for case in cases},
            )
            for version in range(3)
        ]  # fmt: skip
        slot = Slot("qd", "2020-W34", number.to_bytes(16, "big"))
        for attempt in range(10):
            chosen = tuple(sorted(draw.sample(cases, draw.randint(1, 2))))
            ballot = Vote(h_of(f"{number} {draw.randint(0, 8)}"), chosen, f"{number} {attempt}", DAY)
            paper = papers[min(2, attempt // 4)]
            assert dynamo.cast(paper, slot, ballot) == store.cast(paper, slot, ballot)
        assert dynamo.votes(slot) == store.votes(slot)


@pytest.mark.parametrize(("rule", "written"), [({"votes": 1}, 1), ({"votes": 5}, 5), ({"votes": 9, "per_case": 2}, 2)])
def test_of_sixteen_at_once_the_rule_is_never_exceeded(account, rule, written):
    stores, paper = [account.store() for _ in range(4)], paper_with(**rule)
    assert sum(at_once(16, lambda number: stores[number % 4].cast(paper, SLOT, vote(str(number)))[0])) == written
    assert len(stores[0].votes(SLOT)) == written


def test_of_sixteen_at_once_under_a_new_paper_the_rule_is_never_exceeded(account, dynamo):
    dynamo.cast(paper_with(version=1, votes=2), SLOT, vote("first"))
    paper = paper_with(version=2, votes=5, per_case=3)
    assert sum(at_once(16, lambda number: account.store().cast(paper, SLOT, vote(str(number)))[0])) == 2
    assert len(dynamo.votes(SLOT)) == 3


def test_a_repeat_finds_the_vote_that_it_repeats_and_its_id(account):
    """Sixteen times the same ballot at once, each handler with an id of its own: all end with the stored one."""

    def attempt(number: int) -> str:
        own = replace(vote("a"), id=f"id {number}")
        written, before = account.store().cast(paper_with(votes=3), SLOT, own)
        return own.id if written else before[0].id

    assert len(set(at_once(16, attempt))) == 1


def test_a_write_whose_answer_was_lost_is_ours_and_there_once(account):
    store = faulty(account, "update_item", LOST, carried_out=True)
    assert store.cast(paper_with(votes=3), SLOT, vote("a")) == (True, [])
    assert store.votes(SLOT) == [vote("a")]


def test_a_throttled_write_is_tried_again(account):
    store = faulty(account, "update_item", THROTTLED, times=2)
    assert store.cast(PAPER, SLOT, vote("a")) == (True, [])


def test_a_store_that_stays_throttled_is_unavailable_soon_and_recovers_by_itself(account):
    store = faulty(account, "update_item", THROTTLED, times=99)
    start = time.monotonic()
    with pytest.raises(UnavailableError, match="Throttling"):
        store.cast(PAPER, SLOT, vote("a"))
    assert time.monotonic() - start < LAST + 0.2
    assert store.votes(SLOT) == []
    store._client.left = 0
    assert store.cast(PAPER, SLOT, vote("a")) == (True, [])


def test_a_store_that_is_away_is_unavailable_soon(free_port, account):
    client = connect("dynamodb", f"http://127.0.0.1:{free_port}", account.session)
    start = time.monotonic()
    with pytest.raises(UnavailableError, match="Could not connect"):
        DynamoStore(client, None, "votes", "state").cast(PAPER, SLOT, vote("a"))
    assert time.monotonic() - start < 2.5


def test_a_table_that_is_not_there_is_unavailable(account):
    with pytest.raises(UnavailableError, match="ResourceNotFound"):
        DynamoStore(account.client(), None, "other", "state").cast(PAPER, SLOT, vote("a"))


@pytest.mark.parametrize(
    "rule",
    [{"votes": 1}, {"votes": 10}, {"votes": 10, "per_case": 1}, {"votes": 10, "per_case": 1, "per_category": 10}],
    ids=str,
)
@pytest.mark.parametrize("period", [DAY, "2020-08-24T12:05"])
def test_an_accepted_vote_costs_one_write_unit(account, rule, period):
    client = Metered(account.client())
    store = DynamoStore(client, None, dynamodb.VOTES, dynamodb.STATE)
    for number, case in enumerate(sorted(CASES)[: rule["votes"]]):
        ballot = Vote(h_of(case), (case,), f"{number:016x}", DAY)
        assert store.cast(paper_with(**rule), Slot("qingdao-2020", period, b"s" * 16), ballot)[0]
    assert client.units == [1.0] * rule["votes"]


@pytest.mark.parametrize("count", [57, 90])
def test_a_ballot_of_very_many_cases_follows_the_rule(dynamo, count):
    paper, cases = paper_with(votes=3, per_case=2, per_category=90), tuple(sorted(CASES)[:count])
    outcomes = [dynamo.cast(paper, SLOT, vote(word, *cases))[0] for word in "abc"]
    assert outcomes == [True, True, False]


def test_a_key_whose_answer_was_lost_is_the_one_that_is_stored(account, dynamo):
    assert faulty(account, "put_item", LOST, carried_out=True).make_key("qd", DAY) == dynamo.key("qd", DAY)


def test_the_tenth_paper_follows_the_ninth(dynamo):
    for version in (9, 10):
        put(dynamo, version=version)
    assert dynamo.paper("qd")["version"] == 10


def test_a_paper_whose_answer_was_lost_is_told_as_put(account):
    assert put(faulty(account, "transact_write_items", LOST, carried_out=True)) == PAPER
