"""What a feed loses: recorded by reconcile, remembered as long as it may come after all, and no longer (VOTES 3)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dynamodb
import pytest
from chalicelib import dynamo_count, reconciling
from chalicelib.counting import START, TOLD, Position, Sealed
from chalicelib.objects import Folder
from chalicelib.sealer import Sealer
from chalicelib.store import SQLiteStore
from engines import needs
from sealing import AFTER, Deaf, cast, differences, kinds, published
from voters import NOON, PAPER, h_of, put

from awards.errors import PingxuanError


@pytest.fixture
def deaf(store: SQLiteStore, tmp_path: Path) -> Iterator[Deaf]:
    """The store, whose feed tells nothing until it is told to."""
    deaf = Deaf(tmp_path / "votes.sqlite")
    yield deaf
    deaf.close()


@pytest.fixture
def sealer(deaf: Deaf, tmp_path: Path) -> Sealer:
    return Sealer(deaf, deaf, Folder(tmp_path))


def test_what_the_feed_lost_is_forgotten_when_it_cannot_come_any_more(deaf, sealer):
    cast(deaf, 4)
    assert reconciling.reconcile(sealer, "qd", NOON) == 4
    for days, awaited in ((3, 4), (4, 0)):
        assert reconciling.reconcile(sealer, "qd", NOON + timedelta(days=days)) == 0
        assert len(deaf.position().early) == awaited


def test_what_is_found_too_late_to_come_is_not_waited_for(deaf, sealer, tmp_path):
    cast(deaf, 4)
    assert reconciling.reconcile(sealer, "qd", NOON + TOLD) == 4
    assert (deaf.position().early, published(tmp_path)["cast"], differences(tmp_path)) == (frozenset(), 4, [])


def test_no_more_is_remembered_than_a_position_holds_and_the_rest_comes_by_the_feed(
    deaf, sealer, tmp_path, monkeypatch
):
    monkeypatch.setattr(reconciling, "REMEMBERED", 10)
    cast(deaf, 25)
    for _ in range(2):
        with pytest.raises(PingxuanError, match="15 votes are not recorded yet: the feed still owes 10"):
            reconciling.reconcile(sealer, "qd", NOON)
    assert (len(deaf.position().early), published(tmp_path)["cast"]) == (10, 10)
    deaf.hears = True
    assert reconciling.reconcile(sealer, "qd", NOON) == 0
    assert (deaf.position().early, published(tmp_path)["cast"], differences(tmp_path)) == (frozenset(), 25, [])


def test_no_more_is_remembered_than_a_position_holds_and_the_rest_is_recorded_when_it_is_late(
    deaf, sealer, tmp_path, monkeypatch
):
    monkeypatch.setattr(reconciling, "REMEMBERED", 10)
    cast(deaf, 25)
    with pytest.raises(PingxuanError, match="15 votes"):
        reconciling.reconcile(sealer, "qd", NOON)
    assert reconciling.reconcile(sealer, "qd", NOON + TOLD) == 15
    assert (deaf.position().early, published(tmp_path)["cast"], differences(tmp_path)) == (frozenset(), 25, [])


def test_a_voting_is_not_closed_while_votes_are_not_recorded(deaf, sealer, tmp_path, monkeypatch):
    monkeypatch.setattr(reconciling, "REMEMBERED", 10)
    last = PAPER.rule.window.closes - timedelta(hours=1)
    cast(deaf, 25, day=last.date().isoformat())
    with pytest.raises(PingxuanError, match="15 votes"):
        reconciling.close(sealer, "qd", AFTER)
    assert "close" not in kinds(tmp_path)
    deaf.hears = True
    assert reconciling.close(sealer, "qd", AFTER) == 0
    assert (kinds(tmp_path).count("v"), kinds(tmp_path)[-1], differences(tmp_path)) == (25, "close", [])


def ids(count: int) -> frozenset[str]:
    return frozenset(h_of(str(number))[:16] for number in range(count))


def size_of(value: Any) -> int:
    """The bytes of an item, about."""
    if isinstance(value, dict):
        return sum(size_of(name) + size_of(each) for name, each in value.items())
    return len(value)


@needs("dynamodb-local")
def test_on_dynamodb_a_position_that_remembers_all_it_may_goes_in_one_transaction():
    tally = "".join(h_of(str(number)) for number in range(20_000))
    full = Sealed(9, ("ab",), {f"c{number}": number for number in range(20_000)}, {}, "", closed=False, tally=tally)
    position = Position(1, {"shards": {}}, ids(reconciling.REMEMBERED), {"qd": full})
    store = dynamodb.Account().store()
    assert sum(map(size_of, dynamo_count.items_of(START, position))) < 4_000_000 * 3 / 4
    assert store.commit(START, position)
    assert store.position() == position
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=needs("dynamodb-local"))])
def without_keys(request: pytest.FixtureRequest, tmp_path: Path, store: SQLiteStore) -> Iterator[Sealer]:
    """A sealer after its 5 votes were counted and, when the retention days were over, deleted with their keys."""
    if request.param == "sqlite":
        votes: Any = store
    else:
        account = dynamodb.Account()
        votes = account.store()
        put(votes)
    votes.make_key("qd", "2020-08-24")
    cast(votes, 5)
    sealer = Sealer(votes, Folder(tmp_path / "kept"), Folder(tmp_path))
    assert reconciling.reconcile(sealer, "qd", NOON) == 0
    if request.param == "sqlite":
        with store._write() as db:
            db.execute("DELETE FROM votes")
            db.execute("DELETE FROM keys")
    else:
        key = {"pk": {"S": "key/qd"}, "sk": {"S": "2020-08-24"}}
        account.client().delete_item(TableName=dynamodb.STATE, Key=key)  # the votes are there, and cannot be found
    yield sealer
    votes.close()


def test_after_the_keys_are_deleted_nobody_says_that_votes_vanished(without_keys, tmp_path):
    before = without_keys.store.position()
    assert list(without_keys.store.sweep("qd")) == []
    with pytest.raises(PingxuanError, match="keys are deleted") as told:
        reconciling.reconcile(without_keys, "qd", NOON)
    assert "publish.py verify" in told.value.advice
    assert (without_keys.store.position(), differences(tmp_path)) == (before, [])
    without_keys.seal(NOON)
    assert published(tmp_path)["cast"] == 5
    assert without_keys.store.key("qd", "2020-08-24") is None  # and none is made anew
