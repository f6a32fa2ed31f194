"""What every store promises (docstrings of chalicelib.store and chalicelib.counting), asked of each store in turn.

A store joins by one more fixture in STORES: a function that opens the same, empty store as often as it is called.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chalicelib.counting import START, UNSEALED, Arrived, Position, Sealed
from chalicelib.dynamo import DynamoStore
from chalicelib.store import Slot, SQLiteStore, Vote
from dynamodb import Account
from engines import needs
from together import at_once
from voters import PAPER, h_of, put

SLOT = Slot("qd", "2020-08-24", b"s" * 16)
STORES = ["sqlite", pytest.param("dynamodb", marks=needs("dynamodb-local"))]
Open = Callable[[], Any]


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Open]:
    opened: list[SQLiteStore] = []

    def open_one() -> SQLiteStore:
        opened.append(SQLiteStore(tmp_path / "votes.sqlite"))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def dynamodb() -> Iterator[Open]:
    account, opened = Account(), []

    def open_one() -> DynamoStore:
        opened.append(account.store())
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture(params=STORES)
def another(request: pytest.FixtureRequest) -> Open:
    """One more handle on the same store."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def store(another: Open) -> Any:
    first = another()
    put(first)
    return first


def vote(word: str, case: str = "c1") -> Vote:
    return Vote(h_of(word), (case,), f"id of {word}", "2020-08-24")


def slot(number: int, edition: str = "qd") -> Slot:
    return Slot(edition, "2020-08-24", number.to_bytes(16, "big"))


def arrived(number: int, edition: str = "qd") -> Arrived:
    one = vote(str(number))
    return Arrived(edition, "2020-08-24", one.h, one.cases, one.id, one.day)


def cast(store: Any, numbers: range, edition: str = "qd") -> set[Arrived]:
    store.make_key(edition, "2020-08-24")  # as every handler does, before it knows a slot
    for number in numbers:
        assert store.cast(PAPER, slot(number, edition), vote(str(number)))[0]
    return {arrived(number, edition) for number in numbers}


def drain(store: Any, cursor: Any, limit: int = 1000) -> tuple[set[Arrived], Any]:
    """All that arrived after a cursor, and the cursor after it."""
    found: set[Arrived] = set()
    while True:
        some, cursor = store.arrivals(cursor, limit)
        if not some:
            return found, cursor
        found.update(some)


def test_a_vote_is_there_for_whoever_opens_the_store_next(store, another):
    assert store.cast(PAPER, SLOT, vote("a")) == (True, [])
    assert another().votes(SLOT) == [vote("a")]


def test_what_the_rule_does_not_admit_is_not_written(store):
    store.cast(PAPER, SLOT, vote("a"))
    assert store.cast(PAPER, SLOT, vote("b", "c2")) == (False, [vote("a")])
    assert store.votes(SLOT) == [vote("a")]


def test_one_h_is_written_once_even_where_more_votes_are_left(store):
    paper = put(store, version=2, votes=5)
    store.cast(paper, SLOT, vote("a"))
    assert store.cast(paper, SLOT, vote("a", "c2")) == (False, [vote("a")])


def test_of_sixteen_at_once_exactly_one_is_written(store, another):
    stores = [another() for _ in range(4)]
    written = at_once(16, lambda number: stores[number % 4].cast(PAPER, SLOT, vote(str(number)))[0])
    assert sorted(written) == [False] * 15 + [True]


def test_a_key_is_made_once_and_is_32_bytes(store, another):
    assert store.key("qd", "2020-08-24") is None
    keys = {another().make_key("qd", "2020-08-24") for _ in range(3)}
    assert keys == {store.key("qd", "2020-08-24")}
    assert {len(key) for key in keys} == {32}


def test_a_paper_version_is_never_replaced(store):
    put(store, version=2, votes=3)
    with pytest.raises(AssertionError):
        put(store, version=2, votes=4)
    assert store.paper("qd")["rule"]["votes"] == 3
    assert store.editions() == ["qd"]
    assert store.paper("nowhere") is None


def test_every_vote_arrives_with_all_that_the_ledger_needs(store):
    expected = cast(store, range(5)) | cast(store, range(5, 8), "other")
    assert drain(store, START.cursor)[0] == expected


def test_what_arrived_before_a_cursor_does_not_arrive_after_it(store):
    first = cast(store, range(3))
    seen, cursor = drain(store, START.cursor)
    second = cast(store, range(3, 6))
    assert (seen, drain(store, cursor)[0]) == (first, second)


def test_from_an_older_cursor_the_same_votes_arrive_again(store):
    expected = cast(store, range(5))
    assert [drain(store, START.cursor)[0] for _ in range(2)] == [expected] * 2


def test_a_sweep_finds_each_vote_of_the_edition_once(store):
    expected = cast(store, range(5))
    cast(store, range(5, 8), "other")
    assert sorted(store.sweep("qd"), key=lambda each: each.id) == sorted(expected, key=lambda each: each.id)
    assert list(store.sweep("nowhere")) == []


def committed(version: int, **editions: Sealed) -> Position:
    return Position(version, START.cursor, frozenset({"id of a"}), editions)


def sealed(size: int) -> Sealed:
    return Sealed(size, ("ab" * 32, "cd" * 32), {"c1": size, "c2": 1}, {"c1": 1}, "2020-08-24", size > 5, '{"案":1}')


def test_a_position_is_read_as_it_was_committed(store, another):
    assert store.position() == START
    assert store.commit(START, committed(1, qd=sealed(4)))
    assert another().position() == committed(1, qd=sealed(4))


def test_a_commit_follows_the_position_that_it_saw_or_changes_nothing(store):
    assert store.commit(START, committed(1, qd=sealed(4)))
    assert not store.commit(START, committed(1, qd=sealed(9)))
    assert not store.commit(committed(2, qd=sealed(4)), committed(3, qd=sealed(9)))
    assert store.position() == committed(1, qd=sealed(4))
    assert store.commit(committed(1, qd=sealed(4)), committed(2, qd=sealed(7), other=UNSEALED))
    assert store.position() == committed(2, qd=sealed(7), other=UNSEALED)


def test_a_cursor_and_what_came_early_are_committed_and_forgotten_together(store):
    cast(store, range(3))
    _, cursor = drain(store, START.cursor)
    before = replace(committed(1), cursor=cursor)
    assert store.commit(START, before)
    assert drain(store, store.position().cursor)[0] == set()
    assert store.commit(before, replace(before, version=2, early=frozenset()))
    assert store.position().early == frozenset()


def test_of_eight_commits_at_once_exactly_one_is_written(store, another):
    stores = [another() for _ in range(4)]
    written = at_once(8, lambda number: stores[number % 4].commit(START, committed(1, qd=sealed(number))))
    assert sorted(written) == [False] * 7 + [True]
