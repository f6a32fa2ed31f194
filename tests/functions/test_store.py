import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from chalicelib.refused import UnavailableError
from chalicelib.store import Seal, Slot, SQLiteStore, Vote
from voters import PAPER, h_of, put

SLOT = Slot("qd", "2020-08-24", b"s" * 16)


def vote(word: str, case: str = "c1") -> Vote:
    return Vote(h_of(word), (case,), f"id of {word}", "2020-08-24")


def test_a_vote_is_there_for_whoever_opens_the_file_next(store, tmp_path):
    assert store.cast(PAPER, SLOT, vote("a")) == (True, [])
    assert SQLiteStore(tmp_path / "votes.sqlite").votes(SLOT) == [vote("a")]


def test_what_the_rule_does_not_admit_is_not_written(store):
    store.cast(PAPER, SLOT, vote("a"))
    assert store.cast(PAPER, SLOT, vote("b", "c2")) == (False, [vote("a")])
    assert store.votes(SLOT) == [vote("a")]


def test_one_h_is_written_once_even_where_more_votes_are_left(store):
    paper = put(store, version=2, votes=5)
    store.cast(paper, SLOT, vote("a"))
    assert store.cast(paper, SLOT, vote("a", "c2")) == (False, [vote("a")])


def test_of_sixteen_at_once_exactly_one_is_written(store, tmp_path):
    stores, together = [SQLiteStore(tmp_path / "votes.sqlite") for _ in range(4)], Barrier(16)

    def attempt(number: int) -> bool:
        together.wait()
        return stores[number % 4].cast(PAPER, SLOT, vote(str(number)))[0]

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(attempt, range(16))) == [False] * 15 + [True]
    for each in stores:
        each.close()


def test_ids_grow_and_are_read_after_a_position(store):
    for number in range(5):
        store.cast(PAPER, Slot("qd", "2020-08-24", bytes([number]) * 16), vote(str(number)))
    ids = [number for number, _ in store.votes_after("qd", 0, 10)]
    assert ids == sorted(ids)
    assert store.votes_after("qd", ids[2], 1) == [(ids[3], ("c1",))]
    assert store.votes_after("other", 0, 10) == []


def test_a_key_is_made_once_and_is_32_bytes(store, tmp_path):
    assert store.key("qd", "2020-08-24") is None
    keys = {SQLiteStore(tmp_path / "votes.sqlite").make_key("qd", "2020-08-24") for _ in range(3)}
    assert keys == {store.key("qd", "2020-08-24")}
    assert {len(key) for key in keys} == {32}


def test_a_paper_version_is_never_replaced(store):
    put(store, version=2, votes=3)
    with pytest.raises(AssertionError):
        put(store, version=2, votes=4)
    assert store.paper("qd")["rule"]["votes"] == 3
    assert store.editions() == ["qd"]


def test_a_seal_follows_the_one_it_saw_or_is_thrown_away(store):
    assert store.commit_seal("qd", Seal(1, 5, {"c1": 5}, "{}"))
    assert not store.commit_seal("qd", Seal(1, 9, {"c1": 9}, "{}"))
    assert not store.commit_seal("qd", Seal(3, 9, {"c1": 9}, "{}"))
    assert store.commit_seal("qd", Seal(2, 7, {"c1": 7}, "{}"))
    assert store.seal("qd") == Seal(2, 7, {"c1": 7}, "{}")


def test_a_locked_store_is_unavailable_and_recovers_by_itself(store, tmp_path):
    other = sqlite3.connect(tmp_path / "votes.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UnavailableError, match="locked"):
        store.cast(PAPER, SLOT, vote("a"))
    other.execute("ROLLBACK")
    other.close()
    assert store.cast(PAPER, SLOT, vote("a")) == (True, [])


def test_a_full_disk_is_unavailable_loses_nothing_and_recovers_by_itself(store):
    def slot(number: int) -> Slot:
        return Slot("qd", "2020-08-24", number.to_bytes(16, "big"))

    store.paper("qd")
    pages = store._open.execute("PRAGMA page_count").fetchone()[0]
    store._open.execute(f"PRAGMA max_page_count = {pages + 4}")
    kept: list[int] = []

    def fill() -> None:
        for number in range(10_000):
            store.cast(PAPER, slot(number), vote(str(number)))
            kept.append(number)

    with pytest.raises(UnavailableError, match="full"):
        fill()
    assert kept
    assert store.cast(PAPER, slot(10_000), vote("10000")) == (True, [])  # the limit was the connection's
    kept.append(10_000)
    assert [store.votes(slot(number)) for number in kept] == [[vote(str(number))] for number in kept]
    assert len(store.votes_after("qd", 0, 20_000)) == len(kept)


def test_a_read_only_store_is_unavailable_and_recovers_by_itself(store):
    store.cast(PAPER, SLOT, vote("a"))
    store._open.execute("PRAGMA query_only = ON")
    other = Slot("qd", "2020-08-24", b"o" * 16)
    with pytest.raises(UnavailableError, match="readonly"):
        store.cast(PAPER, other, vote("b"))
    assert store.cast(PAPER, other, vote("b")) == (True, [])


def test_a_store_that_is_away_is_unavailable_until_it_is_there(tmp_path):
    (tmp_path / "votes.sqlite").mkdir()
    store = SQLiteStore(tmp_path / "votes.sqlite")
    with pytest.raises(UnavailableError, match="unable to open"):
        store.paper("qd")
    (tmp_path / "votes.sqlite").rmdir()
    assert store.paper("qd") is None
    store.close()


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError, match="no folder"):
        SQLiteStore(tmp_path / "file" / "votes.sqlite").paper("qd")


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path):
    (tmp_path / "votes.sqlite").write_text("no database" * 1000)
    with pytest.raises(UnavailableError, match="not a database"):
        SQLiteStore(tmp_path / "votes.sqlite").paper("qd")
