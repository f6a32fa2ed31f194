"""What only the store of one machine can meet: a locked, full, read-only or missing file."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from chalicelib import logs
from chalicelib.refused import UnavailableError
from chalicelib.store import Slot, SQLiteStore, Vote
from voters import PAPER, h_of

SLOT = Slot("qd", "2020-08-24", b"s" * 16)


def vote(word: str, case: str = "c1") -> Vote:
    return Vote(h_of(word), (case,), f"id of {word}", "2020-08-24")


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


def test_works_done_together_see_what_those_before_wrote_and_all_of_it_is_kept(store):
    with ThreadPoolExecutor(16) as pool:
        done = [pool.submit(store.together, lambda: store.cast(PAPER, SLOT, vote("a"))[0]) for _ in range(64)]
        assert sum(each.result() for each in done) == 1  # one a day
    again = SQLiteStore(store._path)
    assert again.votes(SLOT) == [vote("a")]
    again.close()


def test_a_work_may_ask_the_store_anything_and_others_see_nothing_of_it_before_its_end(store):
    other = SQLiteStore(store._path)

    def work() -> tuple[bool, list[Vote], list[Vote]]:
        written, _ = store.cast(PAPER, SLOT, vote("a"))
        store.make_key("qd", "2020-08-24")
        return written, store.votes(SLOT), other.votes(SLOT)

    assert store.together(work) == (True, [vote("a")], [])
    assert other.votes(SLOT) == [vote("a")]
    other.close()


def test_what_breaks_one_work_breaks_off_all_that_share_its_commit(store):
    def breaks() -> tuple[bool, list[Vote]]:
        store.cast(PAPER, SLOT, vote("a"))
        store._open.execute("PRAGMA query_only = ON")
        with suppress(UnavailableError):  # as the app does, which answers 503
            store.cast(PAPER, Slot("qd", "2020-08-24", b"o" * 16), vote("b"))
        return True, []

    with pytest.raises(UnavailableError):
        store.together(breaks)
    assert store.votes(SLOT) == []
    assert store.together(lambda: store.cast(PAPER, SLOT, vote("a"))) == (True, [])


def test_a_work_is_done_under_the_request_of_who_brought_it(store):
    def ask(number: int) -> str:
        logs.request.set(str(number))
        return store.together(logs.request.get)

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(200))) == [str(number) for number in range(200)]
